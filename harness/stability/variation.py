"""Other values for the fields of inputs, of the same type: larger, smaller, longer, shorter, with other keys."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import islice
from numbers import Real
from pathlib import PurePath
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from harness.stability.fields import Node, Site, drop_indexes, kind_of, like, list_children, map_nodes

Direction = Literal["more", "less"]
"""``more``: texts become marks, numbers larger, dates later, lists longer, mappings get further keys. ``less``: texts
become empty, numbers smaller, dates earlier, lists empty, keys absent."""
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

Picks = Mapping[Site, int]
"""The sites to change, each with the number of the variation to use."""

_VaryNode = Callable[[Any, str, Direction], Iterator[Any]]

_FILLER = " and so on"
_DIGITS = "0123456789"
_LARGER = 10_007
"""Odd, so that an even number becomes an odd one; small enough for a builder that repeats something so often."""
_LATER = timedelta(days=15_013, hours=5, minutes=17, seconds=23, microseconds=7)
"""Changes year, month, day and weekday of any date, and all parts of a time."""
_DATE = re.compile(r"\b(\d{4})-(\d\d)(?:-(\d\d))?")
_PIECE = re.compile(rf"^\w+://|(?<=\d)[TZ](?=\d|$)|{_DATE.pattern}|(.)", re.DOTALL)
"""A part that stays (the scheme of a URL, the letters of a time), a date, or any other character."""


class _Row(NamedTuple):
    """The other values for one type, the boldest first. A builder that fails on one gets the next."""

    types: tuple[type, ...]
    more: Callable[[Any, str], Iterable[Any]]
    """From the value and a mark."""
    less: Callable[[Any], Iterable[Any]]


class Short(list[Any]):
    """A list that looks empty, but still gives the items that it had by their indexes.

    A builder that takes an item without asking for the length does not fail on it.
    """

    kept: Sequence[Any]

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(index) if isinstance(index, slice) else self.kept[index]


class Bare(dict[Any, Any]):
    """A mapping that looks as if some keys were absent, but still gives their values in ``mapping[key]``.

    A builder that takes a value without asking whether it is there does not fail on it.
    """

    kept: Mapping[Any, Any]

    def __missing__(self, key: Any) -> Any:
        return self.kept[key]


def list_sites(nodes: Sequence[Node], direction: Direction) -> list[Site]:
    """All sites that can be changed in a direction, in order; see `list_all`."""
    return list(dict.fromkeys(site for path, node in nodes for site in _sites_of(node, path, direction)))


def list_fixed(nodes: Sequence[Node]) -> list[Site]:
    """The values of which no variation is known, such as a function."""
    return [Site(path) for path, node in nodes if list_children(node) is None and not _find_row(node)]


def count_variations(node: Any, site: Site, direction: Direction) -> int:
    """Number of variations of a site in a direction; ``node`` is the value at its path."""
    if site.aspect in ("keys", "presence"):
        return 1
    return sum(1 for _ in (vary_leaf if site.aspect == "value" else _vary_length)(node, site.mark, direction))


def vary(inputs: Mapping[str, Any], picks: Picks, direction: Direction) -> dict[str, Any]:
    """A copy of the inputs in which the picked sites are changed."""

    def change(node: Any, path: str) -> Any:
        return _change(node, path, picks, direction)

    return {name: map_nodes(value, name, change) for name, value in inputs.items()}


def vary_leaf(value: Any, mark: str, direction: Direction) -> Iterator[Any]:
    """Other values of the type of a leaf, the boldest first; ``mark`` names the field."""
    row = _find_row(value)
    if row is not None:
        others = row.more(value, mark) if direction == "more" else row.less(value)
        yield from (other for other in others if type(other) is not type(value) or other != value)


def _find_row(value: Any) -> _Row | None:
    kind: Any = type(value)
    return _find_row_of_type(kind)


@lru_cache(maxsize=256)
def _find_row_of_type(kind: type) -> _Row | None:
    return next((row for row in _ROWS if issubclass(kind, row.types)), None)


def _sites_of(node: Any, path: str, direction: Direction) -> Iterator[Site]:
    match kind_of(node):
        case "mapping" if direction == "more":
            yield Site(path, "keys")
        case "mapping":
            yield from (_presence(path, key) for key in node)
        case "items" if node or direction == "more":
            yield Site(path, "length")
        case "leaf" if any(True for _ in vary_leaf(node, path, direction)):
            yield Site(path)


def _change(node: Any, path: str, picks: Picks, direction: Direction) -> Any:
    match kind_of(node):
        case "leaf":
            return _pick(node, Site(path), picks, vary_leaf, direction)
        case "items":
            return _pick(node, Site(path, "length"), picks, _vary_length, direction)
        case "mapping" if direction == "more":
            return _add_keys(node, Site(path, "keys").mark) if Site(path, "keys") in picks else node
        case "mapping":
            absent = {key for key in node if _presence(path, key) in picks}
            return _without_keys(node, absent) if absent else node
    return node


def _presence(path: str, key: Any) -> Site:
    owner = drop_indexes(path)
    return Site(f"{owner}.{key}", "presence", owner)


def _pick(node: Any, site: Site, picks: Picks, vary_node: _VaryNode, direction: Direction) -> Any:
    pick = picks.get(site)
    return node if pick is None else next(islice(vary_node(node, site.mark, direction), pick, None))


def _vary_length(items: Any, mark: str, direction: Direction) -> Iterator[Any]:
    """Lists or tuples of other lengths."""
    kind: type[Any] = tuple if isinstance(items, tuple) else list
    if direction == "more" and items:
        yield kind([*items, items[-1]])
    elif direction == "more":
        # Nobody knows what the items of an empty list would be.
        items_of_any_type: tuple[Any, ...] = (mark, {}, _LARGER)
        yield from (kind([item]) for item in items_of_any_type)
    elif items:
        if kind is list:
            yield _shorten(items)
        yield kind()
        if len(items) > 1:
            yield kind(items[:-1])


def _shorten(items: Sequence[Any]) -> Short:
    made = Short()
    made.kept = items
    return made


def _add_keys(mapping: Mapping[Any, Any], mark: str) -> Any:
    """One more key before all others and one after them, with values that the mapping has already."""
    first, last = (next(iter(values), mark) for values in (mapping.values(), reversed(list(mapping.values()))))
    return like(mapping, {mark: first, **mapping, f"~{mark}": last})


def _without_keys(mapping: Mapping[Any, Any], absent: Set[Any]) -> Any:
    left = {key: value for key, value in mapping.items() if key not in absent}
    if type(mapping) is not dict:
        return like(mapping, left)
    made = Bare(left)
    made.kept = mapping
    return made


# --- leaves ----------------------------------------------------------------------------------------------


def _more_text(value: str, mark: str) -> Iterator[str]:
    # A text that is longer than the mark must not become shorter.
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


def _more_number(value: Any, mark: str) -> list[Any]:
    kind = type(value)
    if not _is_finite(value):
        return [kind(1)]
    half = kind("0.5") if kind in (float, Decimal) else kind(0)
    return [value * 11 + _LARGER + half, value + 1, value - 1]


def _less_number(value: Any) -> list[Any]:
    kind = type(value)
    if not _is_finite(value):
        return [kind(0)]
    return [kind(0) if value > 0 else value * 2 - 7, kind(1), value - 1]


def _is_finite(value: Any) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _more_enum(value: Enum, mark: str) -> list[Enum]:
    members = list(type(value))
    place = members.index(value) if value in members else 0
    return [*members[place + 1 :], *members[:place]]


def _shift(value: Any, by: timedelta) -> list[Any]:
    """A date or duration moved; the other way where the calendar ends."""
    try:
        return [value + by]
    except OverflowError:
        return [value - by]


def _shift_time(value: time, by: timedelta) -> list[time]:
    moved = datetime.combine(date(2000, 1, 1), value) + by
    return [moved.timetz()]


def _more_set(value: Any, mark: str) -> list[Any]:
    member: Any = min(value, key=repr, default="")
    return [type(value)([*value, other]) for other in vary_leaf(member, mark, "more")]


_ROWS = (
    _Row((type(None),), lambda _, mark: [mark, _LARGER, True, [mark], {}], lambda _: []),
    _Row((Enum,), _more_enum, lambda _: []),
    _Row((bool,), lambda value, _: [not value], lambda _: []),
    _Row((Real, Decimal), _more_number, _less_number),
    _Row((str,), _more_text, lambda value: ["", "q"] if value else []),
    _Row(
        (bytes, bytearray),
        lambda value, mark: [type(value)(mark.encode()), type(value)(value[::-1] + b"1")],
        lambda value: [type(value)(), type(value)(b"q")] if value else [],
    ),
    _Row((date, timedelta), lambda value, _: _shift(value, _LATER), lambda value: _shift(value, -_LATER)),
    _Row((time,), lambda value, _: _shift_time(value, _LATER), lambda value: _shift_time(value, -_LATER)),
    _Row((UUID,), lambda value, _: [UUID(int=value.int ^ (1 << 128) // 3)], lambda _: []),
    _Row(
        (PurePath,),
        lambda value, mark: [type(value)(mark), type(value)(reshape(str(value)))],
        lambda value: [value.parent],
    ),
    _Row((set, frozenset), _more_set, lambda value: [type(value)()] if value else []),
)
"""The first row that fits a value holds."""
