"""The pause before a round that is to read from the real prompt cache what an earlier round wrote."""

from collections.abc import Callable

from harness.provider.limits import READABLE_AFTER_SECONDS

Clock = Callable[[], float]
"""Seconds from any origin; never goes backwards."""
Sleep = Callable[[float], None]
"""Waits a number of seconds."""


class Pause:
    """Waits until what the answers so far have written is certain to be readable."""

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._latest: float | None = None

    def note_answer(self) -> None:
        """Note that an answer begins."""
        self._latest = self._clock()

    def wait(self) -> None:
        """Wait for the rest of the time since the latest answer began; not at all before the first one."""
        if self._latest is None:
            return
        left = self._latest + READABLE_AFTER_SECONDS - self._clock()
        if left > 0:
            self._sleep(left)
