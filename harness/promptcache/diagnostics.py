"""Cache diagnostics as the API answers them: why a request cannot read what an earlier one wrote.

They compare the structure of two requests, not the contents of the prompt cache: no TTL, no
minimum, no lookback. Source: platform.claude.com/docs/en/build-with-claude/cache-diagnostics
(checked 2026-11-23). It is not documented that the system prompt is compared before the
tools; the order of the SDK's types suggests it.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from harness.prompt.parts import Part
from harness.prompt.reading import Prompt
from harness.prompt.text import block_text

_BYTES_PER_TOKEN = 4


def diagnose(before: Prompt, after: Prompt) -> dict[str, Any] | None:
    """Return the ``cache_miss_reason`` of ``after`` when it follows ``before``; ``None`` if they do not differ."""
    old, new = before.parts, after.parts
    if _values(old, "model") != _values(new, "model") or _values(old, "speed") != _values(new, "speed"):
        return _reason("model_changed", new, 0)
    for level, kind in (("system", "system_changed"), ("tools", "tools_changed")):
        index = _first_change(_blocks(old, level), _blocks(new, level), is_appended_fine=False)
        if index is not None:
            return _reason(kind, new, _position(new, level, index))
    if _compared(old) != _compared(new):
        return {"type": "unavailable"}
    index = _first_change(_blocks(old, "messages"), _blocks(new, "messages"), is_appended_fine=True)
    return None if index is None else _reason("messages_changed", new, _position(new, "messages", index))


def _compared(parts: Sequence[Part]) -> dict[str, str]:
    """The parameters that diagnostics compare, apart from model and speed."""
    return {part.row.name: part.key for part in parts if part.row is not None and part.row.is_diagnosed}


def _values(parts: Sequence[Part], path: str) -> list[str]:
    return [part.key for part in parts if part.block is None and part.path == path]


def _blocks(parts: Sequence[Part], level: str) -> list[Part]:
    return [part for part in parts if part.block is not None and part.level == level]


def _first_change(old: Sequence[Part], new: Sequence[Part], *, is_appended_fine: bool) -> int | None:
    for index, (before, after) in enumerate(zip_longest(old, new)):
        if before is None:
            return None if is_appended_fine else index
        if after is None or before.key != after.key:
            return index
    return None


def _position(parts: Sequence[Part], level: str, index: int) -> int:
    """Find the index of a level's block among all parts, or of the end of the level."""
    blocks = _blocks(parts, level)
    if index < len(blocks):
        return parts.index(blocks[index])
    return parts.index(blocks[-1]) + 1 if blocks else len(parts) - len(_blocks(parts, "messages"))


def _reason(kind: str, parts: Sequence[Part], start: int) -> dict[str, Any]:
    missed = sum(len(block_text(part.block).encode()) for part in parts[start:] if part.block is not None)
    return {"type": kind, "cache_missed_input_tokens": missed // _BYTES_PER_TOKEN}
