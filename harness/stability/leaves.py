"""Other values of the types that have no fields of their own: texts, numbers, dates and the like.

No two fields change by the same step, and the values of the two directions are unlike each other:
what holds for one value, or between two of them, does not hold in all of the builds.
"""

from __future__ import annotations

import math
import re
from calendar import isleap
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from numbers import Real
from pathlib import PurePath
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from harness.stability.guesses import guess_values

Direction = Literal["more", "less", "none"]
"""``more``: texts become marks, numbers larger, dates later, booleans true, lists longer, mappings get further keys.
``less``: texts become long, numbers negative, dates earlier, booleans false. ``none``: texts become empty, numbers
zero, dates equal, lists empty, keys absent, and every other boolean changes."""
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

_FILLER = " and so on"
_LONG = "AND SO ON, LINE 1\n" * 80
"""Longer than any limit that is usual for a name or a note, with digits and lines; the same for all fields."""
_DIGITS = "0123456789"
_LARGER = 10_007
"""Small enough for a builder that repeats something so often."""
_STEP = 101
"""Between the numbers of two fields."""
_NOON = datetime(2020, 8, 15, 12)
"""On a Saturday."""
_PAST, _FUTURE = 1971, 2050
"""Dates become earlier or later than these years, so that no two of them keep their order."""
_DATE = re.compile(r"\b(\d{4})-(\d\d)(?:-(\d\d))?")
_PIECE = re.compile(rf"^\w+://|(?<=\d)[TZ](?=\d|$)|{_DATE.pattern}|(.)", re.DOTALL)
"""A part that stays (the scheme of a URL, the letters of a time), a date, or any other character."""


class Field(NamedTuple):
    """What the other values of a field depend on, besides its own value."""

    mark: str
    """A text that names the field."""
    rank: int = 0
    """How many fields of the same kind come before it."""


_Vary = Callable[[Any, Field], Iterable[Any]]


class _Row(NamedTuple):
    """The other values for one type, the boldest first. A builder that fails on one gets the next."""

    types: tuple[type, ...]
    more: _Vary
    less: _Vary = lambda value, field: []
    none: _Vary = lambda value, field: []


def vary_leaf(value: Any, field: Field, direction: Direction) -> Iterator[Any]:
    """Other values of the type of a leaf, the boldest first."""
    row = _find_row(value)
    if row is not None:
        others: Iterable[Any] = getattr(row, direction)(value, field)
        yield from (other for other in others if type(other) is not type(value) or other != value)


def find_kind(value: Any) -> object:
    """What is equal for values of which the ranks are counted together; ``None`` if no other value is known."""
    row = _find_row(value)
    # Two booleans that differ are equal once both are true. Those that are equal must differ once.
    return None if row is None else (row.types, value if isinstance(value, bool) else None)


def _find_row(value: Any) -> _Row | None:
    kind: Any = type(value)
    return _find_row_of_type(kind)


@lru_cache(maxsize=256)
def _find_row_of_type(kind: type) -> _Row | None:
    return next((row for row in _ROWS if issubclass(kind, row.types)), None)


# --- texts -----------------------------------------------------------------------------------------------


def _more_text(value: str, field: Field) -> Iterator[str]:
    # A text that is longer than the mark must not become shorter.
    mark = field.mark
    padding = _FILLER * math.ceil(2 * len(value) / len(_FILLER)) + mark if len(value) > len(mark) else ""
    yield f"{mark}{padding}"
    yield reshape(value)


def reshape(text: str) -> str:
    """Another text of the same shape: letters become other letters, digits other digits, dates other dates."""
    return _PIECE.sub(_reshape_piece, text)


def _reshape_piece(piece: re.Match[str]) -> str:
    year, month, day, character = piece.groups()
    if year:
        return f"{int(year) % 9000 + 11:04}-{int(month) % 12 + 1:02}" + (f"-{int(day) % 28 + 1:02}" if day else "")
    return piece[0] if character is None else _reshape_character(character)


def _reshape_character(character: str) -> str:
    if character in _DIGITS:
        # Smaller digits, so that hours and minutes stay valid.
        return str(int(character) - 1) if character > "0" else "1"
    if character in "zZ":
        return chr(ord(character) - 25)
    following = chr(ord(character) + 1)
    return following if character.isalpha() and following.isalpha() else character


# --- numbers ---------------------------------------------------------------------------------------------


def _more_number(value: Any, field: Field) -> list[Any]:
    kind = type(value)
    if not _is_finite(value):
        return [kind(1)]
    larger = _size(value) + field.rank * _STEP
    half = kind(1) / 2
    if type(half) is kind:
        return [_to_kind(kind, larger) + half, value + 1, value - 1]
    # An even number becomes an odd one.
    return [kind(larger + (larger + value + 1) % 2), kind(value + 1), kind(value - 1)]


def _less_number(value: Any, field: Field) -> list[Any]:
    kind = type(value)
    if not _is_finite(value):
        return [kind(0)]
    least = 7 if value >= 0 else _size(value)
    return [_to_kind(kind, -least - field.rank * _STEP), kind(0), kind(1), value - 1]


def _no_number(value: Any, _: Field) -> list[Any]:
    return [type(value)(0)]


def _size(value: Any) -> int:
    """A number that is larger than a value, and the same for values of about the same size."""
    return max(_LARGER, 16 << int(abs(value)).bit_length()) if abs(value) >= _LARGER // 2 else _LARGER


def _to_kind(kind: Any, number: int) -> Any:
    try:
        return kind(number)
    except OverflowError:
        return kind(_LARGER)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int) or math.isfinite(value)


# --- dates and times -------------------------------------------------------------------------------------


def _later(value: Any, field: Field) -> list[Any]:
    """A Sunday, the last day of a leap year, late in the evening."""
    years = [year for year in _list_years(12, 31, 6, True) if year > max(value.year, _FUTURE)]
    return [_make_like(value, datetime(year, 12, 31, 23, 47, 23, 7)) for year in _take(years, field.rank)]


def _earlier(value: Any, field: Field) -> list[Any]:
    """A Monday, the first of June, at night; in the morning if it was night."""
    years = [year for year in _list_years(6, 1, 0, False) if year < min(value.year, _PAST)]
    hour = _other_hour(getattr(value, "hour", 0))
    return [_make_like(value, datetime(year, 6, 1, hour)) for year in _take(years[::-1], field.rank)]


def _same_day(value: Any, _: Field) -> list[Any]:
    return [_make_like(value, _NOON)]


@lru_cache
def _list_years(month: int, day: int, weekday: int, is_leap: bool) -> list[int]:
    """The years in which a day has some weekday."""
    return [year for year in range(1, 9999) if date(year, month, day).weekday() == weekday and isleap(year) == is_leap]


def _take(years: list[int], rank: int) -> list[int]:
    """The year for a rank; again the first where there are no more."""
    return [years[rank % len(years)]] if years else []


def _other_hour(hour: int) -> int:
    """Night for an hour of the day, and morning for one of the night."""
    return 3 if 6 <= hour < 22 else 11


def _make_like(value: Any, moment: datetime) -> Any:
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return value.replace(**{part: getattr(moment, part) for part in parts if hasattr(value, part)})


def _more_time(value: time, field: Field) -> list[time]:
    return [value.replace(hour=23, minute=(7 + field.rank) % 60, second=23, microsecond=7)]


def _less_time(value: time, field: Field) -> list[time]:
    return [value.replace(hour=_other_hour(value.hour), minute=59 - field.rank % 60, second=0, microsecond=0)]


def _more_duration(value: timedelta, field: Field) -> list[timedelta]:
    return [_add_days(value, 15_013 + 1_009 * field.rank) + timedelta(hours=5, minutes=17, seconds=23)]


def _less_duration(value: timedelta, field: Field) -> list[timedelta]:
    return [_add_days(min(value, timedelta()), -7 - 1_009 * field.rank)]


def _add_days(value: timedelta, days: int) -> timedelta:
    """A duration moved; the other way where there are no more days."""
    try:
        return value + timedelta(days=days)
    except OverflowError:
        return value - timedelta(days=days)


# --- other types -----------------------------------------------------------------------------------------


def _more_enum(value: Enum, _: Field) -> list[Enum]:
    members = list(type(value))
    place = members.index(value) if value in members else 0
    return [*members[place + 1 :], *members[:place]]


def _no_enum(value: Enum, field: Field) -> list[Enum]:
    return _more_enum(value, field)[::-1]


def _more_set(value: Any, field: Field) -> list[Any]:
    member: Any = min(value, key=repr, default="")
    return [type(value)([*value, other]) for other in vary_leaf(member, field, "more")]


def _no_bool(value: bool, field: Field) -> list[bool]:
    """Change every other boolean, for those that are compared with each other."""
    return [] if field.rank % 2 else [not value]


def _empty_or_short(value: Any, _: Field) -> list[Any]:
    kind, short = type(value), "q" if isinstance(value, str) else b"q"
    return [kind(), kind(short)] if value else []


_ROWS = (
    _Row(
        (type(None),),
        lambda _, field: guess_values(field.mark),
        none=lambda _, field: guess_values(field.mark)[:2:-1],
    ),
    _Row((Enum,), _more_enum, none=_no_enum),
    _Row((bool,), lambda *_: [True], lambda *_: [False], _no_bool),
    _Row((Real, Decimal), _more_number, _less_number, _no_number),
    _Row((str,), _more_text, lambda value, _: [_LONG, reshape(value)] if value else [_LONG], _empty_or_short),
    _Row(
        (bytes, bytearray),
        lambda value, field: [type(value)(field.mark.encode()), type(value)(value[::-1] + b"1")],
        lambda value, _: [type(value)(_LONG.encode())],
        _empty_or_short,
    ),
    _Row((date,), _later, _earlier, _same_day),
    _Row((timedelta,), _more_duration, _less_duration, lambda *_: [timedelta()]),
    _Row((time,), _more_time, _less_time, lambda value, _: [value.replace(hour=12, minute=0, second=0, microsecond=0)]),
    _Row((UUID,), lambda value, _: [UUID(int=value.int ^ (1 << 128) // 3)]),
    _Row(
        (PurePath,),
        lambda value, field: [type(value)(field.mark), type(value)(reshape(str(value)))],
        none=lambda value, _: [value.parent],
    ),
    _Row((set, frozenset), _more_set, none=lambda value, _: [type(value)()] if value else []),
)
"""The first row that fits a value holds."""
