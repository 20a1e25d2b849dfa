"""The first place where two requests part, in the order in which the prompt cache reads them."""

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from harness.prompt.blocks import Block, Request, read_blocks
from harness.prompt.fingerprint import block_digest, effort, has_images, output_format, thinking, tool_choice
from harness.provider.rules import find_model

_CONTEXT = 24


class Divergence(NamedTuple):
    """Where two requests part."""

    path: str
    """Of the block (``system[0]``) or the parameter (``tool_choice``)."""
    offset: int | None
    """In characters of the block's text, or of its JSON where it is not text; ``None`` for parameters,
    and for blocks that only one side has."""
    before: str
    """A short excerpt of the first request around the place, or the parameter's value."""
    after: str
    """The same of the second request."""


def find_divergence(before: Request, after: Request) -> Divergence | None:
    """The first difference between two requests that the prompt cache sees; ``None`` if there is none.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    old, new = read_blocks(before), read_blocks(after)
    return (
        _differing_parameter("model", before.get("model"), after.get("model"))
        or _differing_parameter("speed", before.get("speed"), after.get("speed"))
        or _differing_block(_level(old, "tools"), _level(new, "tools"))
        or _differing_parameter("output_config.format", output_format(before), output_format(after))
        or _differing_block(_level(old, "system"), _level(new, "system"))
        or _differing_message_parameter(before, after, old, new)
        or _differing_block(_level(old, "messages"), _level(new, "messages"))
    )


def block_text(block: Block) -> str:
    """What an offset into a block counts in: its text, or its JSON without the marker."""
    text = block.content.get("text")
    if block.type == "text" and isinstance(text, str):
        return text
    return _json({key: value for key, value in block.content.items() if key != "cache_control"})


def first_difference(before: str, after: str) -> int:
    """Index of the first character that differs; the length of the shorter text if it is a prefix."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        if before[:middle] == after[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def excerpts(before: str, after: str, offset: int) -> tuple[str, str]:
    """Both texts around an offset, shortened alike; they differ whenever the texts do."""
    start = max(0, offset - _CONTEXT)
    return _cut(before, start, offset), _cut(after, start, offset)


def _level(blocks: Sequence[Block], level: str) -> list[Block]:
    return [block for block in blocks if block.level == level]


def _differing_block(old: Sequence[Block], new: Sequence[Block]) -> Divergence | None:
    for before, after in zip_longest(old, new):
        if before is None or after is None:
            block = before or after
            text = _cut(block_text(block), 0, 0)
            return Divergence(block.path, None, "" if before is None else text, "" if after is None else text)
        if before.role == after.role and block_digest(before) == block_digest(after):
            continue
        if before.role != after.role:
            return Divergence(after.path, None, f"role {before.role}", f"role {after.role}")
        offset = first_difference(block_text(before), block_text(after))
        return Divergence(after.path, offset, *excerpts(block_text(before), block_text(after), offset))
    return None


def _differing_message_parameter(
    before: Request, after: Request, old: Sequence[Block], new: Sequence[Block]
) -> Divergence | None:
    return (
        _differing_parameter("tool_choice", tool_choice(before), tool_choice(after))
        or _differing_parameter("thinking", thinking(before), thinking(after))
        or _differing_parameter("output_config.effort", _effort(before), _effort(after))
        or _differing_parameter("images", has_images(old), has_images(new))
    )


def _effort(request: Request) -> str:
    return effort(request, find_model(str(request.get("model"))))


def _differing_parameter(path: str, before: Any, after: Any) -> Divergence | None:
    if before == after:
        return None
    return Divergence(path, None, _json(before), _json(after))


def _cut(text: str, start: int, offset: int) -> str:
    end = offset + _CONTEXT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
