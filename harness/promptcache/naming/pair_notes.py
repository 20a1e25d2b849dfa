"""What changed between two blocks at the same place, in words for notes."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Block
from harness.prompt.fingerprint import rendered_fields
from harness.prompt.text import block_text, dump
from harness.prompt.times import may_be_time
from harness.promptcache.causes import Cause
from harness.promptcache.naming.characters import say_characters
from harness.promptcache.naming.words import list_some

MAY_BE_TIME = "what changed may be a date or time"
_EDITS: tuple[Cause, ...] = ("text_changed", "tool_changed", "history_edit", "other")


def say_pair(cause: Cause, before: Block, after: Block, assumptions: Assumptions) -> tuple[str, ...]:
    """Say what a cause leaves open: role, type, fields, numbers, what may be a time, and characters nobody sees."""
    return tuple(_say_pair(cause, before, after, assumptions))


def is_text_change(before: Block, after: Block) -> bool:
    """Whether two blocks of one type differ in a text that people wrote or read."""
    texts = _texts(before.content), _texts(after.content)
    return before.type == after.type and bool(texts[0] and texts[1]) and texts[0] != texts[1]


def _say_pair(cause: Cause, before: Block, after: Block, assumptions: Assumptions) -> Iterator[str]:
    old, new = (rendered_fields(block, assumptions) for block in (before, after))
    if cause in ("unicode", "whitespace"):
        yield from say_characters(*_texts_of_sides(before, after, old, new))
    if cause not in _EDITS:
        return
    if cause in ("history_edit", "other"):
        yield from _say_kind(before, after, assumptions)
    if before.type == after.type:
        if may_be_time(*_texts_of_sides(before, after, old, new)):
            yield MAY_BE_TIME
        yield from _say_number(old, new)


def _say_kind(before: Block, after: Block, assumptions: Assumptions) -> Iterator[str]:
    """Say which role, type or fields changed; only of what is in the same place of both requests."""
    if before.message == after.message and before.role != after.role:
        yield f"the role of messages[{after.message}] changed from {before.role} to {after.role}"
    if before.path != after.path:
        return
    if before.type != after.type:
        yield f"the type of {after.path} changed from {before.type} to {after.type}"
    elif not is_text_change(before, after):
        old, new = (rendered_fields(block, assumptions) for block in (before, after))
        fields = [key for key in sorted(old.keys() | new.keys()) if dump(old.get(key)) != dump(new.get(key))]
        if fields:
            yield f"changed in {after.path}: {list_some(fields)}"


def _say_number(old: Any, new: Any) -> Iterator[str]:
    """Say that a number is only written otherwise, if that is the first difference of two values."""
    one, other = _first_leaves(old, new)
    if _is_number(one) and _is_number(other) and Decimal(dump(one)) == Decimal(dump(other)):
        yield f"a number is written otherwise: {dump(one)} → {dump(other)}"


def _first_leaves(old: Any, new: Any) -> tuple[Any, Any]:
    """Find the first two values inside of two others that are written differently."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
        pairs = [(old[key], new[key]) for key in old]
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        pairs = list(zip(old, new, strict=True))
    differing = ((one, other) for one, other in pairs if dump(one) != dump(other))
    found = next(differing, None)
    return _first_leaves(*found) if found else (old, new)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts_of_sides(before: Block, after: Block, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str]:
    """Both blocks as texts: those of people, or all that is rendered."""
    if before.type == after.type == "text":
        return block_text(before), block_text(after)
    return dump(old), dump(new)


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
