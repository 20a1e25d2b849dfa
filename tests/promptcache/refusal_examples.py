"""One example for each row of refusals.toml, and the parts of requests that they are made of."""

from typing import Any, NamedTuple

from harness.promptcache.refusals.api_error import UNCONFIRMED

Body = dict[str, Any]

USER = {"role": "user", "content": "Hi"}
PREFILL = {"role": "assistant", "content": "{"}
TOOL = {"name": "look_up", "input_schema": {"type": "object"}}
SERVER_TOOL = {"type": "web_search_20250305", "name": "web_search"}
CLOSED = {"type": "object", "properties": {}, "additionalProperties": False}
BUDGET = {"type": "enabled", "budget_tokens": 1024}
BEDROCK = {"anthropic_version": "bedrock-2023-05-31"}
MARK = {"cache_control": {"type": "ephemeral"}}
NEW_VERSION = {"anthropic_version": "2026-10-21"}


def body(model: str = "claude-opus-5", **more: Any) -> Body:
    return {"model": model, "max_tokens": 2048, "messages": [USER], **more}


def letters(number: int) -> Body:
    return {"messages": [{"role": "user", "content": "x" * number}]}


def strict(schema: Any, *, times: int = 1) -> Body:
    return {
        "tools": [{**TOOL, "name": f"t{number}", "strict": True, "input_schema": schema} for number in range(times)]
    }


def closed(properties: Body, *, required: bool = True, **more: Any) -> Body:
    return {**CLOSED, "properties": properties, "required": [*properties] if required else [], **more}


def formatted(schema: Any) -> Body:
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def many(number: int, schema: Any) -> Body:
    return {f"p{index}": schema for index in range(number)}


def citing(role: str) -> Body:
    cited = {"type": "text", "text": "So.", "citations": [{"type": "char_location", "cited_text": "so"}]}
    return {"messages": [{"role": role, "content": [cited]}, USER] if role == "assistant" else [user(cited)]}


def user(*content: Body) -> Body:
    return {"role": "user", "content": list(content)}


DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "So."}}
NODE = {
    "$defs": {"Node": closed({"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}})},
    **closed({"next": {"$ref": "#/$defs/Node"}}),
}
FORCED = {"tools": [TOOL], "tool_choice": {"type": "any"}}
SEVERAL = {
    "messages": [USER, {"role": "assistant", "content": "Hello"}, {"role": "system", "content": "Be brief."}, USER]
}


class Example(NamedTuple):
    """One row at work."""

    refused: Body
    """Parameters that every model of the row refuses."""
    accepted: Body
    """Parameters like them that every model of the row accepts."""
    message: str
    """The error of the first, of the model that is named, or of any."""
    path: str
    model: str = "claude-opus-5"


DEPRECATED = {name: f"`{name}` is deprecated for this model." for name in ("temperature", "top_p", "top_k")}
WITHOUT_DISABLED = (
    '"thinking.type.disabled" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to '
    "control thinking behavior."
)
MAX_TOKENS = "which is the maximum allowed number of output tokens for"

TOO_COMPLEX = "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas."
EXAMPLES: dict[str, Example] = {
    "forced tool": Example(
        FORCED,
        {"tools": [TOOL], "tool_choice": {"type": "auto"}},
        'tool_choice: type "tool" and "any" are not supported for this model.',
        "tool_choice",
        "claude-opus-5-5",
    ),
    "forced tool with budget thinking": Example(
        {**FORCED, "thinking": BUDGET},
        FORCED,
        "Thinking may not be enabled when tool_choice forces tool use.",
        "tool_choice",
        "claude-sonnet-4-5",
    ),
    "budget thinking on adaptive models": Example(
        {"thinking": BUDGET},
        {"thinking": {"type": "adaptive"}},
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to '
        "control thinking behavior.",
        "thinking",
        "claude-opus-4-7",
    ),
    "budget thinking before 3.7": Example(
        {"thinking": BUDGET},
        {},
        "'claude-3-5-sonnet-20241022' does not support thinking.",
        "thinking",
        "claude-3-5-sonnet-20241022",
    ),
    "adaptive thinking before 4.6": Example(
        {"thinking": {"type": "adaptive"}},
        {"thinking": BUDGET},
        "adaptive thinking is not supported on this model",
        "thinking",
        "claude-haiku-4-5",
    ),
    "thinking disabled where it is always on": Example(
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "adaptive"}},
        WITHOUT_DISABLED,
        "thinking",
        "claude-fable-5",
    ),
    "thinking disabled on 5.2": Example(
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "adaptive"}},
        f'{UNCONFIRMED}"thinking.type.disabled" is not supported for this model.',
        "thinking",
        "claude-fable-5-2",
    ),
    "thinking disabled on mythos-preview": Example(
        {"thinking": {"type": "disabled"}},
        {"thinking": BUDGET},
        '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not '
        "specified; use "
        '"thinking.type.enabled" with "budget_tokens" for extended thinking.',
        "thinking",
        "claude-mythos-preview",
    ),
    "thinking disabled on sonnet-5-5": Example(
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "between_tools"}},
        'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of {"type": '
        '"disabled"}. The '
        "model does not think before responding. The short updates it writes between tool calls come back as thinking "
        "blocks.",
        "thinking",
        "claude-sonnet-5-5",
    ),
    "thinking between tools elsewhere": Example(
        {"thinking": {"type": "between_tools"}},
        {},
        '"thinking.type.between_tools" is not supported for this model.',
        "thinking",
        "claude-haiku-5-5",
    ),
    "fields of thinking between tools": Example(
        {"thinking": {"type": "between_tools", "display": "omitted"}},
        {"thinking": {"type": "adaptive", "display": "omitted"}},
        f"{UNCONFIRMED}thinking.between_tools.display: Extra inputs are not permitted",
        "thinking.display",
        "claude-sonnet-5-5",
    ),
    "effort": Example(
        {"output_config": {"effort": "low"}},
        {"output_config": {"effort": None}},
        "This model does not support the effort parameter.",
        "output_config.effort",
        "claude-haiku-4-5",
    ),
    "effort xhigh on 4.6": Example(
        {"output_config": {"effort": "xhigh"}},
        {"output_config": {"effort": "max"}},
        "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
        "output_config.effort",
        "claude-sonnet-4-6",
    ),
    "effort xhigh and max on opus-4-5": Example(
        {"output_config": {"effort": "max"}},
        {"output_config": {"effort": "high"}},
        f"{UNCONFIRMED}This model does not support effort level 'max'. Supported levels: high, low, medium.",
        "output_config.effort",
        "claude-opus-4-5",
    ),
    "high effort without thinking": Example(
        {"output_config": {"effort": "xhigh"}, "thinking": {"type": "disabled"}},
        {"output_config": {"effort": "high"}, "thinking": {"type": "disabled"}},
        "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or "
        "below, "
        "or enable thinking.",
        "output_config.effort",
        "claude-opus-5",
    ),
    "high effort with thinking between tools": Example(
        {"output_config": {"effort": "max"}, "thinking": {"type": "between_tools"}},
        {"output_config": {"effort": "max"}, "thinking": {"type": "adaptive"}},
        "output_config.effort 'max' is not supported when thinking is disabled on this model. Use effort 'high' or "
        "below, or "
        "enable thinking.",
        "output_config.effort",
        "claude-sonnet-5-5",
    ),
    "temperature below the range": Example(
        {"temperature": -5.0}, {"temperature": 1}, "temperature: range: 0..1", "temperature"
    ),
    "temperature above the range": Example(
        {"temperature": 1.1}, {"temperature": 1.0}, "temperature: range: 0..1", "temperature"
    ),
    "temperature in API version 2026-10-21": Example(
        {"temperature": 1, **NEW_VERSION}, NEW_VERSION, "temperature: Extra inputs are not permitted", "temperature"
    ),
    "top_p in API version 2026-10-21": Example(
        {"top_p": 0.99, **NEW_VERSION}, NEW_VERSION, f"{UNCONFIRMED}top_p: Extra inputs are not permitted", "top_p"
    ),
    "top_k in API version 2026-10-21": Example(
        {"top_k": 5, **NEW_VERSION}, NEW_VERSION, f"{UNCONFIRMED}top_k: Extra inputs are not permitted", "top_k"
    ),
    "temperature on 4.7 and later": Example(
        {"temperature": 0}, {"temperature": 1}, DEPRECATED["temperature"], "temperature"
    ),
    "top_p on 4.7 and later": Example({"top_p": 0.9}, {"top_p": 0.99}, DEPRECATED["top_p"], "top_p"),
    "top_k on 4.7 and later": Example({"top_k": 40}, {"top_k": None}, DEPRECATED["top_k"], "top_k"),
    "temperature on 5.1 and later": Example(
        {"temperature": 0.5},
        {"temperature": 1},
        UNCONFIRMED + DEPRECATED["temperature"],
        "temperature",
        "claude-opus-5-5",
    ),
    "top_p on 5.1 and later": Example(
        {"top_p": 0.5}, {"top_p": 0.99}, UNCONFIRMED + DEPRECATED["top_p"], "top_p", "claude-sonnet-5-5"
    ),
    "top_p on haiku-5-5": Example(
        {"top_p": 1}, {"top_p": 0.99}, UNCONFIRMED + DEPRECATED["top_p"], "top_p", "claude-haiku-5-5"
    ),
    "top_k on 5.1 and later": Example(
        {"top_k": 1}, {"top_k": None}, UNCONFIRMED + DEPRECATED["top_k"], "top_k", "claude-haiku-5-5"
    ),
    "temperature with budget thinking": Example(
        {"temperature": 0.3, "thinking": BUDGET},
        {"temperature": 1, "thinking": BUDGET},
        "`temperature` may only be set to 1 when thinking is enabled.",
        "temperature",
        "claude-sonnet-4-5",
    ),
    "temperature with adaptive thinking": Example(
        {"temperature": 0, "thinking": {"type": "adaptive"}},
        {"temperature": 0, "thinking": {"type": "disabled"}},
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
        "temperature",
        "claude-opus-4-6",
    ),
    "top_p with budget thinking": Example(
        {"top_p": 0.9, "thinking": BUDGET},
        {"top_p": 0.95, "thinking": BUDGET},
        "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.",
        "top_p",
        "claude-3-7-sonnet-20250219",
    ),
    "top_k with budget thinking": Example(
        {"top_k": 40, "thinking": BUDGET},
        {"top_k": 40},
        f"{UNCONFIRMED}`top_k` must be unset when thinking is enabled.",
        "top_k",
        "claude-sonnet-4-0",
    ),
    "temperature and top_p": Example(
        {"temperature": 0.5, "top_p": 0.9},
        {"temperature": 0.5, "top_k": 5},
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "temperature",
        "claude-haiku-4-5",
    ),
    "temperature and top_p on haiku-5-5": Example(
        {"temperature": 1, "top_p": 0.99},
        {"temperature": 1},
        f"{UNCONFIRMED}`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "temperature",
        "claude-haiku-5-5",
    ),
    "prefill": Example(
        {"messages": [USER, PREFILL]},
        {"messages": [USER, PREFILL, USER]},
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "messages[1]",
        "claude-opus-4-6",
    ),
    "prefill with budget thinking": Example(
        {"messages": [USER, PREFILL], "thinking": BUDGET},
        {"messages": [USER, PREFILL]},
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is "
        "enabled, "
        "a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
        "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
        "requirement, "
        "disable `thinking`. Please consult our documentation at "
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
        "messages[1]",
        "claude-haiku-4-5",
    ),
    "document of the assistant in API version 2026-10-21": Example(
        {"messages": [USER, {"role": "assistant", "content": [DOCUMENT]}, USER], **NEW_VERSION},
        {"messages": [user(DOCUMENT)], **NEW_VERSION},
        f"{UNCONFIRMED}messages.1.content.0: document blocks are not permitted in assistant messages",
        "messages[1].content[0]",
    ),
    "citations of the user in API version 2026-10-21": Example(
        {**citing("user"), **NEW_VERSION},
        {**citing("assistant"), **NEW_VERSION},
        f"{UNCONFIRMED}messages.0.content.0.citations: not permitted in user messages",
        "messages[0].content[0]",
    ),
    "computer_20251124 from 5.2 and 5.5 on": Example(
        {"tools": [TOOL, {"type": "computer_20251124", "name": "computer"}]},
        {"tools": [TOOL, {"type": "computer_toolset_20260801"}]},
        "'claude-opus-5-5' does not support tool types: computer_20251124.",
        "tools[1]",
        "claude-opus-5-5",
    ),
    "computer_20251124 on haiku-4-5": Example(
        {"tools": [{"type": "computer_20251124", "name": "computer"}]},
        {"tools": [{"type": "computer_20250124", "name": "computer"}]},
        "'claude-haiku-4-5-20251001' does not support tool types: computer_20251124.",
        "tools[0]",
        "claude-haiku-4-5",
    ),
    "computer_20250124 on haiku-5-5": Example(
        {"tools": [{"type": "computer_20250124", "name": "computer"}]},
        {"tools": [{"type": "computer_toolset_20260801"}]},
        "'claude-haiku-5-5' does not support tool types: computer_20250124.",
        "tools[0]",
        "claude-haiku-5-5",
    ),
    "computer_20250124 on newer models": Example(
        {"tools": [{"type": "computer_20250124", "name": "computer"}]},
        {"tools": [{"type": "computer_20251124", "name": "computer"}]},
        "'claude-sonnet-4-6' does not support tool types: computer_20250124.",
        "tools[0]",
        "claude-sonnet-4-6",
    ),
    "output format without a schema": Example(
        {"output_config": {"format": {"type": "json_schema"}}},
        formatted(CLOSED),
        f"{UNCONFIRMED}output_config.format.schema: Field required",
        "output_config.format",
    ),
    "open object in a strict schema": Example(
        strict({"type": "object"}),
        {"tools": [TOOL]},
        "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
        "tools[0].custom",
    ),
    "free parameter of a strict schema": Example(
        strict(closed({"value": True})),
        strict(closed({"value": {"type": "string"}})),
        "tools.0.custom: For 'object' type, property 'properties' is not supported",
        "tools[0].custom",
    ),
    "circular strict schema": Example(
        strict(NODE),
        {"tools": [{**TOOL, "input_schema": NODE}]},
        "tools.0.custom: Invalid schema: Circular reference detected in schema definitions: Node -> Node. "
        "Self-referencing or "
        "mutually-referencing definitions are not supported.",
        "tools[0].custom",
    ),
    "inference_geo before 4.6": Example(
        {"inference_geo": "us"},
        {"inference_geo": None},
        "'claude-haiku-4-5-20251001' does not support inference_geo.",
        "inference_geo",
        "claude-haiku-4-5",
    ),
    "fast mode": Example(
        {"speed": "fast"},
        {},
        "'claude-opus-4-7' does not support the `speed` parameter.",
        "speed",
        "claude-opus-4-7",
    ),
    "automatic caching on legacy Bedrock": Example(
        {**BEDROCK, **MARK},
        BEDROCK,
        f"{UNCONFIRMED}cache_control: Extra inputs are not permitted",
        "cache_control",
        "claude-sonnet-4-5",
    ),
    "automatic caching of haiku-4-5 on legacy Bedrock": Example(
        {**BEDROCK, **MARK},
        BEDROCK,
        f"{UNCONFIRMED}cache_control: Extra inputs are not permitted",
        "cache_control",
        "claude-haiku-4-5",
    ),
    "diagnostics on Bedrock and Google Cloud": Example(
        {"anthropic_version": "vertex-2023-10-16", "diagnostics": {"previous_message_id": "msg_1"}},
        {"diagnostics": {"previous_message_id": "msg_1"}},
        "diagnostics: Extra inputs are not permitted",
        "diagnostics",
    ),
    "MCP servers on Bedrock and Google Cloud": Example(
        {**BEDROCK, "mcp_servers": [{"type": "url", "url": "https://example.com", "name": "jobs"}]},
        {**BEDROCK, "mcp_servers": []},
        f"{UNCONFIRMED}mcp_servers: Extra inputs are not permitted",
        "mcp_servers",
    ),
    "server tools on Bedrock": Example(
        {**BEDROCK, "tools": [SERVER_TOOL]},
        {**BEDROCK, "tools": [{"type": "bash_20250124", "name": "bash"}]},
        f"{UNCONFIRMED}tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected "
        "tags",
        "tools[0]",
    ),
    "text bytes": Example(
        letters(9_000_001), letters(1_000), "too many total text bytes: 9000001 > 9000000", "messages"
    ),
    "strict tools": Example(
        strict(CLOSED, times=21),
        strict(CLOSED, times=20),
        "Too many strict tools (21). The maximum number of strict tools supported is 20. Try reducing the number of "
        "tools "
        "marked as strict.",
        "tools",
    ),
    "optional parameters of strict schemas": Example(
        strict(closed(many(25, {"type": "string"}), required=False)),
        strict(closed(many(12, {"type": "string"}), required=False), times=2),
        "Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce "
        "the "
        "number of optional parameters in your tool schemas (limit: 24).",
        "tools",
    ),
    "union types in strict schemas": Example(
        strict(closed(many(17, {"type": ["string", "null"]}))),
        strict(closed(many(8, {"type": ["string", "null"]})), times=2),
        "Schemas contains too many parameters with union types (17 parameters with type arrays or anyOf). This causes "
        "exponential compilation cost. Reduce the number of nullable or union-typed parameters (limit: 16 parameters "
        "with "
        "unions).",
        "tools",
    ),
    "optional parameters that make a strict schema too complex": Example(
        strict(closed(many(24, {"type": "string"}), required=False)),
        strict(closed(many(23, {"type": "string"}), required=False)),
        TOO_COMPLEX,
        "tools",
    ),
    "union types that make a strict schema too complex": Example(
        strict(closed(many(16, {"type": ["string", "null"]}))),
        strict(closed(many(15, {"type": ["string", "null"]}))),
        TOO_COMPLEX,
        "tools",
    ),
    "output of 128k": Example(
        {"max_tokens": 128_001},
        {"max_tokens": 128_000},
        f"max_tokens: 128001 > 128000, {MAX_TOKENS} claude-opus-5",
        "max_tokens",
    ),
    "output of 64k": Example(
        {"max_tokens": 128_000},
        {"max_tokens": 64_000},
        f"max_tokens: 128000 > 64000, {MAX_TOKENS} claude-haiku-4-5-20251001",
        "max_tokens",
        "claude-haiku-4-5",
    ),
    "output of 32k": Example(
        {"max_tokens": 32_001},
        {"max_tokens": 32_000},
        f"max_tokens: 32001 > 32000, {MAX_TOKENS} claude-opus-4-1-20250805",
        "max_tokens",
        "claude-opus-4-1",
    ),
    "output of sonnet-3-7": Example(
        {"max_tokens": 128_001},
        {"max_tokens": 128_000},
        f"max_tokens: 128001 > 128000, {MAX_TOKENS} claude-3-7-sonnet-20250219",
        "max_tokens",
        "claude-3-7-sonnet-20250219",
    ),
    "output of 4k": Example(
        {"max_tokens": 8_000},
        {"max_tokens": 4_096},
        f"max_tokens: 8000 > 4096, {MAX_TOKENS} claude-3-haiku-20240307",
        "max_tokens",
        "claude-3-haiku-20240307",
    ),
    "window of 1M": Example(
        letters(1_000_015), letters(999_980), "prompt is too long: 1000021 tokens > 1000000 maximum", "messages"
    ),
    "window of 200k": Example(
        letters(200_014),
        letters(190_000),
        "prompt is too long: 200021 tokens > 200000 maximum",
        "messages",
        "claude-haiku-4-5",
    ),
    "window of sonnet-4 and sonnet-4-5": Example(
        letters(200_014),
        letters(199_900),
        "prompt is too long: 200021 tokens > 200000 maximum",
        "messages",
        "claude-sonnet-4-5",
    ),
    "input and output in the window": Example(
        {**letters(190_000), "max_tokens": 20_000},
        {**letters(180_000), "max_tokens": 19_000},
        "input length and `max_tokens` exceed context limit: 190007 + 20000 > 200000, decrease input length or "
        "`max_tokens` "
        "and try again",
        "max_tokens",
        "claude-opus-4-1",
    ),
}
