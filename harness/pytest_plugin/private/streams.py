"""The standard streams of a private run: what other code writes to them goes nowhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import pytest

_COMMANDS = ("pytest", "py.test", "__main__")
_OUT, _ERR = 1, 2


class ClosedStreams:
    """Lets nothing that is written to the standard streams be seen, from its creation until it opens them again.

    The descriptors are closed too, so that neither child processes nor C code are seen. Only ``shown`` still is.
    """

    def __init__(self) -> None:
        self._streams = (sys.stdout, sys.stderr)
        for stream in self._streams:
            stream.flush()
        self.shown = _own_copy(sys.stdout, _OUT)
        self._saved = {number: os.dup(number) for number in (_OUT, _ERR)}
        self._sinks = (_open_sink(), _open_sink())
        sys.stdout, sys.stderr = self._sinks
        for number in self._saved:
            os.dup2(self._sinks[0].fileno(), number)

    def open(self) -> None:
        """Let everything be seen again."""
        self.shown.flush()
        sys.stdout, sys.stderr = self._streams
        for number, copy in self._saved.items():
            os.dup2(copy, number)
            os.close(copy)
        for stream in (*self._sinks, self.shown):
            if stream not in self._streams:
                stream.close()


def ends_process(config: pytest.Config) -> bool:
    """Whether the process does nothing but this run, so that it ends when the run does."""
    return Path(sys.argv[0]).stem in _COMMANDS and config.invocation_params.args == tuple(sys.argv[1:])


def _own_copy(stream: TextIO, number: int) -> TextIO:
    """A stream that still writes when the descriptor is closed; a stream in memory has none."""
    try:
        is_descriptor = stream.fileno() == number
    except (AttributeError, OSError, ValueError):
        return stream
    if not is_descriptor:
        return stream
    return os.fdopen(os.dup(number), "w", encoding=stream.encoding, errors="backslashreplace")


def _open_sink() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", errors="replace")
