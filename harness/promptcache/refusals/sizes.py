"""Sizes of a request that the API limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from harness.prompt.blocks import Block, Request
from harness.promptcache.refusals.strict_schemas import Schema, count_optional, count_unions, strict_schemas
from harness.provider.refusals import Measure

_TOKENS_BESIDE_TEXT = 200
"""More than any block takes besides its text and sources."""
_TOKENS_OF_SOURCE = 10_000
"""More than any image takes. What a document takes is not known offline, so that it refuses nothing."""
_ESCAPED = 3
"""How much longer text becomes at most where it is rendered with escapes: two bytes as six."""
_HIDDEN_TOKENS = 10_000
"""More than all hidden prompts together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sized:
    """A request to measure."""

    request: Request
    blocks: Sequence[Block]
    count_tokens: Callable[[], tuple[int, int | None]]
    """Returns the total, and how many tokens it may be off (``None``: not known)."""

    @cached_property
    def most_bytes(self) -> float:
        """An upper bound of its text in bytes; infinite for a request that cannot be written as JSON."""
        return len(self._json) if self._json else float("inf")

    @cached_property
    def most_tokens(self) -> float:
        """An upper bound of its tokens, found without counting: a token is at least one byte of rendered text."""
        beside = _TOKENS_BESIDE_TEXT * len(self.blocks) + _TOKENS_OF_SOURCE * self._json.count(b'"source"')
        escapes = 1 if self._json.isascii() else _ESCAPED
        return _HIDDEN_TOKENS + escapes * self.most_bytes + beside

    @cached_property
    def _json(self) -> bytes:
        try:
            return orjson.dumps(self.request)
        except (TypeError, ValueError):
            return b""


class Size(NamedTuple):
    """A measured size, and between which values it may be."""

    shown: int
    """The number that the API's text shows."""
    least: int
    most: float
    """Infinite if there is no upper bound."""


def measure(sized: Sized, what: Measure, maximum: int) -> Size | None:
    """Measure a size of a request; ``None`` if it certainly does not exceed the maximum."""
    size = _MEASURES[what](sized, maximum)
    return size if size is not None and size.most > maximum else None


def _input_tokens(sized: Sized, maximum: int, more: int = 0) -> Size | None:
    # Counting may load a vocabulary, and most requests are far from the limit.
    if sized.most_tokens + more <= maximum:
        return None
    total, bound = sized.count_tokens()
    if bound is None:
        return Size(total, 0, float("inf") if total + more > maximum else 0)
    return Size(total, total - bound + more, total + bound + more)


def _input_and_max_tokens(sized: Sized, maximum: int) -> Size | None:
    output = _max_tokens_of(sized)
    return None if output is None else _input_tokens(sized, maximum, output)


def _max_tokens(sized: Sized, maximum: int) -> Size | None:
    output = _max_tokens_of(sized)
    return None if output is None else _exact(output)


def _max_tokens_of(sized: Sized) -> int | None:
    value = sized.request.get("max_tokens")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text_bytes(sized: Sized, maximum: int) -> Size | None:
    if sized.most_bytes <= maximum:
        return None
    return _exact(sum(_bytes_of_texts(block.content) for block in sized.blocks))


def _strict_tools(sized: Sized, maximum: int) -> Size:
    return _exact(sum(path.startswith("tools") for path, _ in strict_schemas(sized.request)))


def _parameters(count: Callable[[Schema], int]) -> Callable[[Sized, int], Size]:
    return lambda sized, maximum: _exact(sum(count(schema) for _, schema in strict_schemas(sized.request)))


def _of_one_schema(count: Callable[[Schema], int]) -> Callable[[Sized, int], Size]:
    """The same of the schema that has most of them."""
    return lambda sized, maximum: _exact(max((count(schema) for _, schema in strict_schemas(sized.request)), default=0))


_MEASURES: Mapping[Measure, Callable[[Sized, int], Size | None]] = {
    "text_bytes": _text_bytes,
    "strict_tools": _strict_tools,
    "optional_parameters": _parameters(count_optional),
    "union_parameters": _parameters(count_unions),
    "optional_parameters_of_one_schema": _of_one_schema(count_optional),
    "union_parameters_of_one_schema": _of_one_schema(count_unions),
    "max_tokens": _max_tokens,
    "input_tokens": _input_tokens,
    "input_and_max_tokens": _input_and_max_tokens,
}


def _exact(size: int) -> Size:
    return Size(size, size, size)


def _bytes_of_texts(value: Any) -> int:
    """Bytes of what certainly counts as text: in text blocks, and in results that are a string."""
    if isinstance(value, list):
        return sum(map(_bytes_of_texts, value))
    if not isinstance(value, Mapping):
        return 0
    texts = (part for key, part in value.items() if key in ("text", "content") and isinstance(part, str))
    inside = sum(map(_bytes_of_texts, value.values()))
    return inside + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
