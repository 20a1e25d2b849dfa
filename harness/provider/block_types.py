"""Types of tools and content blocks with their fields. Every list of them is read from these rows.

A type or field without a row is unknown, and nothing is assumed about it; see `harness.prompt.unclear`.
Source: anthropic SDK 2.12, types/beta/beta_content_block_param.py and beta_tool_union_param.py (checked 2026-11-26).
"""

import re
from typing import NamedTuple

from harness.provider.parameters import Level


class BlockType(NamedTuple):
    """One type of tool or content block."""

    name: str
    """The ``type``; of a dated tool, without its date."""
    rendered: frozenset[str]
    """Fields that are part of the prompt, or stand for something that is."""
    unclear: frozenset[str] = frozenset()
    """Fields of which it is not known whether they are part of the prompt."""


_MARKER_AND_IDS = frozenset({"type", "cache_control", "id", "tool_use_id"})
"""Fields of any type: the marker is never rendered, and for ids there is an assumption."""

_UNCLEAR_OF_MESSAGE = frozenset({"message.clear_at", "message.output_config"})
"""Fields of messages with the role ``system``, as fields of their first block."""

_DATE = re.compile(r"_20\d{6}$")


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


_TOOL = "name input_examples strict defer_loading"
_HOW_CALLED = "allowed_callers eager_input_streaming"
_WEB = f"{_TOOL} allowed_domains blocked_domains max_uses"
_SCREEN = f"{_TOOL} display_height_px display_width_px display_number enable_zoom"

TOOLS = tuple(
    BlockType(name, _fields(rendered), _fields(unclear))
    for name, rendered, unclear in (
        ("custom", f"{_TOOL} description input_schema", _HOW_CALLED),
        ("advisor", f"{_TOOL} model max_tokens max_uses", f"{_HOW_CALLED} caching"),
        ("bash", _TOOL, _HOW_CALLED),
        ("browser_toolset", "configs", ""),
        ("code_execution", _TOOL, _HOW_CALLED),
        ("computer", _SCREEN, _HOW_CALLED),
        ("computer_toolset", "configs", ""),
        ("mcp_toolset", "mcp_server_name configs default_config tools", ""),
        ("memory", _TOOL, _HOW_CALLED),
        ("text_editor", f"{_TOOL} max_characters", _HOW_CALLED),
        ("tool_search_tool_bm25", _TOOL, _HOW_CALLED),
        ("tool_search_tool_regex", _TOOL, _HOW_CALLED),
        (
            "web_fetch",
            f"{_WEB} citations max_content_tokens url_sources",
            f"{_HOW_CALLED} response_inclusion use_cache",
        ),
        ("web_search", f"{_WEB} user_location", f"{_HOW_CALLED} response_inclusion"),
    )
)

CONTENT = tuple(
    BlockType(name, _fields(rendered), _fields(unclear))
    for name, rendered, unclear in (
        ("text", "text citations", ""),
        ("image", "source", "transformations"),
        ("document", "source citations context title", ""),
        ("search_result", "content source title citations", ""),
        ("thinking", "thinking signature", ""),
        ("redacted_thinking", "data", ""),
        ("tool_use", "input name", "caller toolset_name"),
        ("tool_result", "content is_error", "toolset_name"),
        ("server_tool_use", "input name", "caller"),
        ("advisor_tool_result", "content", ""),
        ("bash_code_execution_tool_result", "content", ""),
        ("browser_state", "tabs state_changes", ""),
        ("code_execution_tool_result", "content", ""),
        ("text_editor_code_execution_tool_result", "content", ""),
        ("tool_search_tool_result", "content", ""),
        ("web_fetch_tool_result", "content", "caller"),
        ("web_search_tool_result", "content", "caller"),
        ("compaction", "content encrypted_content signature tool_changes", ""),
        # Recorded calls with other file ids read the same entries, but for files of the same content.
        ("container_upload", "", "file_id"),
        ("fallback", "from to trigger", ""),
        ("mcp_tool_listing", "mcp_server_name tools", ""),
        ("mcp_tool_result", "content is_error", ""),
        ("mcp_tool_use", "input name server_name", ""),
        ("tool_addition", "tool", ""),
        ("tool_reference", "tool_name", ""),
        ("tool_removal", "tool", ""),
    )
)

_BY_LEVEL = {
    "tools": {row.name: row for row in TOOLS},
    "system": {row.name: row for row in CONTENT if row.name == "text"},
    "messages": {row.name: row for row in CONTENT},
}


def find_type(level: Level, name: str) -> BlockType | None:
    """Find the row of a ``type`` on a level; ``None`` if it is not known there."""
    return _BY_LEVEL[level].get(_DATE.sub("", name) if level == "tools" else name)


def is_known(row: BlockType, field: str) -> bool:
    """Whether a type, or the message around it, has a field."""
    return is_certain(row, field) or field in row.unclear or field in _UNCLEAR_OF_MESSAGE


def is_certain(row: BlockType, field: str) -> bool:
    """Whether it is known of a field whether it is part of the prompt."""
    return field in row.rendered or field in _MARKER_AND_IDS
