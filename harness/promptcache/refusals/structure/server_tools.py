"""Tools that Anthropic defines, and toolsets of MCP servers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid

_TYPE = re.compile(
    r"(bash|code_execution|computer|memory|tool_search_tool_bm25|tool_search_tool_regex|web_fetch|web_search)_20\d{6}"
)
"""Types that are the tool's name and a date. The names of text editors changed with their dates."""
_EDITORS = {
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool",
    "text_editor_20250728": "str_replace_based_edit_tool",
}
_FILTERED = ("web_fetch", "web_search")


def check_server_tool(path: str, tool: Mapping[str, Any]) -> Iterator[str]:
    """Yield another name than the one that belongs to the type, and domains that are both allowed and blocked."""
    kind = tool["type"]
    match = _TYPE.fullmatch(kind)
    name = match[1] if match else _EDITORS.get(kind)
    if name is None:
        return
    # Source: github.com search for "web_search_20250305.name" (checked 2026-11-26)
    if tool.get("name") is None:
        yield f"{path}.{kind}.name: Field required"
    elif tool["name"] != name:
        yield f"{path}.{kind}.name: Input should be '{name}'"
    if name in _FILTERED and tool.get("allowed_domains") and tool.get("blocked_domains"):
        # Source: platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool (checked 2026-11-26)
        yield f"{UNCONFIRMED}{path}.{kind}: only one of allowed_domains and blocked_domains can be given"


def check_toolsets(request: Request) -> Iterator[ApiError]:
    """Yield toolsets of a server that is not there, and two of one server.

    A server without a toolset is left to pass: the first version of the connector had none.
    Source: platform.claude.com/docs/en/agents-and-tools/mcp-connector#validation-rules (checked 2026-11-26).
    """
    servers = [server.get("name") for server in request.get("mcp_servers") or () if isinstance(server, dict)]
    used = []
    for index, tool in enumerate(request.get("tools") or ()):
        if tool.get("type") != "mcp_toolset":
            continue
        name, path = tool.get("mcp_server_name"), f"tools[{index}]"
        place = f"{UNCONFIRMED}tools.{index}.mcp_toolset.mcp_server_name"
        if name is None:
            yield invalid(f"{place}: Field required", path=path)
        elif name not in servers:
            yield invalid(f"{place}: {name!r} is not among mcp_servers", path=path, is_quoting=True)
        elif name in used:
            yield invalid(f"{place}: {name!r} already has a toolset", path=path, is_quoting=True)
        used.append(name)
