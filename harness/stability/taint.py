"""Find fields of the inputs in the cached prefix, by building once with every text replaced by its own name.

The mark ``⟦resume.basics.name⟧`` is still found after changes of case and white space, JSON, HTML
and URL escapes, or truncation at either end. A decision that a builder bases on a value, such as
its length, leaves no mark: `search.py` finds those by comparing prefixes.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from harness.prompt.parts import Part
from harness.prompt.reading import Prompt
from harness.prompt.text import block_text
from harness.provider.parameters import LEVELS
from harness.stability.fields import Site, list_nodes, map_nodes

_OPEN = re.compile(r"⟦|\\+u27e6|&#10214;|&#x27e6;|%E2%9F%A6", re.IGNORECASE)
_CLOSE = re.compile(r"⟧|\\+u27e7|&#10215;|&#x27e7;|%E2%9F%A7", re.IGNORECASE)
# Every mark contains one of these, however it is escaped. Searched first: a hundred times as fast as a pattern, and
# a single character is ten times as fast again.
_SIGNS = {"⟦": ("⟦",), "⟧": ("⟧",), "%": ("%E2", "%e2"), "\\": ("27e", "27E"), "&": ("27e", "27E", "#1021")}
"""By the character with which each bracket or escape begins."""
_JSON_ESCAPE = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)

_LONGEST_ESCAPE = 12
"""The most characters that an escape makes of one: the two halves of a JSON surrogate pair."""
_SHORTEST_CUT = 4
"""A shorter rest of a mark is too vague: a prompt may contain such brackets itself."""
_CONTEXT = 24


class Leak(NamedTuple):
    """A field of the inputs that was found in the cached prefix."""

    field: str
    """``resume.work[0].name``; contains ``…`` if only a part of the mark is left that fits several fields."""
    path: str
    """Path of the block or of the parameter."""
    offset: int | None
    """Character of the block's text at which the mark begins; ``None`` for a parameter."""
    excerpt: str
    """The text around the mark, shortened."""


def list_fields(value: Any, name: str) -> tuple[str, ...]:
    """Paths of all texts in an input, in order: ``resume.work[0].name``."""
    return tuple(path for path, node in list_nodes(value, name) if isinstance(node, str))


def taint(value: Any, name: str, *, only: str | None = None) -> Any:
    """A copy of an input with each text, or with ``only`` one field, replaced by a mark of its path.

    Everything else stays: keys, numbers, ``None``, and objects that cannot be copied.
    """

    def mark(node: Any, path: str) -> Any:
        return Site(path).mark if isinstance(node, str) and only in (None, path) else node

    return map_nodes(value, name, mark)


def find_leaks(prompt: Prompt, fields: Sequence[str]) -> tuple[Leak, ...]:
    """Find marks of the given fields in the cached prefix of a request, each field once per block.

    ``fields`` are those of the inputs that the request was built from; see `list_fields`.
    """
    if not _has_signs(prompt):
        return ()
    by_name = {field.casefold(): field for field in reversed(fields)}
    leaks: dict[tuple[str, str], Leak] = {}
    for part in prompt.static_parts:
        text = _text(part)
        for field, start, end in _find_marks(text, by_name):
            offset = start if part.block else None
            leaks.setdefault((part.path, field), Leak(field, part.path, offset, _cut(text, start, end)))
    return tuple(leaks.values())


def _text(part: Part) -> str:
    return block_text(part.block) if part.block else str(part.value)


def _has_signs(prompt: Prompt) -> bool:
    """Whether the prefix can contain a mark; most requests cannot, which saves the search."""
    parameters = {key: value for key, value in prompt.request.items() if key not in LEVELS}
    texts = [str(parameters), *(block_text(block) for block in prompt.static_blocks)]
    return any(_has_sign(text) for text in texts)


def _has_sign(text: str) -> bool:
    return any(sign in text for start, signs in _SIGNS.items() if start in text for sign in signs)


def _find_marks(text: str, by_name: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    """Field, start and end of each mark in a text."""
    if not _has_sign(text):
        return
    reach = _LONGEST_ESCAPE * max(map(len, by_name), default=0)
    for opening in _OPEN.finditer(text):
        rest = text[opening.end() : opening.end() + reach + _LONGEST_ESCAPE]
        closing = _CLOSE.search(rest)
        inner = rest[: closing.start()] if closing else rest
        field = by_name.get(_plain(inner)) if closing else None
        if closing and field:
            yield field, opening.start(), opening.end() + closing.end()
        elif not closing or _OPEN.search(inner) or any(map(str.isspace, inner)):
            # Not a pair of brackets from the prompt itself, so this may be a mark without its end.
            cut, length = _match_cut(_plain(inner), by_name)
            if cut:
                yield cut, opening.start(), min(len(text), opening.end() + length)
    yield from _find_ends(text, by_name, reach)


def _find_ends(text: str, by_name: Mapping[str, str], reach: int) -> Iterator[tuple[str, int, int]]:
    """Field, start and end of each mark without its beginning."""
    backwards = {name[::-1]: field for name, field in by_name.items()}
    for closing in _CLOSE.finditer(text):
        before = text[max(0, closing.start() - reach) : closing.start()]
        openings, closings = list(_OPEN.finditer(before)), list(_CLOSE.finditer(before))
        last_close = closings[-1].end() if closings else 0
        if openings and openings[-1].start() >= last_close:
            # This mark has its beginning too.
            continue
        cut, length = _match_cut(_plain(before[last_close:])[::-1], backwards, is_reversed=True)
        if cut:
            yield cut, max(0, closing.start() - length), closing.end()


def _match_cut(text: str, by_name: Mapping[str, str], *, is_reversed: bool = False) -> tuple[str, int]:
    """The field whose name a text begins with, and the length of the match; empty if there is none."""
    length, fitting = _SHORTEST_CUT, list[str]()
    for name, field in by_name.items():
        common = _common_length(text, name)
        if common > length:
            length, fitting = common, [field]
        elif common == length:
            fitting.append(field)
    if len(fitting) <= 1:
        return "".join(fitting), length
    return (f"…{fitting[0][-length:]}" if is_reversed else f"{fitting[0][:length]}…"), length


def _common_length(text: str, name: str) -> int:
    pairs = zip(text, name, strict=False)
    return next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(text), len(name)))


def _plain(text: str) -> str:
    """A text without escapes and in one case, to compare names."""
    unescaped = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return html.unescape(unquote(unescaped)).casefold()


def _cut(text: str, start: int, end: int) -> str:
    low, high = max(0, start - _CONTEXT), end + _CONTEXT
    return f"{'…' if low else ''}{text[low:high]}{'…' if high < len(text) else ''}"
