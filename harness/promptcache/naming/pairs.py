"""What changed between two blocks at the same place."""

from collections.abc import Sequence
from typing import NamedTuple

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Block
from harness.prompt.fingerprint import rendered_fields
from harness.prompt.text import block_text, dump
from harness.promptcache.causes import Cause
from harness.promptcache.naming.boundaries import join_texts
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import Spot
from harness.promptcache.naming.pair_notes import is_text_change
from harness.promptcache.naming.text_changes import find_offsets, name_form, name_string, sort_keys, squeeze

_LISTED = 3
"""Places in one block that are listed; of more, only their number is said."""
IN_ONE_BLOCK: tuple[Cause, ...] = ("timestamp", "text_changed", "tool_changed", "history_edit")
"""Causes of which one block can hold several, each with its own fix."""


_WHAT: dict[Cause, str] = {
    "timestamp": "a date or time",
    "whitespace": "only whitespace",
    "unicode": "only the Unicode form",
    "key_order": "only the order of keys",
    "block_boundary": "only the cut of its parts",
}


class Shift(NamedTuple):
    """The blocks that went, or came, at the start of two runs; the next ones are the same block, changed."""

    gone: int
    here: int
    note: str
    """What changed in that block, by its path in the earlier prompt."""


def name_text(before: Block, after: Block, assumptions: Assumptions) -> Cause | None:
    """Name a change of whitespace, Unicode form, key order, time or cut; ``None`` if there is more to it, or other."""
    if (before.role, before.type) != (after.role, after.type):
        return None
    old, new = (rendered_fields(block, assumptions) for block in (before, after))
    if before.type == "text" and isinstance(old.get("text", ""), str) and isinstance(new.get("text", ""), str):
        texts = old.pop("text", ""), new.pop("text", "")
        return name_string(*texts) if dump(old) == dump(new) and texts[0] != texts[1] else None
    if sort_keys(old) == sort_keys(new):
        return "key_order"
    if before.level != "tools" and dump(join_texts(old)) == dump(join_texts(new)):
        return "block_boundary"
    if dump(squeeze(old)) == dump(squeeze(new)):
        return "whitespace"
    return name_form(dump(old), dump(new))


def name_pair(before: Block, after: Block, assumptions: Assumptions) -> Cause:
    """Name the change from one block to another, wherever they are: ``other`` if it is not one of a text."""
    cause = name_text(before, after, assumptions)
    if cause is not None:
        return cause
    return "text_changed" if before.role == after.role and is_text_change(before, after) else "other"


def align_fields(before: Block, after: Block, assumptions: Assumptions) -> Block:
    """Copy the earlier block with its fields in the order of the later one, and that one's fields that do not count.

    So the first difference between their texts is one that the prompt cache sees.
    """
    if before.type != after.type:
        return before
    counting = [rendered_fields(block, assumptions).keys() for block in (before, after)]
    content = {
        key: before.content[key] if key in counting[0] else value
        for key, value in after.content.items()
        if key in counting[0] or key not in counting[1]
    }
    rest = {key: value for key, value in before.content.items() if key in counting[0] and key not in content}
    return before._replace(content={**content, **rest})


def find_inner_spots(
    cause: Cause, before: Block, after: Block, index: int, assumptions: Assumptions
) -> tuple[Spot, ...]:
    """Find where else two blocks differ, if it may have another reason; ``index`` is that of the earlier one."""
    if cause not in IN_ONE_BLOCK or before.type != after.type:
        return ()
    offsets = find_offsets(block_text(align_fields(before, after, assumptions)), block_text(after))[1:]
    if len(offsets) > _LISTED:
        return (Spot(f"{after.path} in {len(offsets):,} other places", index, (before, after), is_inner=True),)
    return tuple(
        Spot(f"{after.path} at character {offset:,}", index, (before, after), is_inner=True) for offset in offsets
    )


def find_shift(old: Sequence[Item], new: Sequence[Item], assumptions: Assumptions) -> Shift | None:
    """Find which blocks came or went before one that changed in no more than a time or its form; else ``None``."""
    if not old or not new or old[0].starts_message != new[0].starts_message:
        return None
    if name_text(old[0].block, new[0].block, assumptions) is not None:
        return None
    ways = [(count, 0) for count in range(1, len(old) - len(new) + 1)]
    ways += [(0, count) for count in range(1, len(new) - len(old) + 1)]
    for gone, here in ways:
        cause = name_text(old[gone].block, new[here].block, assumptions)
        if cause is not None and _is_one_message(old[: gone + 1]) and _is_one_message(new[: here + 1]):
            return Shift(gone, here, f"{_WHAT[cause]} changed in what was {old[gone].path}")
    return None


def _is_one_message(items: Sequence[Item]) -> bool:
    return len({item.block.message for item in items}) == 1
