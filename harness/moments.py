"""Times as logs write them: seconds from any start, Unix times in four units, and ISO times."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from harness.errors import RequestError

_RELATIVE_BELOW = 946_684_800
"""A smaller number is no Unix time of this century, so it counts seconds from any start, such as that of a process."""

_LATEST = 4_102_444_800
"""The year 2100 as a Unix time in seconds."""

_UNITS = ((1, 0), (1_000, 1e11), (1_000_000, 1e14), (1_000_000_000, 1e17))
"""Parts of a second, and the smallest number that is taken as such: seconds, ms, µs and ns since 1970, from 1973 on.

The units do not overlap: the year 2100 is 4.1e9 seconds, 4.1e12 ms, 4.1e15 µs or 4.1e18 ns.
"""

_EXPECTED = "expected seconds from any start, a Unix time in s, ms, µs or ns up to the year 2100, or an ISO time"
_EXPECTED_TIME = "expected a time of day too, such as 2026-11-23T10:00:00Z"


class Moment(NamedTuple):
    """A point in time."""

    seconds: float
    is_relative: bool
    """Whether ``seconds`` count from any start; otherwise they count from 1970, UTC."""


def read_moment(value: Any, name: str) -> Moment:
    """Read a time, whose unit shows in its magnitude; an ISO time without a zone is UTC. ``name`` is its key.

    Raises:
        RequestError: the value is no plausible time; the message starts with ``name``.
    """
    moment = _read_text(value, name) if isinstance(value, str) else _read_number(value)
    if moment is None:
        raise RequestError(f"{name} is {value!r}, {_EXPECTED}")
    return moment


class MomentReader:
    """Reads the times of one file, all from one start."""

    def __init__(self) -> None:
        self._first: tuple[Moment, Any, str] | None = None

    def read(self, value: Any, name: str, place: str) -> float:
        """Read a time in seconds; ``place`` is its ``path:line``.

        Raises:
            RequestError: the value is no plausible time, or has another start than the first one of
                the file; the message starts with ``place``.
        """
        try:
            moment = read_moment(value, name)
        except RequestError as error:
            raise RequestError(f"{place}: {error.message}") from None
        first, first_value, first_place = self._first = self._first or (moment, value, place)
        if moment.is_relative != first.is_relative:
            what = "seconds from any start" if moment.is_relative else "a date"
            other = f"{first_place} has {first_value!r}"
            raise RequestError(f"{place}: {name} is {value!r}, {what}, but {other}, expected times of one kind")
        return moment.seconds


def _read_number(value: Any) -> Moment | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    for parts, lowest in _UNITS:
        if lowest <= value <= _LATEST * parts:
            return Moment(value / parts, is_relative=value < _RELATIVE_BELOW)
    return None


def _read_text(text: str, name: str) -> Moment | None:
    try:
        moment = datetime.fromisoformat(text.upper())
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        return None
    if _is_date(text):
        raise RequestError(f"{name} is {text!r}, {_EXPECTED_TIME}")
    return Moment(seconds, is_relative=False)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text.upper())
    except ValueError:
        return False
    return True
