"""What the rows of ``refusals.toml`` ask of a request: its parameters, and facts that follow from them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.prompt.blocks import Block, Request
from harness.promptcache.refusals.strict_schemas import (
    find_cycle,
    has_free_parameter,
    has_open_object,
    output_formats,
    strict_schemas,
)

_VERSIONED = re.compile(r"-v\d(?::\d+)*(?:\[1m\])?$")
_CONTINUED = ("text", "thinking", "redacted_thinking")


class Fact(NamedTuple):
    """One value in a request."""

    value: Any
    path: str
    """Where it stands: ``messages[1].content[0]``."""

    @property
    def place(self) -> str:
        """The path as the API writes it: ``messages.1.content.0``."""
        return self.path.replace("[", ".").replace("]", "")


def find_facts(request: Request, blocks: Sequence[Block], at: str) -> Iterator[Fact]:
    """Yield the values of a dotted parameter, or of a fact whose name starts with ``@``; nothing if there is none.

    ``blocks`` are all that the request sends, also those that the API strips.
    """
    return DERIVED[at](request, blocks) if at.startswith("@") else _parameter(request, at)


def _parameter(request: Request, at: str) -> Iterator[Fact]:
    value: Any = request
    for key in at.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is not None:
        yield Fact(value, at)


# --- platforms ---------------------------------------------------------------------------------------------


def is_invoke_model(request: Request) -> bool:
    """Whether a request says that it is for InvokeModel of Bedrock, with an id that has a version or by its own."""
    return next(_invoke_model(request, ()), None) is not None


def _invoke_model(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    """What says that a request is for InvokeModel of Bedrock: the version of its API, or the version in a model id."""
    version, model = str(request.get("anthropic_version")), str(request.get("model"))
    if version.startswith("bedrock"):
        yield Fact(version, "anthropic_version")
    elif _VERSIONED.search(model):
        yield Fact(model, "model")


# --- tools -------------------------------------------------------------------------------------------------


def _forced_tool(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    """The type of a ``tool_choice`` that forces a client tool; the API answers a forced server tool."""
    choice = request.get("tool_choice")
    if not isinstance(choice, Mapping) or choice.get("type") not in ("any", "tool"):
        return
    tools = [tool for tool in request.get("tools") or () if isinstance(tool, Mapping)]
    if choice["type"] == "tool":
        tools = [tool for tool in tools if tool.get("name") == choice.get("name")]
    if not tools or any(_is_custom(tool) for tool in tools):
        yield Fact(choice["type"], "tool_choice")


def _tool_types(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    for index, tool in enumerate(request.get("tools") or ()):
        if isinstance(tool, Mapping) and not _is_custom(tool):
            yield Fact(tool["type"], f"tools[{index}]")


def _is_custom(tool: Mapping[str, Any]) -> bool:
    return tool.get("type") in (None, "custom")


# --- thinking ----------------------------------------------------------------------------------------------


def _between_tools_fields(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    thinking = request.get("thinking")
    if isinstance(thinking, Mapping) and thinking.get("type") == "between_tools":
        yield from (Fact(key, f"thinking.{key}") for key in thinking if key != "type")


# --- messages ----------------------------------------------------------------------------------------------


def _prefill(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    """The type of the first block of a final assistant message that the model is to continue.

    With anything else than text and thinking it is no prefill: the API takes back what a server tool interrupted.
    """
    last = [block for block in blocks if block.message is not None and block.message == blocks[-1].message]
    if last and last[0].role == "assistant" and all(block.type in _CONTINUED for block in last):
        yield Fact(last[0].type, f"messages[{last[0].message}]")


def _assistant_document(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    return (Fact(block.type, block.path) for block in blocks if block.role == "assistant" and block.type == "document")


def _user_citations(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    for block in blocks:
        if block.role == "user" and block.type == "text" and block.content.get("citations"):
            yield Fact("citations", block.path)


# --- strict schemas ----------------------------------------------------------------------------------------


def _format_without_schema(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    for path, format in output_formats(request):
        if format.get("type") == "json_schema" and format.get("schema") is None:
            yield Fact("json_schema", path)


def _open_strict_object(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    return (Fact("object", path) for path, schema in strict_schemas(request) if has_open_object(schema))


def _free_strict_parameter(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    return (Fact(True, path) for path, schema in strict_schemas(request) if has_free_parameter(schema))


def _circular_strict_schema(request: Request, blocks: Sequence[Block]) -> Iterator[Fact]:
    for path, schema in strict_schemas(request):
        if cycle := find_cycle(schema):
            yield Fact(" -> ".join(cycle), path)


DERIVED: dict[str, Callable[[Request, Sequence[Block]], Iterator[Fact]]] = {
    "@invoke_model": _invoke_model,
    "@forced_tool": _forced_tool,
    "@tool_type": _tool_types,
    "@between_tools_field": _between_tools_fields,
    "@prefill": _prefill,
    "@assistant_document": _assistant_document,
    "@user_citations": _user_citations,
    "@format_without_schema": _format_without_schema,
    "@open_strict_object": _open_strict_object,
    "@free_strict_parameter": _free_strict_parameter,
    "@circular_strict_schema": _circular_strict_schema,
}
"""For each fact that is not a parameter, the function that finds it."""
