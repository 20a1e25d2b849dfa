"""Times as logs write them: seconds from any start, Unix times in four units, and ISO times."""

import re
from datetime import UTC, date, datetime, timedelta
from math import isfinite
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


_EXPECTED_TEXT = 'expected a Unix time, or an ISO time in quotes, such as "2026-11-23T10:00:00Z"'

_DATES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""Forms of a date without separators, by the number of digits. With 10 digits it could be a Unix time too."""

_FIRST_YEAR, _LAST_YEAR = 1990, 2100

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")

_MIDNIGHT = re.compile(r"(?P<day>.+[T ])24(?P<rest>(?::?00){0,2}(?:[.,]0+)?(?![\d:.,]).*)")


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
    moment = _read_text(value, name) if isinstance(value, str) else _read_number(value, name)
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


def _read_number(value: Any, name: str) -> Moment | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if _is_digits_of_date(value):
        raise RequestError(f"{name} is {value!r}, the digits of a date, {_EXPECTED_TEXT}")
    for parts, lowest in _UNITS:
        if lowest <= value <= _LATEST * parts:
            return Moment(value / parts, is_relative=value < _RELATIVE_BELOW)
    return None


def _read_text(text: str, name: str) -> Moment | None:
    try:
        moment = _parse_iso(text.upper())
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        if _NUMBER.fullmatch(text.strip()):
            raise RequestError(f"{name} is {text!r}, a text, expected a number: remove the quotes") from None
        return None
    if _is_date(text):
        raise RequestError(f"{name} is {text!r}, {_EXPECTED_TIME}")
    return Moment(seconds, is_relative=False)


def _parse_iso(text: str) -> datetime:
    """Parse an ISO time; 24:00 is the end of its day."""
    midnight = _MIDNIGHT.fullmatch(text)
    if midnight is None:
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(f"{midnight['day']}00{midnight['rest']}") + timedelta(days=1)


def _is_digits_of_date(value: float) -> bool:
    """Whether a number is a date of this time, or a date and a time, without what separates its parts."""
    pattern = _DATES.get(len(str(int(value)))) if isfinite(value) else None
    if pattern is None or value != int(value):
        return False
    try:
        return _FIRST_YEAR <= datetime.strptime(str(int(value)), pattern).replace(tzinfo=UTC).year <= _LAST_YEAR
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text.upper())
    except ValueError:
        return False
    return True
