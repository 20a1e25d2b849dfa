"""Text that is the same, but cut into other blocks, other parts of one block, or other messages."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.promptcache.naming.items import Item


class Recut(NamedTuple):
    """How many blocks hold the same text in the earlier request, and in the later one."""

    old: int
    new: int


def find_recut(old: Sequence[Item], new: Sequence[Item]) -> Recut | None:
    """Find how many of the first blocks hold the same text, cut in other places; ``None`` if it is not the same.

    Only plain text of one role can be cut: the model sees a border between two roles.
    """
    if not (_is_plain(old, 0) and _is_plain(new, 0)) or old[0].block.role != new[0].block.role:
        return None
    counts = [1, 1]
    texts = [_text(old[0]), _text(new[0])]
    while texts[0] != texts[1]:
        shorter = 0 if len(texts[0]) < len(texts[1]) else 1
        side, count = (old, new)[shorter], counts[shorter]
        if not texts[1 - shorter].startswith(texts[shorter]) or not _is_plain(side, count):
            return None
        if side[count].block.role != side[0].block.role:
            return None
        texts[shorter] += _text(side[count])
        counts[shorter] += 1
    return None if counts == [1, 1] else Recut(*counts)


def is_recut_with_other_spaces(old: Sequence[Item], new: Sequence[Item]) -> bool:
    """Whether two runs of blocks are cut in other places, and hold the same text but for whitespace."""
    if len(old) == len(new) or not all(_is_plain(side, index) for side in (old, new) for index in range(len(side))):
        return False
    words = ["".join("".join(map(_text, side)).split()) for side in (old, new)]
    return words[0] == words[1] != "" and len({item.block.role for item in (*old, *new)}) == 1


def join_texts(value: Any) -> Any:
    """Copy a value with neighbouring texts in its lists joined: equal for two that differ only in where texts are cut.

    The texts are parts of a tool result or document.
    """
    if isinstance(value, Mapping):
        return {key: join_texts(item) for key, item in value.items()}
    if not isinstance(value, list | tuple):
        return value
    joined: list[Any] = []
    for item in value:
        text = _part_text(item)
        if text is not None and joined and isinstance(joined[-1], str):
            joined[-1] += text
        else:
            joined.append(join_texts(item) if text is None else text)
    return joined


def _part_text(part: Any) -> str | None:
    """The text of a part that holds nothing else, as it is sent or as a list of its rendered fields."""
    if isinstance(part, list) and len(part) == 1 and isinstance(part[0], tuple):
        part = {"type": "text", **dict(part)}
    if not isinstance(part, Mapping) or part.get("type") != "text":
        return None
    text = part.get("text")
    others = {key for key, value in part.items() if value is not None} - {"type", "text", "cache_control"}
    return text if isinstance(text, str) and not others else None


def _is_plain(side: Sequence[Item], index: int) -> bool:
    """Whether the block at an index is there, and holds a text and nothing else."""
    return index < len(side) and side[index].block.type == "text" and _part_text(side[index].block.content) is not None


def _text(item: Item) -> str:
    return str(item.block.content["text"])
