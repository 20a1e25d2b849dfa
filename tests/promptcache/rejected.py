"""Requests that the API refuses for their structure, each with its answer: one table for all that judges requests."""

import base64
import struct
from typing import Any, NamedTuple

Body = dict[str, Any]

LONG = "You compare resumes with jobs, carefully and briefly. " * 450
UNCONFIRMED = "(text not confirmed) "
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 64)


class Rejected(NamedTuple):
    """One refused request."""

    name: str
    request: Body
    answer: str
    """The whole text of the API's error."""


def text(words: Any) -> Body:
    return {"type": "text", "text": words}


def user(*content: Any) -> Body:
    return {"role": "user", "content": list(content)}


def assistant(*content: Any) -> Body:
    return {"role": "assistant", "content": list(content)}


def instruct(*content: Any) -> Body:
    return {"role": "system", "content": list(content)}


def tool(name: str = "order", **changes: Any) -> Body:
    return {"name": name, "description": "Looks it up.", "input_schema": {"type": "object"}, **changes}


def use(id: str = "toolu_1", **changes: Any) -> Body:
    return {"type": "tool_use", "id": id, "name": "order", "input": {}, **changes}


def result(id: str = "toolu_1", *content: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": id, "content": list(content) or "Sent."}


def thought(**changes: Any) -> Body:
    block = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk", **changes}
    return {key: value for key, value in block.items() if value is not None}


def document(**source: Any) -> Body:
    return {"type": "document", "source": source}


def picture(**source: Any) -> Body:
    return {"type": "image", "source": source}


def search(id: str = "srvtoolu_1") -> Body:
    return {"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "parcels"}}


def found(id: str = "srvtoolu_1") -> Body:
    return {"type": "web_search_tool_result", "tool_use_id": id, "content": []}


def image(data: bytes | str = PNG, media_type: Any = "image/png") -> Body:
    encoded = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": encoded}}


def request(*messages: Any, **changes: Any) -> Body:
    """A request that the API accepts, with changes; its system prompt is long enough to be cached."""
    accepted: Body = {
        "model": "claude-haiku-4-5",
        "max_tokens": 1024,
        "system": [{**text(LONG), "cache_control": {"type": "ephemeral"}}],
        "messages": list(messages) or [HELLO],
    }
    return accepted | changes


def without(key: str) -> Body:
    return {name: value for name, value in request().items() if name != key}


MARK: Body = {"type": "ephemeral"}
MARKED: Body = {"cache_control": MARK}
SHEET = document(type="base64", media_type="text/csv", data="aGk=")
HELLO = user(text("Hello"))
WEB: Body = {"type": "web_search_20250305", "name": "web_search"}
NEW = "claude-opus-4-8"
"""A model that accepts system messages."""

ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
MUST_FOLLOW = (
    f"role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool result{ANYWHERE}"
)
MUST_PRECEDE = f"role 'system' must precede an 'assistant' message or end the array{ANYWHERE}"
FIRST = f"use the top-level 'system' parameter for the initial system prompt{ANYWHERE}"
NOT_EMPTY = "all messages must have non-empty content except for the optional final assistant message"
NOT_BLANK = "messages: text content blocks must contain non-whitespace text"
MEDIA_TYPES = "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
NO_TAG = "does not match any of the expected tags"


def no_result(message: int, *ids: str) -> str:
    return (
        f"messages.{message}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(ids)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def no_call(path: str, id: str) -> str:
    return (
        f"{path}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a "
        "corresponding `tool_use` block in the previous message."
    )


def of_tool(title: str, answer: str, /, **changes: Any) -> Rejected:
    """A refused tool definition; a value of ``None`` leaves the key out."""
    definition = {key: value for key, value in tool(**changes).items() if value is not None}
    return Rejected(title, request(tools=[definition]), answer)


def of_value(name: str, value: Any, answer: str) -> Rejected:
    return Rejected(f"{name}: {value!r}", request(**{name: value}), f"{name}: {answer}")


PARAMETERS = (
    Rejected("no model", without("model"), "model: Field required"),
    of_value("model", "", "String should have at least 1 character"),
    of_value("model", 5, "Input should be a valid string"),
    of_value("max_tokens", "100", "Input should be a valid integer"),
    of_value("max_tokens", 1.5, "Input should be a valid integer"),
    of_value("max_tokens", True, "Input should be a valid integer"),
    of_value("max_tokens", -1, "must be greater than or equal to 0"),
    of_value("temperature", "hot", "Input should be a valid number"),
    of_value("temperature", False, "Input should be a valid number"),
    of_value("temperature", -5.0, "range: 0..1"),
    of_value("temperature", 1.01, "range: 0..1"),
    of_value("top_p", 2, "range: 0..1"),
    of_value("top_p", [1], "Input should be a valid number"),
    of_value("top_k", 0.5, "Input should be a valid integer"),
    of_value("stop_sequences", "x", "Input should be a valid array"),
    Rejected("stop sequence 3", request(stop_sequences=["a", 3]), "stop_sequences.1: Input should be a valid string"),
    of_value("stop_sequences", ["\n"], "each stop sequence must contain non-whitespace"),
    of_value("stream", "yes", "Input should be a valid boolean"),
    of_value("stream", 1, "Input should be a valid boolean"),
    of_value("metadata", 3, "Input does not match the expected shape."),
    Rejected("user 7", request(metadata={"user_id": 7}), "metadata.user_id: Input should be a valid string"),
    of_value("system", 5, "Input should be a valid array"),
    of_value("system", {"type": "text", "text": "Hi"}, "Input should be a valid array"),
    of_value("tools", {}, "Input should be a valid array"),
    of_value("tools", "order", "Input should be a valid array"),
    Rejected("no messages at all", without("messages"), "messages: Field required"),
    of_value("messages", None, "Input should be a valid array"),
    of_value("messages", {"role": "user", "content": "Hi"}, "Input should be a valid array"),
    of_value("messages", "Hi", "Input should be a valid array"),
    of_value("thinking", "enabled", "Input should be an object"),
    of_value("cache_control", "ephemeral", "Input should be an object"),
    of_value("cache_control", True, "Input should be an object"),
    of_value("service_tier", "priority", "Input should be 'auto' or 'standard_only'"),
    of_value("speed", "turbo", "Input should be 'standard' or 'fast'"),
    of_value("speed", 1, "Input should be 'standard' or 'fast'"),
    of_value("inference_geo", 1, "Input should be a valid string"),
    *(
        Rejected(
            f"container {value!r}",
            request(container=value),
            "container.ContainerParams: Input does not match the expected shape.",
        )
        for value in (5, [], True)
    ),
    *(
        Rejected(f"{name} {value!r}", request(**{name: value}), f"{UNCONFIRMED}{name}: Input should be {expected}")
        for name, expected, values in (
            ("context_management", "an object", ("x", [], 1)),
            ("mcp_servers", "a valid array", ("x", {}, 1)),
            ("diagnostics", "an object", ("x", [], 1)),
        )
        for value in values
    ),
    *(
        Rejected(
            f"diagnostics after {value!r}",
            request(diagnostics={"previous_message_id": value}),
            "diagnostics.previous_message_id: must be the `id` from a prior /v1/messages response (starts with `msg_`)",
        )
        for value in ("foo", "", "req_1", 5, ["msg_1"])
    ),
    of_value("output_config", 3, "Input does not match the expected shape."),
    of_value("service_tier", 1, "Input should be 'auto' or 'standard_only'"),
    of_value("max_completion_tokens", 100, "Extra inputs are not permitted"),
    of_value("response_format", {"type": "json_object"}, "Extra inputs are not permitted"),
    of_value("n", 2, "Extra inputs are not permitted"),
    of_value("stop", ["x"], "Extra inputs are not permitted"),
    of_value("parallel_tool_calls", False, "Extra inputs are not permitted"),
)

THINKING = (
    *(
        Rejected(f"thinking {value}", request(thinking=value), "thinking.type: Field required")
        for value in ({}, {"type": None}, {"budget_tokens": 1024}, {"display": "omitted"}, {"enabled": True})
    ),
    *(
        Rejected(
            f"thinking of type {kind!r}",
            request(thinking={"type": kind}),
            f"thinking: Input tag '{kind}' found using 'type' {NO_TAG}",
        )
        for kind in ("foo", "auto", "Enabled", "", 5)
    ),
    *(
        Rejected(
            f"thinking without a budget to {model}",
            request(thinking={"type": "enabled"}, model=model),
            "thinking.enabled.budget_tokens: Field required",
        )
        for model in ("claude-haiku-4-5", "claude-opus-4-7", "claude-3-7-sonnet-20250219")
    ),
    *(
        Rejected(
            f"thinking budget {budget!r}",
            request(thinking={"type": "enabled", "budget_tokens": budget}),
            f"{UNCONFIRMED}thinking.enabled.budget_tokens: Input should be a valid integer",
        )
        for budget in ("1024", 1024.5, True, [1024], {})
    ),
    *(
        Rejected(
            f"thinking budget {budget} of {maximum} tokens",
            request(thinking={"type": "enabled", "budget_tokens": budget}, max_tokens=maximum),
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
            "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size",
        )
        for budget, maximum in ((1024, 1024), (2048, 1024), (5000, 4999))
    ),
)

OUTPUT = (
    *(
        Rejected(
            f"effort {effort!r} of {model}",
            request(output_config={"effort": effort}, model=model),
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
        )
        for effort, model in (
            ("extreme", "claude-opus-4-8"),
            (3, "claude-opus-5"),
            ("High", "claude-sonnet-4-6"),
            ("", "claude-haiku-4-5"),
            (["low"], "claude-opus-5-5"),
            (True, "claude-fable-5"),
        )
    ),
    *(
        Rejected(
            f"{name} of type {kind!r}",
            request(**change({"type": kind, "schema": {"type": "object"}})),
            f"{name}.type: Input should be 'json_schema'",
        )
        for name, change in (
            ("output_config.format", lambda format: {"output_config": {"format": format}}),
            ("output_format", lambda format: {"output_format": format}),
        )
        for kind in ("foo", "json_object", "text", "object", 5)
    ),
    Rejected(
        "format in a word",
        request(output_config={"format": "json"}),
        f"{UNCONFIRMED}output_config.format: Input should be an object",
    ),
    Rejected(
        "older format in a word",
        request(output_format="json"),
        f"{UNCONFIRMED}output_format: Input should be an object",
    ),
    Rejected(
        "format without a type",
        request(output_config={"format": {"schema": {"type": "object"}}}),
        f"{UNCONFIRMED}output_config.format.type: Field required",
    ),
)

SYSTEM = (
    Rejected("number in system", request(system=[7]), "system.0: Input does not match the expected shape."),
    Rejected("system block without a type", request(system=[{"text": "Hi"}]), "system.0.type: Field required"),
    Rejected("system block without a text", request(system=[{"type": "text"}]), "system.0.text: Field required"),
    Rejected(
        "system text is a number",
        request(system=[text("Hi"), text(5)]),
        "system.1.text: Input should be a valid string",
    ),
    Rejected("image in system", request(system=[image()]), f"{UNCONFIRMED}system.0.type: Input should be 'text'"),
    Rejected("empty system block", request(system=[text("")]), "system: text content blocks must be non-empty"),
    Rejected("blank system", request(system=" \n"), "system: text content blocks must contain non-whitespace text"),
    Rejected(
        "blank system block",
        request(system=[text(LONG), text(" ")]),
        "system: text content blocks must contain non-whitespace text",
    ),
)

TOOLS = (
    Rejected("tool in words", request(tools=["order"]), "tools.0: Input should be an object"),
    of_tool("tool without a name", "tools.0.custom.name: Field required", name=None),
    of_tool("tool with a number as its name", "tools.0.custom.name: Input should be a valid string", name=5),
    *(
        of_tool(
            f"tool named {name!r}",
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
            name=name,
        )
        for name in ("", "look up", "files.read", "計算", "a" * 129)
    ),
    of_tool("tool without a schema", "tools.0.custom.input_schema: Field required", input_schema=None),
    of_tool(
        "custom tool without a schema", "tools.0.custom.input_schema: Field required", input_schema=None, type="custom"
    ),
    of_tool("empty schema", "tools.0.custom.input_schema.type: Field required", input_schema={}),
    of_tool(
        "schema without a type",
        "tools.0.custom.input_schema.type: Field required",
        input_schema={"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}},
    ),
    of_tool(
        "scalar schema", "tools.0.custom.input_schema.type: Input should be 'object'", input_schema={"type": "string"}
    ),
    of_tool(
        "schema of an array",
        "tools.0.custom.input_schema.type: Input should be 'object'",
        input_schema={"type": "array"},
    ),
    of_tool("schema true", "tools.0.custom.input_schema: Input does not match the expected shape.", input_schema=True),
    of_tool(
        "schema in words", "tools.0.custom.input_schema: Input does not match the expected shape.", input_schema="{}"
    ),
    of_tool(
        "required is null",
        "tools.0.custom.input_schema.required: Input should be a valid list",
        input_schema={"type": "object", "required": None},
    ),
    of_tool(
        "schema with alternatives",
        "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
        input_schema={"type": "object", "anyOf": [{"required": ["a"]}]},
    ),
    Rejected(
        "later tool",
        request(tools=[WEB, tool(), tool("parcel", input_schema={})]),
        "tools.2.custom.input_schema.type: Field required",
    ),
    *(
        Rejected(
            f"description {value!r}",
            request(tools=[tool(description=value)]),
            "tools.0.custom.description: Input should be a valid string",
        )
        for value in (None, 5, ["It."], {}, True)
    ),
    Rejected(
        "type that is a list",
        request(tools=[tool(type=["custom"])]),
        f"{UNCONFIRMED}tools.0.type: Input should be a valid string",
    ),
    *(
        Rejected(f"{kind} without a name", request(tools=[{"type": kind}]), f"tools.0.{kind}.name: Field required")
        for kind in ("web_search_20250305", "web_fetch_20260318", "bash_20250124")
    ),
    *(
        Rejected(
            f"{kind} named {name!r}",
            request(tools=[{"type": kind, "name": name}]),
            f"tools.0.{kind}.name: Input should be '{expected}'",
        )
        for kind, name, expected in (
            ("web_search_20250305", "search", "web_search"),
            ("web_fetch_20250910", "", "web_fetch"),
            ("code_execution_20250825", "python", "code_execution"),
            ("memory_20250818", 5, "memory"),
            ("tool_search_tool_bm25_20251119", "tool_search", "tool_search_tool_bm25"),
            ("text_editor_20250728", "str_replace_editor", "str_replace_based_edit_tool"),
        )
    ),
    *(
        Rejected(
            f"{kind} with both lists of domains",
            request(
                tools=[
                    {
                        "type": f"{kind}_20260209",
                        "name": kind,
                        "allowed_domains": ["a.com"],
                        "blocked_domains": ["b.com"],
                    }
                ]
            ),
            f"{UNCONFIRMED}tools.0.{kind}_20260209: only one of allowed_domains and blocked_domains can be given",
        )
        for kind in ("web_search", "web_fetch")
    ),
    *(
        Rejected(
            f"{len(tools)} tools, all deferred",
            request(tools=tools),
            "At least one tool must have defer_loading=false. All tools cannot be deferred.",
        )
        for tools in (
            [tool(defer_loading=True)],
            [tool(defer_loading=True), tool("parcel", defer_loading=True)],
            [{**WEB, "defer_loading": True}, tool(defer_loading=True), tool("parcel", defer_loading=True)],
        )
    ),
    *(
        Rejected(
            f"toolset {toolset} of the servers {servers}",
            request(
                tools=[tool(), *({"type": "mcp_toolset", "mcp_server_name": name} for name in toolset)],
                mcp_servers=[{"type": "url", "url": "https://example.com", "name": name} for name in servers],
            ),
            f"{UNCONFIRMED}tools.{len(toolset)}.mcp_toolset.mcp_server_name: {fault}",
        )
        for toolset, servers, fault in (
            (["jobs"], [], "'jobs' is not among mcp_servers"),
            (["jobs"], ["mails"], "'jobs' is not among mcp_servers"),
            (["mails", "Jobs"], ["jobs", "mails"], "'Jobs' is not among mcp_servers"),
            (["jobs", "jobs"], ["jobs"], "'jobs' already has a toolset"),
            ([None], ["jobs"], "Field required"),
        )
    ),
    Rejected("two tools of a name", request(tools=[tool(), tool()]), "tools: Tool names must be unique."),
    Rejected(
        "tool named as a server tool", request(tools=[WEB, tool("web_search")]), "tools: Tool names must be unique."
    ),
    Rejected(
        "deferred tool of the same name",
        request(tools=[tool(), tool("parcel"), tool(defer_loading=True)]),
        "tools: Tool names must be unique.",
    ),
    Rejected(
        "OpenAI's tool",
        request(tools=[{"type": "function", "function": {"name": "order", "parameters": {"type": "object"}}}]),
        f"tools.0: Input tag 'function' found using 'type' {NO_TAG}",
    ),
    Rejected(
        "OpenAI's tool among others",
        request(tools=[tool(), {"type": "function", "name": "parcel"}]),
        f"tools.1: Input tag 'function' found using 'type' {NO_TAG}",
    ),
)

CHOICES = (
    of_value("tool_choice", "any", "Input should be an object"),
    Rejected("choice without a type", request(tools=[tool()], tool_choice={}), "tool_choice.type: Field required"),
    *(
        Rejected(
            f"choice of {kind!r}",
            request(tools=[tool()], tool_choice={"type": kind}),
            f"tool_choice: Input tag '{kind}' found using 'type' {NO_TAG}: 'auto', 'any', 'tool', 'none'",
        )
        for kind in ("required", "function", "AUTO", "")
    ),
    Rejected(
        "choice of a tool without its name",
        request(tools=[tool()], tool_choice={"type": "tool"}),
        "tool_choice.tool.name: Field required",
    ),
    *(
        Rejected(
            f"choice {choice} without tools",
            request(tool_choice=choice, **tools),
            "tool_choice may only be specified while providing tools.",
        )
        for choice, tools in (
            ({"type": "any"}, {}),
            ({"type": "auto"}, {"tools": []}),
            ({"type": "tool", "name": "order"}, {}),
        )
    ),
    *(
        Rejected(
            f"choice of the absent {name!r}",
            request(tools=[tool(), WEB], tool_choice={"type": "tool", "name": name}),
            f"Tool '{name}' not found in provided tools",
        )
        for name in ("refund", "Order", "web_fetch")
    ),
)

ROLES = (
    *(
        Rejected(
            f"role {role!r}",
            request(HELLO, {"role": role, "content": "Sent."}),
            f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant".',
        )
        for role in ("tool", "function", "developer", "model", "User", "")
    ),
    Rejected("no role", request({"content": "Hi"}), "messages.0.role: Field required"),
    Rejected("message in words", request(HELLO, "Hi"), "messages.1: Input should be an object"),
    Rejected("no content", request({"role": "user"}), "messages.0.content: Field required"),
    *(
        Rejected(
            f"content {content!r}",
            request(HELLO, {"role": "assistant", "content": content}, HELLO),
            "messages.1.content: Input should be a valid list",
        )
        for content in (None, 5, {"type": "text", "text": "Hi"}, True, 1.5)
    ),
    *(
        Rejected(
            f"message with {key}", request({**HELLO, key: value}), f"messages.0.{key}: Extra inputs are not permitted"
        )
        for key, value in (
            ("tool_calls", []),
            ("tool_call_id", "call_1"),
            ("name", "Ann"),
            ("function_call", {}),
            ("refusal", None),
            ("cache_control", {"type": "ephemeral"}),
        )
    ),
    Rejected("no messages", request(messages=[]), "messages: at least one message is required"),
)

BLOCKS = (
    Rejected("number as a block", request(user(7)), "messages.0.content.0: Input should be an object"),
    Rejected("block without a type", request(user(text("Hi"), {})), "messages.0.content.1.type: Field required"),
    *(
        Rejected(
            f"part of OpenAI's type {kind}",
            request(user(text("Hi"), {"type": kind})),
            f"messages.0.content.1: Input tag '{kind}' found using 'type' {NO_TAG}",
        )
        for kind in ("image_url", "input_text", "input_audio", "file", "output_text")
    ),
    Rejected("text without a text", request(user({"type": "text"})), "messages.0.content.0.text.text: Field required"),
    *(
        Rejected(
            f"text {value!r}",
            request(user(text(value))),
            "messages.0.content.0.text.text: Input should be a valid string",
        )
        for value in (5, {}, True, 1.5)
    ),
    Rejected(
        "text that is a list",
        request(user({"type": "text", "text": ["Hi"]})),
        "messages.0.content.0.text.text: Input should be a valid string",
    ),
    Rejected(
        "call without an id",
        request(HELLO, assistant({"type": "tool_use", "name": "order", "input": {}})),
        "messages.1.content.0.tool_use.id: Field required",
    ),
    Rejected(
        "call with a strange id",
        request(HELLO, assistant(use("call:1")), user(result("call:1"))),
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ),
    Rejected(
        "call with text as input",
        request(HELLO, assistant(use(input="{}")), user(result())),
        "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
    ),
    *(
        Rejected(
            f"call of {name[:20]!r}",
            request(HELLO, assistant(use(name=name)), user(result())),
            f"{UNCONFIRMED if pattern else ''}messages.1.content.0.tool_use.name: String should {fault}",
        )
        for name, pattern, fault in (
            ("", False, "have at least 1 character"),
            ("a" * 201, False, "have at most 200 characters"),
            ("look up", True, "match pattern '^[a-zA-Z0-9_-]{1,200}$'"),
            ("files.read", True, "match pattern '^[a-zA-Z0-9_-]{1,200}$'"),
            ("計算", True, "match pattern '^[a-zA-Z0-9_-]{1,200}$'"),
        )
    ),
    *(
        Rejected(
            f"result {content!r}",
            request(HELLO, assistant(use()), user({**result(), "content": content})),
            f"{UNCONFIRMED}messages.2.content.0.tool_result.content: Input should be a valid list",
        )
        for content in (5, {}, {"type": "text", "text": "Sent."}, True, 1.5)
    ),
    *(
        Rejected(
            f"part {part!r} of a result",
            request(HELLO, assistant(use()), user(result("toolu_1", text("Here"), part))),
            f"messages.2.content.0.tool_result.content.1{fault}",
        )
        for part, fault in (
            (text(5), ".text.text: Input should be a valid string"),
            ({"type": "text"}, ".text.text: Field required"),
            ({}, ".type: Field required"),
            ({"type": "image_url"}, f": Input tag 'image_url' found using 'type' {NO_TAG}"),
            ({"type": "document"}, ".document.source: Field required"),
        )
    ),
    Rejected(
        "word as a part of a result",
        request(HELLO, assistant(use()), user(result("toolu_1", "Sent."))),
        f"{UNCONFIRMED}messages.2.content.0.tool_result.content.0: Input should be an object",
    ),
    *(
        Rejected(
            f"{block} in an answer",
            request(HELLO, assistant(block, text("Hi")), HELLO),
            f"messages.1.content.0.{fault}",
        )
        for block, fault in (
            (thought(signature=None), "thinking.signature: Field required"),
            (thought(signature=5), "thinking.signature: Input should be a valid string"),
            (thought(thinking=None), "thinking.thinking: Field required"),
            (thought(thinking=["Hm."]), "thinking.thinking: Input should be a valid string"),
            ({"type": "redacted_thinking"}, "redacted_thinking.data: Field required"),
            ({"type": "redacted_thinking", "data": 5}, "redacted_thinking.data: Input should be a valid string"),
        )
    ),
    *(
        Rejected(f"{block['type']} in a user message", request(user(text("Hi"), block)), answer)
        for block, answer in (
            (thought(), "messages.0.content: thinking blocks may only be in `assistant` messages"),
            (
                {"type": "redacted_thinking", "data": "c2VjcmV0"},
                f"{UNCONFIRMED}messages.0.content: redacted_thinking blocks may only be in `assistant` messages",
            ),
            (search(), f"{UNCONFIRMED}messages.0: `server_tool_use` blocks can only be in `assistant` messages"),
        )
    ),
    Rejected(
        "result without an id",
        request(HELLO, assistant(use()), user({"type": "tool_result", "content": "Sent."})),
        "messages.2.content.0.tool_result.tool_use_id: Field required",
    ),
    Rejected(
        "call in a user message",
        request(user(use())),
        "messages.0: `tool_use` blocks can only be in `assistant` messages",
    ),
    Rejected(
        "result in an assistant message",
        request(HELLO, assistant(use(), result())),
        "messages.1: `tool_result` blocks can only be in `user` messages",
    ),
)

IMAGES = (
    *(
        Rejected(
            f"image of type {media_type!r}",
            request(user(text("Look"), image(media_type=media_type))),
            f"messages.0.content.1.image.source.base64.media_type: {MEDIA_TYPES}",
        )
        for media_type in ("image/jpg", "image/svg+xml", "image/bmp", "application/pdf", None)
    ),
    *(
        Rejected(
            f"base64 {data!r}",
            request(user(image(data))),
            "messages.0.content.0.image.source.base64: invalid base64 data",
        )
        for data in (
            "data:image/png;base64,iVBORw0KGgo=",
            "iVBORw0K?",
            "iVBOR-0K_Ggo",
            "=iVBORw0KGgo",
            "é",
            "x",
            "iVBORw0KG",
        )
    ),
    *(
        Rejected(
            f"{data!r} as an image",
            request(user(text("Look"), image(data))),
            "messages.0.content.1.image.source.base64.data: The file format is invalid or unsupported",
        )
        for data in (b"%PDF-1.7 ...........", b"Not an image", b"<svg></svg>", b"BM" + b"\0" * 30, b"\0", b"")
    ),
    Rejected(
        "JPEG sent as PNG",
        request(user(image(b"\xff\xd8\xff\xe0" + b"\0" * 20))),
        "messages.0.content.0.image.source.base64.data: Image does not match the provided media type image/png",
    ),
    Rejected(
        "no image in a result",
        request(HELLO, assistant(use()), user(result("toolu_1", text("Here"), image(b"Not an image")))),
        "messages.2.content.0.tool_result.content.1.image.source.base64.data: "
        "The file format is invalid or unsupported",
    ),
    Rejected(
        "image without data",
        request(user({"type": "image", "source": {"type": "base64", "media_type": "image/png"}})),
        "messages.0.content.0.image.source.base64.data: Field required",
    ),
    Rejected(
        "image without a source", request(user({"type": "image"})), "messages.0.content.0.image.source: Field required"
    ),
)

SOURCES = (
    *(
        Rejected(
            f"{block['type']} with the source {block.get('source')!r}",
            request(user(text("Look"), block)),
            f"{UNCONFIRMED if is_ours else ''}messages.0.content.1.{block['type']}.source{fault}",
        )
        for block, is_ours, fault in (
            ({"type": "document"}, False, ": Field required"),
            ({"type": "document", "source": "https://example.com"}, True, ": Input should be an object"),
            ({"type": "image", "source": "https://example.com"}, True, ": Input should be an object"),
            ({"type": "image", "source": ["base64"]}, True, ": Input should be an object"),
            (document(), False, ".type: Field required"),
            (picture(url="https://example.com"), False, ".type: Field required"),
            (document(type="foo"), False, f": Input tag 'foo' found using 'type' {NO_TAG}"),
            (document(type="s3", uri="s3://a"), False, f": Input tag 's3' found using 'type' {NO_TAG}"),
            (picture(type="text", data="Hi"), False, f": Input tag 'text' found using 'type' {NO_TAG}"),
            (picture(type="content", content=[]), False, f": Input tag 'content' found using 'type' {NO_TAG}"),
            (picture(type=5), False, f": Input tag '5' found using 'type' {NO_TAG}"),
            (picture(type="url"), False, ".url.url: Field required"),
            (document(type="url", data="https://example.com"), False, ".url.url: Field required"),
            (picture(type="url", url=3), True, ".url.url: Input should be a valid string"),
            (
                document(type="base64", media_type="image/png", data="aGk="),
                False,
                ".base64.media_type: Input should be 'application/pdf'",
            ),
            (
                document(type="base64", media_type="text/plain", data="aGk="),
                False,
                ".base64.media_type: Input should be 'application/pdf'",
            ),
            (
                document(type="base64", media_type="application/octet-stream", data="aGk="),
                False,
                ".base64.media_type: Input should be 'application/pdf'",
            ),
            (document(type="base64", data="aGk="), True, ".base64.media_type: Field required"),
            (
                document(type="text", media_type="text/markdown", data="Hi"),
                True,
                ".text.media_type: Input should be 'text/plain'",
            ),
        )
    ),
    Rejected(
        "spreadsheet in a result",
        request(HELLO, assistant(use()), user(result("toolu_1", SHEET))),
        "messages.2.content.0.tool_result.content.0.document.source.base64.media_type: "
        "Input should be 'application/pdf'",
    ),
)

MARKS = (
    *(
        Rejected(f"marker {marker!r} on {level}", request(**{level: change(marker)}), f"{place}.cache_control{fault}")
        for level, change, place in (
            ("system", lambda marker: [text("Hi"), {**text(LONG), "cache_control": marker}], "system.1"),
            ("tools", lambda marker: [tool(cache_control=marker)], "tools.0.custom"),
            ("tools", lambda marker: [{**WEB, "cache_control": marker}], "tools.0.web_search_20250305"),
            ("messages", lambda marker: [user({**text("Hi"), "cache_control": marker})], "messages.0.content.0.text"),
        )
        for marker, fault in (
            ({}, ".type: Field required"),
            ({"ttl": "5m"}, ".type: Field required"),
            ({"type": "persistent"}, f": Input tag 'persistent' found using 'type' {NO_TAG}: 'ephemeral'"),
            ({"type": "ephemeral", "ttl": "10m"}, ".ephemeral.ttl: Input should be '5m' or '1h'"),
            ({"type": "ephemeral", "ttl": 300}, ".ephemeral.ttl: Input should be '5m' or '1h'"),
            (False, ": Input should be an object"),
            ("ephemeral", ": Input should be an object"),
        )
    ),
    *(
        Rejected(f"automatic marker {marker!r}", request(cache_control=marker), f"cache_control{fault}")
        for marker, fault in (
            ({}, ".type: Field required"),
            ({"type": "session"}, f": Input tag 'session' found using 'type' {NO_TAG}: 'ephemeral'"),
            ({"type": "ephemeral", "ttl": "1d"}, ".ephemeral.ttl: Input should be '5m' or '1h'"),
        )
    ),
    *(
        Rejected(
            f"marker {marker!r} on the first part of a {block['type']}",
            request(HELLO, assistant(use()), user(result(), block))
            if block["type"] == "document"
            else request(HELLO, assistant(use()), user(block)),
            f"{UNCONFIRMED}{place}.cache_control: only the last nested block can carry it",
        )
        for marker in (MARK, {})
        for block, place in (
            (result("toolu_1", {**text("A"), "cache_control": marker}, text("B")), "messages.2.content.0.content.0"),
            (
                document(type="content", content=[{**text("A"), "cache_control": marker}, text("B")]),
                "messages.2.content.1.source.content.0",
            ),
        )
    ),
    Rejected(
        "wrong marker on the last part of a document",
        request(user(document(type="content", content=[text("A"), {**text("B"), "cache_control": {"ttl": "1h"}}]))),
        "messages.0.content.0.source.content.1.cache_control.type: Field required",
    ),
    Rejected(
        "wrong marker on the last part of a result",
        request(HELLO, assistant(use()), user(result("toolu_1", {**text("B"), "cache_control": {}}))),
        "messages.2.content.0.content.0.cache_control.type: Field required",
    ),
)

TURNS = (
    Rejected("empty message", request(user()), f"messages.0: {NOT_EMPTY}"),
    Rejected("empty string", request({"role": "user", "content": ""}), f"messages.0: {NOT_EMPTY}"),
    Rejected("empty last message", request(HELLO, assistant(text("Hi")), user()), f"messages.2: {NOT_EMPTY}"),
    Rejected("empty answer in between", request(HELLO, assistant(), HELLO), f"messages.1: {NOT_EMPTY}"),
    Rejected("two empty messages", request(HELLO, assistant(text("Hi")), user(), user()), f"messages.2: {NOT_EMPTY}"),
    Rejected("empty text", request(user(text(""))), "messages: text content blocks must be non-empty"),
    Rejected(
        "empty text beside another",
        request(user(text("Hi"), text(""))),
        "messages: text content blocks must be non-empty",
    ),
    Rejected(
        "empty text in the last answer",
        request(HELLO, assistant(text(""))),
        "messages: text content blocks must be non-empty",
    ),
    Rejected("blank text", request(user(text(" "))), NOT_BLANK),
    Rejected("blank string", request({"role": "user", "content": "\n\t"}), NOT_BLANK),
    Rejected("blank texts", request(user(text(" "), text("\n"))), NOT_BLANK),
    Rejected("blank answer", request(HELLO, assistant(text("\n\n")), HELLO), NOT_BLANK),
    Rejected("blank answer after a search", request(HELLO, assistant(search(), found(), text(" ")), HELLO), NOT_BLANK),
    *(
        Rejected(
            f"answer that begins {start!r}",
            request(HELLO, {"role": "assistant", "content": start}),
            "messages: final assistant content cannot end with trailing whitespace",
        )
        for start in ("{ ", "So\n", "So\t", " ", "So\u00a0")
    ),
)

SYSTEM_MESSAGES = (
    Rejected(
        "system message first on an older model",
        request(instruct(text("Be brief.")), HELLO),
        "role 'system' is not supported on this model",
    ),
    Rejected(
        "system message first on a newer model",
        request(instruct(text("Be brief.")), HELLO, model=NEW),
        f"messages.0: {FIRST}",
    ),
    *(
        Rejected(
            f"system message to {model}",
            request(HELLO, instruct(text("Be brief.")), model=model),
            "role 'system' is not supported on this model",
        )
        for model in (
            "claude-sonnet-4-6",
            "claude-opus-4-7",
            "claude-haiku-4-5",
            "claude-sonnet-4-5",
            "claude-3-5-haiku-latest",
        )
    ),
    Rejected(
        "system message after an answer",
        request(HELLO, assistant(text("Hi")), instruct(text("Be brief.")), HELLO, model=NEW),
        f"messages.2: {MUST_FOLLOW}",
    ),
    Rejected(
        "system messages after an answer",
        request(
            HELLO, assistant(text("Hi")), instruct(text("A")), instruct(text("B")), assistant(text("Hi")), model=NEW
        ),
        f"messages.2: {MUST_FOLLOW}",
    ),
    Rejected(
        "system message between call and result",
        request(HELLO, assistant(use()), instruct(text("Be brief.")), user(result()), model=NEW),
        f"messages.2: {MUST_FOLLOW}",
    ),
    Rejected(
        "system message in front of a user message",
        request(HELLO, instruct(text("Be brief.")), HELLO, model=NEW),
        f"messages.1: {MUST_PRECEDE}",
    ),
    Rejected(
        "system messages in front of a user message",
        request(HELLO, instruct(text("A")), instruct(text("B")), HELLO, model=NEW),
        f"messages.2: {MUST_PRECEDE}",
    ),
    Rejected(
        "empty system message",
        request(HELLO, instruct(), model=NEW),
        "messages.1: system content must contain at least one block",
    ),
    Rejected(
        "image in a system message",
        request(HELLO, instruct(image()), model=NEW),
        "messages.1: role 'system' supports text, tool_addition, and tool_removal blocks only",
    ),
    Rejected(
        "blank system message",
        request(HELLO, instruct(text("A"), text(" ")), model=NEW),
        "messages.1: system text blocks must contain non-whitespace text",
    ),
)

CALLS = (
    Rejected("call without a result", request(HELLO, assistant(use()), HELLO), no_result(1, "toolu_1")),
    Rejected(
        "one of two calls without a result",
        request(HELLO, assistant(use("toolu_1"), use("toolu_2")), user(result("toolu_2"))),
        no_result(1, "toolu_1"),
    ),
    Rejected(
        "two calls without a result",
        request(HELLO, assistant(text("So"), use("toolu_1"), use("toolu_2")), HELLO),
        no_result(1, "toolu_1", "toolu_2"),
    ),
    Rejected("last call without a result", request(HELLO, assistant(use())), no_result(1, "toolu_1")),
    Rejected(
        "result that comes too late",
        request(HELLO, assistant(use()), HELLO, assistant(text("Hi")), user(result())),
        no_result(1, "toolu_1"),
    ),
    *(
        Rejected(
            f"result behind {block['type']}",
            request(HELLO, assistant(use()), user(block, result())),
            no_result(1, "toolu_1"),
        )
        for block in (text("Here:"), image(), document(type="text", media_type="text/plain", data="Hi"))
    ),
    Rejected(
        "second result behind a text",
        request(HELLO, assistant(use("a"), use("b")), user(result("a"), text("And:"), result("b"))),
        no_result(1, "b"),
    ),
    Rejected(
        "result behind a message of its turn",
        request(HELLO, assistant(use()), HELLO, user(result())),
        no_result(1, "toolu_1"),
    ),
    Rejected("search that was cut off", request(HELLO, assistant(search()), HELLO), no_result(1, "srvtoolu_1")),
    Rejected("result alone", request(user(result())), no_call("messages.0.content.0", "toolu_1")),
    Rejected(
        "result of an earlier call",
        request(HELLO, assistant(use()), user(result()), assistant(text("Hi")), user(text("And?"), result("toolu_0"))),
        no_call("messages.4.content.1", "toolu_0"),
    ),
    Rejected(
        "result of another call",
        request(HELLO, assistant(use()), user(result(), result("toolu_9"))),
        no_call("messages.2.content.1", "toolu_9"),
    ),
    Rejected(
        "two calls with one id",
        request(HELLO, assistant(use(), use()), user(result())),
        "messages.1.content.1: `tool_use` ids must be unique",
    ),
    Rejected(
        "id used again in a later turn",
        request(HELLO, assistant(use()), user(result()), assistant(use()), user(result())),
        "messages.3.content.0: `tool_use` ids must be unique",
    ),
    Rejected(
        "two results of one call",
        request(HELLO, assistant(use()), user(result(), result())),
        "messages.2.content.1: each tool_use must have a single result. "
        "Found multiple `tool_result` blocks with id: toolu_1",
    ),
    Rejected(
        "result of a search that is not there",
        request(HELLO, assistant(found(), text("Hi")), HELLO),
        "messages.1.content.0: unexpected `tool_use_id` found in `web_search_tool_result` blocks: srvtoolu_1. Each "
        "`web_search_tool_result` block must have a corresponding `server_tool_use` block before it.",
    ),
)

REJECTED = (
    *PARAMETERS,
    *THINKING,
    *OUTPUT,
    *SOURCES,
    *MARKS,
    *SYSTEM,
    *TOOLS,
    *CHOICES,
    *ROLES,
    *BLOCKS,
    *IMAGES,
    *TURNS,
    *SYSTEM_MESSAGES,
    *CALLS,
)

ACCEPTED: tuple[tuple[str, Body], ...] = (
    ("nothing special", request()),
    ("strings", request({"role": "user", "content": "Hi"}, system="Be brief.")),
    ("empty string as system", request(system="")),
    ("no system", request(system=[])),
    ("null for what is left out", request(tools=None, tool_choice=None, temperature=None, metadata=None)),
    ("all parameters", request(temperature=1, top_k=-1, stop_sequences=[], stream=False, metadata={})),
    ("null for more that is left out", request(container=None, mcp_servers=None, diagnostics=None, speed=None)),
    ("a container by its id", request(container="container_1")),
    ("a container with skills", request(container={"id": "container_1", "skills": []})),
    ("a first message to diagnose", request(diagnostics={"previous_message_id": None})),
    ("a later message to diagnose", request(diagnostics={"previous_message_id": "msg_1"})),
    ("all that output takes", request(output_config={"effort": "xhigh"}, speed="standard", model="claude-opus-5")),
    ("null for effort and format", request(output_config={"effort": None, "format": None})),
    ("thinking in an answer", request(HELLO, assistant(thought(), text("Hi")), HELLO)),
    ("thinking without words", request(HELLO, assistant(thought(thinking=""), text("Hi")), HELLO)),
    ("a document by address", request(user(document(type="url", url="https://example.com/a.pdf")))),
    ("a document of blocks", request(user(document(type="content", content=[text("A"), {**text("B"), **MARKED}])))),
    ("a document in words", request(user(document(type="content", content="So.")))),
    ("a file", request(user(document(type="file", file_id="file_1"), picture(type="file", file_id="file_1")))),
    ("null for a marker", request(system=[{**text(LONG), "cache_control": None}])),
    ("null for a result", request(HELLO, assistant(use()), user({**result(), "content": None}))),
    (
        "a marker on the last part of a result",
        request(HELLO, assistant(use()), user(result("toolu_1", text("A"), {**text("B"), **MARKED}))),
    ),
    (
        "one deferred toolset",
        request(
            tools=[{"type": "mcp_toolset", "mcp_server_name": "jobs", "default_config": {"defer_loading": True}}],
            mcp_servers=[{"type": "url", "url": "https://example.com", "name": "jobs"}],
        ),
    ),
    (
        "servers of the first connector",
        request(
            mcp_servers=[{"type": "url", "url": "https://example.com", "name": "jobs"}],
        ),
    ),
    ("an editor of a later day", request(tools=[{"type": "text_editor_20270101", "name": "editor"}])),
    ("one list of domains", request(tools=[{**WEB, "allowed_domains": ["a.com"], "blocked_domains": []}])),
    ("an answer first", request(assistant(text("Hi")), HELLO)),
    ("messages of one role in a row", request(HELLO, HELLO, assistant(text("Hi")), assistant(text("Ho")), HELLO)),
    ("an empty message of a turn with others", request(HELLO, user(), assistant(text("Hi")), user(), HELLO)),
    ("an empty last answer", request(HELLO, assistant())),
    ("an empty string as the last answer", request(HELLO, {"role": "assistant", "content": ""})),
    ("a blank text beside another", request(user(text(" "), text("Hi")))),
    ("a blank text beside an image", request(user(text(" "), image()))),
    ("a blank text before a call", request(HELLO, assistant(text("\n\n"), use()), user(result()))),
    ("an answer that goes on", request(HELLO, assistant(text("The answer is")))),
    ("whitespace at the end of an earlier answer", request(HELLO, assistant(text("Hi\n")), HELLO)),
    (
        "tools of all kinds",
        request(tools=[tool(), tool("a" * 128, type="custom"), WEB, tool("b-C_9", defer_loading=True)]),
    ),
    ("a tool of a later day", request(tools=[{"type": "teleport_20270101", "name": "teleport"}])),
    ("a choice of a server tool", request(tools=[tool(), WEB], tool_choice={"type": "tool", "name": "web_search"})),
    ("a choice of none without tools", request(tool_choice={"type": "none"})),
    (
        "a choice of a tool of a server",
        request(
            mcp_servers=[{"type": "url", "url": "https://example.com", "name": "jobs"}],
            tools=[{"type": "mcp_toolset", "mcp_server_name": "jobs"}],
            tool_choice={"type": "tool", "name": "find_job"},
        ),
    ),
    ("calls and results", request(HELLO, assistant(use("a"), use("b")), user(result("b"), result("a"), text("And?")))),
    ("results in two messages", request(HELLO, assistant(use("a"), use("b")), user(result("a")), user(result("b")))),
    ("a call in the second of two messages", request(HELLO, assistant(text("So")), assistant(use()), user(result()))),
    ("a search", request(HELLO, assistant(search(), found(), text("Hi")), HELLO)),
    ("a search that goes on", request(HELLO, assistant(search()))),
    (
        "code that waits for a call",
        request(
            HELLO,
            assistant(
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": "order()"}},
                use(caller={"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}),
            ),
            user(result()),
        ),
    ),
    (
        "an image by address",
        request(user({"type": "image", "source": {"type": "url", "url": "https://example.com/a"}})),
    ),
    ("an image with line ends in its data", request(user(image("iVBORw0KGgoAAAANSUhEUgAA\r\nAAEAAAABCAYAAAA=")))),
    ("a GIF", request(user(image(b"GIF89a" + b"\0" * 20, "image/gif")))),
    ("a WebP", request(user(image(b"RIFF\n\0\0\0WEBPVP8 ", "image/webp")))),
    ("a system message at the end", request(HELLO, instruct(text("Be brief.")), model=NEW)),
    (
        "system messages in between",
        request(HELLO, instruct(text("A")), instruct(text("B")), assistant(text("Hi")), HELLO, model=NEW),
    ),
    (
        "a system message after a search",
        request(HELLO, assistant(search(), found()), instruct(text("A")), assistant(text("Hi")), HELLO, model=NEW),
    ),
    (
        "a system message without content, for its effort",
        request(HELLO, assistant(text("Hi")), {**instruct(), "output_config": {"effort": "low"}}, HELLO, model=NEW),
    ),
)
"""Requests that look wrong and are not."""
