"""Sizes of a request that the API limits."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from harness.prompt.blocks import Block, Request
from harness.promptcache.strict_schemas import Schema, count_optional, count_unions, strict_schemas
from harness.provider.refusals import Measure

_TOKENS_BESIDE_TEXT = 200
"""More than any block takes besides its text and sources."""
_TOKENS_OF_SOURCE = 10_000
"""More than any image takes. What a document takes is not known offline, so that it refuses nothing."""
_HIDDEN_TOKENS = 10_000
"""More than all hidden prompts together."""


class Sized(NamedTuple):
    """A request to measure."""

    request: Request
    blocks: Sequence[Block]
    count_tokens: Callable[[], tuple[int, int | None]]
    """Returns the total, and how many tokens it may be off (``None``: not known)."""


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
    # Counting loads a vocabulary; a token is at least one byte, so that the bytes settle it for most requests.
    if _most_tokens(sized) + more <= maximum:
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


def _text_bytes(sized: Sized, maximum: int) -> Size:
    return _exact(sum(_bytes_of_texts(block.content) for block in sized.blocks))


def _strict_tools(sized: Sized, maximum: int) -> Size:
    return _exact(sum(path.startswith("tools") for path, _ in strict_schemas(sized.request)))


def _parameters(count: Callable[[Schema], int]) -> Callable[[Sized, int], Size]:
    return lambda sized, maximum: _exact(sum(count(schema) for _, schema in strict_schemas(sized.request)))


_MEASURES: Mapping[Measure, Callable[[Sized, int], Size | None]] = {
    "text_bytes": _text_bytes,
    "strict_tools": _strict_tools,
    "optional_parameters": _parameters(count_optional),
    "union_parameters": _parameters(count_unions),
    "max_tokens": _max_tokens,
    "input_tokens": _input_tokens,
    "input_and_max_tokens": _input_and_max_tokens,
}


def _exact(size: int) -> Size:
    return Size(size, size, size)


def _most_tokens(sized: Sized) -> int:
    blocks = sized.blocks
    sources = sum(_sources(block.content) for block in blocks)
    beside = _HIDDEN_TOKENS + _TOKENS_BESIDE_TEXT * len(blocks) + _TOKENS_OF_SOURCE * sources
    return beside + sum(_bytes(block.content) for block in blocks)


def _bytes_of_texts(value: Any) -> int:
    """Bytes of what certainly counts as text: in text blocks, and in results that are a string."""
    if isinstance(value, Mapping):
        texts = [part for key, part in value.items() if key in ("text", "content") and isinstance(part, str)]
        return sum(map(_bytes, texts)) + sum(map(_bytes_of_texts, value.values()))
    return sum(map(_bytes_of_texts, value)) if isinstance(value, list) else 0


def _bytes(value: Any) -> int:
    """Bytes of all strings and keys in a value, without data in base64."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, Mapping):
        return 0 if value.get("type") == "base64" else sum(_bytes(key) + _bytes(part) for key, part in value.items())
    if isinstance(value, list):
        return sum(map(_bytes, value))
    # Numbers and the like are part of the prompt too, as text.
    return len(str(value))


def _sources(value: Any) -> int:
    if isinstance(value, Mapping):
        return ("source" in value) + sum(map(_sources, value.values()))
    return sum(map(_sources, value)) if isinstance(value, list) else 0
