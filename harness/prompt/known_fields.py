"""Blocks with the rows of their types, and the types and fields in them that no table knows."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.prompt.blocks import OF_MESSAGE, Block
from harness.provider.block_types import BlockType, find_type, is_known

_PLAIN = frozenset({"type", "text", "cache_control"})


def find_unknown(block: Block) -> str | None:
    """Find the path of the first type or field in a block that no table knows; ``None`` if all are known."""
    if is_plain(block):
        return None
    for path, content, row in walk(block):
        if row is None:
            return f"{path}.type"
        for field in content:
            if not is_known(row, field):
                return field_path(block, path, field)
    return None


def is_plain(block: Block) -> bool:
    """Whether a block is text and nothing else, as nearly all are."""
    return block.content.keys() <= _PLAIN and block.type == "text"


def field_path(block: Block, path: str, field: str) -> str:
    """Return the path of a field at ``path``; fields of a message stand in its first block."""
    if field.startswith(OF_MESSAGE):
        return f"messages[{block.message}].{field.removeprefix(OF_MESSAGE)}"
    return f"{path}.{field}"


def walk(block: Block) -> Iterator[tuple[str, dict[str, Any], BlockType | None]]:
    """Yield a block and the blocks nested in its content, each with its path and the row of its type."""
    yield block.path, _given(block.content), find_type(block.level, block.type)
    parts = block.content.get("content") if block.type in ("tool_result", "mcp_tool_result") else None
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield f"{block.path}.content[{index}]", _given(part), find_type("messages", str(part.get("type")))


def _given(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a block that have a value; the SDK's models dump others as null."""
    return {key: value for key, value in content.items() if value is not None}
