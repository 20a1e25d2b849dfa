"""The cause of a difference, taken only from the two texts themselves."""

import unicodedata
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NamedTuple, cast

from harness.numbers import make_decoder, write_json
from harness.prompt.blocks import Block
from harness.prompt.diff import Divergence
from harness.prompt.parts import Part
from harness.prompt.reading import Prompt
from harness.prompt.text import block_text, first_difference
from harness.prompt.times import reads_as_time
from harness.promptcache.causes import Cause

_NEIGHBOURS = 8
"""Characters on either side of a difference that may compose with it."""


class Change(NamedTuple):
    """A change with its name: what kind it is, and where."""

    cause: Cause
    path: str
    offset: int | None = None
    """The first differing character of the block's text."""
    excerpt: tuple[str, str] | None = None
    """Both texts around the place, shortened."""


def name_change(divergence: Divergence, before: Prompt, after: Prompt) -> Change:
    """Name the first difference between two prompts."""
    if _is_stripped(divergence):
        assert divergence.before is not None
        return Change("thinking_stripped", divergence.before.path)
    cause = _name_cause(divergence, before.parts, after.parts)
    return Change(cause, _find_path(cause, divergence, before, after), divergence.offset, divergence.excerpts())


def _find_path(cause: Cause, divergence: Divergence, before: Prompt, after: Prompt) -> str:
    """Find where a change is; for parameters that are read from a block, that block."""
    if cause in ("image_added", "image_removed"):
        return _image_path(after.blocks if cause == "image_added" else before.blocks)
    if cause == "citations_changed":
        return _citations_path(after.blocks, before.blocks)
    if cause == "tool_removed":
        return _removed_tool_path(before.parts, after.parts) or divergence.path
    return divergence.path


def _name_cause(divergence: Divergence, old: Sequence[Part], new: Sequence[Part]) -> Cause:
    """Name the cause of the first difference between two requests, given all their parts."""
    before, after = divergence
    part = after or before
    assert part is not None
    if part.block is None:
        return _name_parameter(part, after)
    if part.level == "tools":
        return _name_tool(divergence, old, new)
    if _same_text(before, after, old, new):
        return "block_boundary"
    if before is not None and after is not None:
        text_cause = _name_text(before.block, after.block)
        if text_cause:
            return text_cause
    if part.level == "messages":
        return _name_history(divergence, old, new)
    return "text_changed"


def _name_parameter(part: Part, after: Part | None) -> Cause:
    assert part.row is not None
    if part.row.name == "images":
        return "image_added" if after is not None and after.value else "image_removed"
    return cast("Cause", part.row.cause)


def _name_tool(divergence: Divergence, old: Sequence[Part], new: Sequence[Part]) -> Cause:
    names = [_tool_names(parts) for parts in (old, new)]
    if names[0] == names[1]:
        old_block, new_block = (part.block if part else None for part in divergence)
        return _name_text(old_block, new_block) or "tool_changed"
    if sorted(names[0]) == sorted(names[1]):
        return "tool_reorder"
    there, here = (_tool_name(part) if part else None for part in divergence)
    if here is not None and here == there:
        # This tool changed, while others after it were added or removed.
        return _name_text(*(part.block if part else None for part in divergence)) or "tool_changed"
    if here in names[0] and set(names[0]) <= set(names[1]):
        return "tool_reorder"
    if here is None or here in names[0]:
        return "tool_removed"
    is_renamed = len(names[0]) == len(names[1]) and sum(a != b for a, b in zip(*names, strict=True)) == 1
    return "tool_changed" if is_renamed else "tool_added"


def _tool_names(parts: Sequence[Part]) -> list[str]:
    """List the names of the tools among the parts, in order."""
    return [_tool_name(part) for part in parts if part.level == "tools" and part.block]


def _tool_name(part: Part) -> str:
    return str(part.block.content.get("name") or part.block.content.get("type")) if part.block else ""


def _name_text(before: Block | None, after: Block | None) -> Cause | None:
    """The cause if two blocks differ only in spaces, Unicode form, the order of keys, or a time."""
    if before is None or after is None or before.role != after.role:
        return None
    if before.type != "text" and _unordered(before.content) == _unordered(after.content):
        return "key_order"
    old, new = block_text(before), block_text(after)
    if _squeezed(old) == _squeezed(new):
        return "whitespace"
    if _differ_in_form(old, new):
        return "unicode"
    if reads_as_time(old, new):
        return "timestamp"
    if _differs_in_key_order(old, new):
        return "key_order"
    return None


def _name_history(divergence: Divergence, old: Sequence[Part], new: Sequence[Part]) -> Cause:
    rows = [[part for part in parts if part.level == "messages" and part.block] for parts in (old, new)]
    if divergence.after is None:
        return "history_drop"
    if divergence.before is None:
        return "other"
    later = rows[0][rows[0].index(divergence.before) + 1 :]
    if _without_border(divergence.after.key) in {_without_border(part.key) for part in later}:
        return "history_drop"
    last = [row[-1].block.message for row in rows if row[-1].block]
    here = divergence.before.block.message if divergence.before.block else None
    return "text_changed" if last == [here, here] else "history_edit"


def _same_text(before: Part | None, after: Part | None, old: Sequence[Part], new: Sequence[Part]) -> bool:
    """Whether the text from here to the end of the level or message is the same, but cut into other blocks."""
    first = before or after
    assert first is not None
    sides = []
    for parts, start in ((old, before), (new, after)):
        blocks = [part.block for part in parts if part.level == first.level and part.block]
        index = len(blocks) if start is None else next(i for i, block in enumerate(blocks) if block is start.block)
        reach = _turn(blocks[index:])
        if any(block.type != "text" for block in reach):
            return False
        sides.append((len(reach), "".join(block_text(block) for block in reach)))
    (old_count, old_text), (new_count, new_text) = sides
    return old_count != new_count and old_text == new_text


def _turn(blocks: Sequence[Block]) -> list[Block]:
    """The first blocks that share one role."""
    return list(takewhile(lambda block: block.role == blocks[0].role, blocks))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _differ_in_form(old: str, new: str) -> bool:
    """Whether two texts are equal after normalisation; only the text around the differences is compared."""
    if old.isascii() and new.isascii():
        return False
    start = max(0, first_difference(old, new) - _NEIGHBOURS)
    end = max(0, first_difference(old[start:][::-1], new[start:][::-1]) - _NEIGHBOURS)
    return _normalised(old[start : len(old) - end]) == _normalised(new[start : len(new) - end])


def _normalised(text: str) -> str:
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", visible)


def _unordered(value: Any) -> str:
    if isinstance(value, dict):
        value = {key: item for key, item in value.items() if key != "cache_control"}
    return write_json(value, sort_keys=True)


def _differs_in_key_order(old: str, new: str) -> bool:
    """Whether two texts differ only in the order of keys of one JSON object inside them."""
    decoder = make_decoder()
    limit = first_difference(old, new)
    start = old.rfind("{", 0, limit)
    for _ in range(20):
        if start < 0:
            return False
        try:
            first, first_end = decoder.raw_decode(old, start)
            second, second_end = decoder.raw_decode(new, start)
        except (ValueError, RecursionError):
            pass
        else:
            return (
                min(first_end, second_end) > limit
                and _unordered(first) == _unordered(second)
                and old[first_end:] == new[second_end:]
            )
        start = old.rfind("{", 0, start)
    return False


def _without_border(key: str) -> str:
    return key.rpartition(":")[2]


def _is_stripped(divergence: Divergence) -> bool:
    """Whether the first difference is a thinking block that is still sent, but not rendered any more."""
    part = divergence.before
    if part is None or part.block is None or part.block.type not in ("thinking", "redacted_thinking"):
        return False
    return divergence.after is None or divergence.after.block is None or divergence.after.block.type != part.block.type


def _image_path(blocks: Sequence[Block]) -> str:
    for block in blocks:
        if block.type == "image":
            return block.path
        parts = block.content.get("content")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict) and part.get("type") == "image":
                return f"{block.path}.content[{index}]"
    return "messages"


def _citations_path(*sides: Sequence[Block]) -> str:
    return next((block.path for blocks in sides for block in blocks if block.content.get("citations")), "messages")


def _removed_tool_path(old: Sequence[Part], new: Sequence[Part]) -> str | None:
    """Of the first tool that is gone; ``None`` if there were two of one name, of which one is left."""
    kept = set(_tool_names(new))
    return next((f"tools[{index}]" for index, name in enumerate(_tool_names(old)) if name not in kept), None)
