"""Token counts of long texts in processes of their own, so that a server answers others meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from threading import Lock
from types import TracebackType

from harness.prompt.tokens import count_text

_SHORT = 4_000
"""Characters up to which a text is counted at once: that takes less time than to pass it on."""
_LONG = 400_000
"""Characters from which a text is counted in parts, since counting takes a hundred bytes of memory for each."""
_ATTEMPTS = 2
_SEPARATORS = ("\n\n", "\n", " ")
"""Where a text is best cut: each cut may change the count by a token."""


class CountingPool:
    """Counts texts while its context is open; its processes are started when the first long text comes."""

    def __init__(self, processes: int | None = None) -> None:
        self._processes = processes or max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()

    def __call__(self, text: str, tokenizer: str) -> int:
        """Count the tokens of a text alone; lone surrogates, which cannot be passed on, are counted here."""
        if len(text) <= _SHORT or not _can_be_passed(text):
            return count_text(text, tokenizer)
        parts = list(_split(text))
        for _ in range(_ATTEMPTS):
            pool = self._open()
            try:
                counts = [pool.submit(count_text, part, tokenizer) for part in parts]
                return sum(counted.result() for counted in counts)
            except BrokenProcessPool:
                # A process was killed, by the system or by hand.
                self._drop(pool)
        raise MemoryError("the processes that count tokens were killed")

    def __enter__(self) -> CountingPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False, cancel_futures=True)

    def _open(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                # Not forked: the server has threads.
                self._pool = ProcessPoolExecutor(
                    self._processes, mp_context=get_context("spawn"), initializer=_ignore_interrupts
                )
            return self._pool


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _split(text: str) -> Iterator[str]:
    """Split a long text into parts, each as long as may be and cut where the count changes least."""
    while len(text) > _LONG:
        ends = (text.rfind(separator, _LONG // 2, _LONG) for separator in _SEPARATORS)
        end = next((end for end in ends if end > 0), _LONG)
        yield text[:end]
        text = text[end:]
    yield text


def _can_be_passed(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
