"""A short text that a regular expression matches, for the ``pattern`` of a JSON schema."""

import re
from collections.abc import Iterator, Sequence

# The parser of the standard library: it has had this shape since Python 3.11, and a test holds it.
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import regex

_CATEGORIES = {
    kinds.CATEGORY_DIGIT: "0",
    kinds.CATEGORY_NOT_DIGIT: "x",
    kinds.CATEGORY_SPACE: " ",
    kinds.CATEGORY_NOT_SPACE: "x",
    kinds.CATEGORY_WORD: "x",
    kinds.CATEGORY_NOT_WORD: "-",
}
_PRINTABLE = [
    chr(code) for code in (*range(97, 123), *range(48, 58), *range(65, 91), *range(32, 127), *range(160, 600))
]
_LONGEST = 10_000
_SECONDS = 0.2


def match_pattern(pattern: str, *, shortest: int = 0) -> str | None:
    """Make a text of at least ``shortest`` characters that a pattern matches; ``None`` if none is found."""
    try:
        tree = parser.parse(pattern)
        made = "".join(_write(tree, extra=0))
        if len(made) < shortest:
            made = "".join(_write(tree, extra=shortest - len(made)))
    except (re.error, RecursionError, OverflowError, ValueError, Warning):
        return None
    return made if shortest <= len(made) and _matches(pattern, made) else None


def _matches(pattern: str, made: str) -> bool:
    """Check a match, for a bounded time: some patterns take years to find out that they do not match."""
    try:
        return regex.search(pattern, made, timeout=_SECONDS) is not None
    except (TimeoutError, regex.error, Warning):
        return False


def _write(tree: Any, *, extra: int) -> Iterator[str]:
    """Yield the pieces of a match; what may be repeated is repeated ``extra`` times more."""
    groups: dict[int, str] = {}
    for kind, argument in tree:
        yield from _piece(kind, argument, groups, extra)


def _piece(kind: Any, argument: Any, groups: dict[int, str], extra: int) -> Iterator[str]:
    if kind is kinds.LITERAL:
        yield chr(argument)
    elif kind is kinds.NOT_LITERAL:
        yield next(char for char in _PRINTABLE if char != chr(argument))
    elif kind is kinds.ANY:
        yield "x"
    elif kind is kinds.IN:
        yield _member(argument)
    elif kind is kinds.BRANCH:
        yield from _write(argument[1][0], extra=extra)
    elif kind is kinds.SUBPATTERN:
        made = "".join(_write(argument[-1], extra=extra))
        if argument[0] is not None:
            groups[argument[0]] = made
        yield made
    elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        least, most, inner = argument
        times = min(int(least) + extra, int(most), _LONGEST)
        made = "".join(_write(inner, extra=0))
        if len(made) * times > _LONGEST:
            raise OverflowError
        yield made * times
    elif kind is kinds.GROUPREF:
        yield groups.get(argument, "")
    elif kind is kinds.ATOMIC_GROUP:
        yield from _write(argument, extra=extra)
    # Anchors and look-around take no characters; the result is checked against the whole pattern.


def _member(items: Sequence[Any]) -> str:
    """The first convenient character of a class."""
    is_negated = bool(items) and items[0][0] is kinds.NEGATE
    if not is_negated:
        kind, argument = items[0]
        if kind is kinds.LITERAL:
            return chr(argument)
        return chr(argument[0]) if kind is kinds.RANGE else _CATEGORIES[argument]
    members = re.compile("".join(_class_source(items[1:])))
    return next(char for char in _PRINTABLE if not members.match(char))


def _class_source(items: Sequence[Any]) -> Iterator[str]:
    yield "["
    for kind, argument in items:
        if kind is kinds.LITERAL:
            yield re.escape(chr(argument))
        elif kind is kinds.RANGE:
            yield f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
        else:
            yield {
                kinds.CATEGORY_DIGIT: r"\d",
                kinds.CATEGORY_NOT_DIGIT: r"\D",
                kinds.CATEGORY_SPACE: r"\s",
                kinds.CATEGORY_NOT_SPACE: r"\S",
                kinds.CATEGORY_WORD: r"\w",
                kinds.CATEGORY_NOT_WORD: r"\W",
            }[argument]
    yield "]"
