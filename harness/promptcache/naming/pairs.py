"""What changed between two blocks at the same place."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Block
from harness.prompt.fingerprint import rendered_fields
from harness.prompt.text import block_text, dump
from harness.promptcache.causes import Cause
from harness.promptcache.naming.boundaries import join_texts
from harness.promptcache.naming.named import Spot
from harness.promptcache.naming.places import list_some
from harness.promptcache.naming.text_changes import find_offsets, name_form, name_string, sort_keys, squeeze

_LISTED = 3
"""Places in one block that are listed; of more, only their number is said."""
_IN_ONE_BLOCK: tuple[Cause, ...] = ("timestamp", "text_changed", "tool_changed", "history_edit")
"""Causes of which one block can hold several, each with its own fix."""


def name_text(before: Block, after: Block, assumptions: Assumptions) -> Cause | None:
    """Name a change of whitespace, Unicode form, key order, time or cut; ``None`` if there is more to it, or other."""
    if (before.role, before.type) != (after.role, after.type):
        return None
    old, new = (rendered_fields(block, assumptions) for block in (before, after))
    if before.type == "text":
        texts = old.pop("text", ""), new.pop("text", "")
        return name_string(*texts) if old == new and texts[0] != texts[1] else None
    if sort_keys(old) == sort_keys(new):
        return "key_order"
    if before.level != "tools" and join_texts(old) == join_texts(new):
        return "block_boundary"
    if dump(squeeze(old)) == dump(squeeze(new)):
        return "whitespace"
    return name_form(dump(old), dump(new))


def name_pair(before: Block, after: Block, assumptions: Assumptions) -> Cause:
    """Name the change from one block to another, wherever they are: ``other`` if it is not one of a text."""
    cause = name_text(before, after, assumptions)
    if cause is not None:
        return cause
    return "text_changed" if before.role == after.role and _is_text_change(before, after) else "other"


def say_pair(before: Block, after: Block, assumptions: Assumptions) -> tuple[str, ...]:
    """Say what changed besides texts: role, type, or fields."""
    return tuple(_say_pair(before, after, assumptions))


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
    if cause not in _IN_ONE_BLOCK or before.type != after.type:
        return ()
    offsets = find_offsets(block_text(align_fields(before, after, assumptions)), block_text(after))[1:]
    if len(offsets) > _LISTED:
        return (Spot(f"{after.path} in {len(offsets):,} other places", index),)
    return tuple(Spot(f"{after.path} at character {offset:,}", index) for offset in offsets)


def _say_pair(before: Block, after: Block, assumptions: Assumptions) -> Iterator[str]:
    if before.role != after.role:
        yield f"the role of messages[{after.message}] changed from {before.role} to {after.role}"
    if before.type != after.type:
        yield f"the type of {after.path} changed from {before.type} to {after.type}"
    elif not _is_text_change(before, after):
        old, new = (rendered_fields(block, assumptions) for block in (before, after))
        fields = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
        if fields:
            yield f"changed in {after.path}: {list_some(fields)}"


def _is_text_change(before: Block, after: Block) -> bool:
    """Whether two blocks of one type differ in a text that people wrote or read."""
    texts = _texts(before.content), _texts(after.content)
    return before.type == after.type and bool(texts[0] and texts[1]) and texts[0] != texts[1]


def _texts(value: Any, key: str = "") -> list[str]:
    """The texts in the fields of a block: not its data, its type, its ids or its flags."""
    if isinstance(value, str):
        return [value] if key in ("text", "thinking", "content", "title", "context", "input", "query") else []
    if key == "input":
        return [dump(value)]
    if isinstance(value, Mapping):
        is_text = value.get("type") == "text"
        items = ((("text" if is_text and name == "data" else name), item) for name, item in value.items())
        return [text for name, item in items for text in _texts(item, name)]
    return [text for item in value for text in _texts(item, key)] if isinstance(value, list) else []
