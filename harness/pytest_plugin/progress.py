"""A line on the terminal that says how far a long case is, by pytest's own means; none in logs."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from shutil import get_terminal_size
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_AFTER_SECONDS = 1.0


class Progress:
    """Says which call of a case is under way, once the case has taken a second."""

    def __init__(self, item: pytest.Item, *, clock: Callable[[], float] = time.monotonic) -> None:
        reporter: pytest.TerminalReporter | None = item.config.pluginmanager.get_plugin("terminalreporter")
        # A worker of xdist has a reporter too, whose lines would mix with those of the others.
        is_shown = reporter is not None and reporter.isatty() and not hasattr(item.config, "workerinput")
        self._reporter = reporter if is_shown else None
        self._config = item.config
        self._name = item.name
        self._clock = clock
        self._start = clock()
        self._is_open = False

    def step(self, what: str) -> None:
        """Show what begins now, such as ``round 3 of 20``."""
        reporter = self._reporter
        if reporter is None or self._clock() - self._start < _AFTER_SECONDS:
            return
        with self._uncaptured():
            if not self._is_open:
                reporter.ensure_newline()
                self._is_open = True
            reporter.rewrite(f"{self._name}: {what}"[: get_terminal_size().columns - 1], erase=True)

    def end(self) -> None:
        """Clear the line."""
        if self._is_open and self._reporter is not None:
            with self._uncaptured():
                self._reporter.rewrite("", erase=True)
                self._reporter.write("\r")
            self._is_open = False

    def _uncaptured(self) -> AbstractContextManager[None]:
        """While a test runs, pytest captures what is printed, also by its own reporter."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        disabled: AbstractContextManager[None] = (
            nullcontext() if capture is None else capture.global_and_fixture_disabled()
        )
        return disabled
