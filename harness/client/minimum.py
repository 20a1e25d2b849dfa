"""Certainty that a prefix is too short to be cached, without counting its tokens.

A token of text is at least one byte of it, so the bytes of a prefix, and what the API adds to them, are an upper bound.
Where something else than text has tokens, nothing is certain.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import UnknownModelError
from harness.prompt.blocks import Block
from harness.provider.models import find_model

_FRAME = 64
"""More than the tokens that any model adds around a prompt of text, with those of thinking."""
_TOOLS = 1_200
"""More than the hidden prompt that comes with tools."""
_PER_BLOCK = 40
"""More than the tokens that a message, tool, call or result adds to its text."""
_PER_VALUE = 100
"""More than what a parameter of a call adds to its text."""

_LONG = 4_096
"""Characters of a text that certainly may reach any minimum, which is at most as many tokens."""

_PLAIN = frozenset(
    {
        "cache_control", "diagnostics", "extra_headers", "extra_query", "max_tokens", "messages", "metadata", "model",
        "service_tier", "stop_sequences", "stream", "system", "temperature", "thinking", "timeout", "tool_choice",
        "tools", "top_k", "top_p",
    }
)  # fmt: skip
"""Parameters that add no text of their own to a prompt, or no more than `_FRAME`."""


def is_below_minimum(request: Mapping[str, Any], blocks: Sequence[Block], index: int) -> bool:
    """Whether the prefix that ends at a block is certainly shorter than the minimum of the request's model."""
    try:
        model = find_model(str(request.get("model")))
    except UnknownModelError:
        return False
    minimum = min(model.min_cacheable_tokens, model.bedrock_minimum)
    most = _FRAME + (_TOOLS if request.get("tools") else 0)
    for number in range(index, -1, -1):
        tokens = _most_tokens(blocks[number])
        if tokens is None or (most := most + _PER_BLOCK + tokens) >= minimum:
            return False
    return request.keys() <= _PLAIN


def _most_tokens(block: Block) -> int | None:
    """An upper bound of the tokens of a block; ``None`` where its text does not set one."""
    content = block.content
    if block.level == "tools":
        return len(json.dumps(content, default=str)) if block.type == "custom" else None
    if block.type == "text" and not content.get("citations"):
        return _bytes(content.get("text"))
    if block.type == "tool_use" and isinstance(content.get("input"), dict):
        text = json.dumps(content["input"], default=str)
        return _bytes(content.get("name")) + len(text) + _PER_VALUE * len(content["input"])
    if block.type == "tool_result":
        parts = content.get("content") or ()
        if isinstance(parts, str):
            return _bytes(parts)
        texts = [part.get("text") if isinstance(part, Mapping) else None for part in parts]
        return sum(_bytes(text) + _PER_BLOCK for text in texts) if None not in texts else None
    return None


def _bytes(text: Any) -> int:
    if not isinstance(text, str):
        return 0
    # A long text has more bytes than any minimum, however many they are.
    return len(text) if len(text) > _LONG else len(text.encode(errors="replace"))
