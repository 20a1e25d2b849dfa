"""Tool definitions and ``tool_choice``."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid
from harness.promptcache.refusals.structure.server_tools import check_server_tool, check_toolsets

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CHOICES = ("auto", "any", "tool", "none")
_AT_TOP_LEVEL = ("oneOf", "allOf", "anyOf")


def check_tools(request: Request) -> Iterator[ApiError]:
    """Yield malformed tool definitions, and names that are used twice."""
    names: set[str] = set()
    for index, tool in enumerate(request.get("tools") or ()):
        yield from (invalid(message, path=f"tools[{index}]") for message in _faults(f"tools.{index}", tool))
        name = tool.get("name")
        if not isinstance(name, str):
            # A toolset.
            continue
        if name in names:
            # Server tools and deferred tools count too.
            # Source: github.com/anthropics/claude-code/issues/10687, github.com/danny-avila/LibreChat/issues/13162
            yield invalid("tools: Tool names must be unique.", path=f"tools[{index}]")
        names.add(name)
    yield from check_toolsets(request)


def check_tool_choice(request: Request) -> Iterator[ApiError]:
    """Yield an unknown ``tool_choice``, and one that asks for what is not there."""
    choice = request.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type")
    if kind is None:
        yield invalid("tool_choice.type: Field required", path="tool_choice")
    elif kind not in _CHOICES:
        # Source: github.com search for "tool_choice: Input tag" (checked 2026-11-25)
        tags = ", ".join(map(repr, _CHOICES))
        yield invalid(
            f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}",
            path="tool_choice",
            is_quoting=True,
        )
    elif kind == "tool" and choice.get("name") is None:
        yield invalid("tool_choice.tool.name: Field required", path="tool_choice")
    elif kind != "none":
        yield from _absent(request, choice)


def _absent(request: Request, choice: Mapping[str, Any]) -> Iterator[ApiError]:
    """Yield a choice without tools, or of a tool that is not among them."""
    tools = request.get("tools") or ()
    if request.get("mcp_servers"):
        # The names of their tools are not known.
        return
    if not tools:
        yield invalid("tool_choice may only be specified while providing tools.", path="tool_choice")
    elif choice["type"] == "tool" and not _may_have(request, choice["name"]):
        message = f"Tool '{choice['name']}' not found in provided tools"
        yield invalid(message, path="tool_choice", is_quoting=True)


def _may_have(request: Request, name: Any) -> bool:
    """Whether a request has a tool, or can have it without naming it: from a toolset, or added by a message."""
    if any(tool.get("name") in (name, None) for tool in request["tools"]):
        return True
    return any(isinstance(message, dict) and message.get("role") == "system" for message in request["messages"])


def _faults(path: str, tool: Any) -> Iterator[str]:
    if not isinstance(tool, dict):
        yield f"{path}: Input should be an object"
        return
    kind = tool.get("type")
    if kind == "function":
        # OpenAI's form. The API goes on with its list of types, which grows with every server tool.
        # Source: github.com/dirac-run/dirac/issues/57 (checked 2026-11-25)
        yield f"{path}: Input tag 'function' found using 'type' does not match any of the expected tags"
    elif kind in (None, "custom"):
        yield from _name_faults(f"{path}.custom.name", tool.get("name"))
        if not isinstance(tool.get("description", ""), str):
            # Also to null. Source: github.com search for "custom.description: Input should be" (checked 2026-11-26)
            yield f"{path}.custom.description: Input should be a valid string"
        yield from _schema_faults(f"{path}.custom.input_schema", tool.get("input_schema"))
    elif not isinstance(kind, str):
        yield f"{UNCONFIRMED}{path}.type: Input should be a valid string"
    else:
        yield from check_server_tool(path, tool)


def _name_faults(path: str, name: Any) -> Iterator[str]:
    if name is None:
        yield f"{path}: Field required"
    elif not isinstance(name, str):
        yield f"{path}: Input should be a valid string"
    elif not _NAME.fullmatch(name):
        # Source: github.com/CircleCI-Public/mcp-server-circleci/issues/110 (checked 2026-11-25)
        yield f"{path}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"


def _schema_faults(path: str, schema: Any) -> Iterator[str]:
    # Source: recorded answers; github.com/mnfst/llm-gateway/issues/1886, github.com/anthropics/claude-code/issues/5973
    # and /49637 (checked 2026-11-25)
    if schema is None:
        yield f"{path}: Field required"
    elif not isinstance(schema, dict):
        yield f"{path}: Input does not match the expected shape."
    elif "type" not in schema:
        yield f"{path}.type: Field required"
    elif schema["type"] != "object":
        yield f"{path}.type: Input should be 'object'"
    elif "required" in schema and not isinstance(schema["required"], list):
        yield f"{path}.required: Input should be a valid list"
    elif not schema.keys().isdisjoint(_AT_TOP_LEVEL):
        yield f"{path}: input_schema does not support oneOf, allOf, or anyOf at the top level"
