"""Texts of blocks as people see them, in which an offset counts characters."""

from typing import Any

from harness.numbers import write_json
from harness.prompt.blocks import Block
from harness.prompt.json_bytes import encode_json


def block_text(block: Block) -> str:
    """Return the text that an offset into a block counts in: its text, or its JSON without the marker."""
    text = block.content.get("text")
    if block.type == "text" and isinstance(text, str):
        return text
    return dump({key: value for key, value in block.content.items() if key != "cache_control"})


def dump(value: Any) -> str:
    """Write JSON on one line, without escaping any character that it need not escape, and with numbers as sent."""
    try:
        return encode_json(value).decode()
    except TypeError:
        # Half of a surrogate pair, deep nesting, or keys that are not text: such blocks are only shown.
        return write_json(value)
