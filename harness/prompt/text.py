"""Texts of blocks as people see them: the text that an offset counts in, first differences, excerpts."""

from typing import Any

from harness.numbers import write_json
from harness.prompt.blocks import Block
from harness.prompt.json_bytes import encode_json

_CONTEXT = 24


def block_text(block: Block) -> str:
    """Return the text that an offset into a block counts in: its text, or its JSON without the marker."""
    text = block.content.get("text")
    if block.type == "text" and isinstance(text, str):
        return text
    return dump({key: value for key, value in block.content.items() if key != "cache_control"})


def first_difference(before: str, after: str) -> int:
    """Find the index of the first character that differs; the length of the shorter text if it is a prefix."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        if before[:middle] == after[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def cut(text: str, start: int, offset: int) -> str:
    """Cut a text from ``start`` to a little after ``offset``, with marks where it is cut."""
    end = offset + _CONTEXT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def cut_around(text: str, offset: int) -> str:
    """Cut a text around an offset, with marks where it is cut."""
    return cut(text, max(0, offset - _CONTEXT), offset)


def dump(value: Any) -> str:
    """Write JSON on one line, without escaping any character that it need not escape, and with numbers as sent."""
    try:
        return encode_json(value).decode()
    except TypeError:
        # Half of a surrogate pair, deep nesting, or keys that are not text: such blocks are only shown.
        return write_json(value)
