"""The emulator's time: it can be moved, and each moment is later than the one before."""

import time
from collections.abc import Callable
from math import inf, nextafter
from threading import Lock

Clock = Callable[[], float]
"""Seconds since the epoch, or from any other origin."""


def wall_clock() -> Clock:
    """Make a clock that shows the time of day, and goes on evenly even if that is changed."""
    start = time.time() - time.monotonic()
    return lambda: start + time.monotonic()


class Time:
    """Moments in order, from a clock that may stand still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = 0.0
        self._latest = -inf
        self._lock = Lock()

    def now(self) -> float:
        """The time in seconds, by the least possible amount later than any given before."""
        with self._lock:
            self._latest = max(self._clock() + self._ahead, nextafter(self._latest, inf))
            return self._latest

    def advance(self, seconds: float) -> None:
        """Move the time forward, so that entries of the prompt cache expire without waiting."""
        with self._lock:
            self._ahead += seconds
