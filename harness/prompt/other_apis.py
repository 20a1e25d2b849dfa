"""Bodies that belong to another API than the Messages API, recognised by what only that API has."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.errors import CannotTellError
from harness.prompt.blocks import Request
from harness.prompt.converse import converse_to_messages

OPENAI_KEYS = frozenset(
    {
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "modalities",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "stream_options",
        "top_logprobs",
    }
)
"""Parameters of OpenAI's Chat Completions that the Messages API does not have.

Source: platform.openai.com/docs/api-reference/chat/create (checked 2026-11-25).
"""

_KEYS_BESIDE_SYSTEM = OPENAI_KEYS | {
    "audio",
    "min_p",
    "models",
    "plugins",
    "prompt_cache_key",
    "provider",
    "reasoning",
    "repetition_penalty",
    "route",
    "safety_identifier",
    "store",
    "top_a",
    "transforms",
    "user",
    "verbosity",
    "web_search_options",
}
"""More parameters of Chat Completions and of OpenRouter, whose names alone would not tell.

Source: as above; openrouter.ai/docs/api-reference/parameters (checked 2026-11-26).
"""

OPENAI_MESSAGE_KEYS = frozenset({"audio", "function_call", "name", "refusal", "tool_call_id", "tool_calls"})
"""Keys of a message of Chat Completions that one of the Messages API does not have."""

OPENAI_PARTS = frozenset(
    {"file", "image_url", "input_audio", "input_file", "input_image", "input_text", "output_text", "refusal"}
)
"""Types of content parts of OpenAI's APIs that the Messages API does not have."""

_OPENAI_ROLES = frozenset({"developer", "function", "tool"})
_MESSAGES_BLOCKS = frozenset({"redacted_thinking", "server_tool_use", "thinking", "tool_result", "tool_use"})
_CONVERSE_KEYS = (
    "additionalModelRequestFields", "guardrailConfig", "inferenceConfig", "modelId", "performanceConfig",
    "promptVariables", "requestMetadata", "toolConfig",
)  # fmt: skip
_CONVERSE_BLOCKS = frozenset(
    {
        "audio",
        "cachePoint",
        "citationsContent",
        "document",
        "guardContent",
        "image",
        "reasoningContent",
        "searchResult",
        "text",
        "toolResult",
        "toolUse",
        "video",
    }
)

_MODEL_ID = "modelId"
"""Beside the parameters of Converse, the model that its URL names."""

_PASS_ANSWERED = "pass the request that it answers, as it goes to Anthropic"
_PASS_MESSAGES = "pass the body of a POST /v1/messages, as your code or its gateway sends it to Anthropic"


class _Api(NamedTuple):
    """Another body, and how to tell it from a Messages request."""

    name: str
    """Completes the sentence "the body is …"."""
    find_sign: Callable[[Request], str | None]
    """Finds what gives it away; ``None`` if the body is something else."""
    hint: str = _PASS_MESSAGES


def is_converse(request: Request) -> bool:
    """Whether a body is a request of Bedrock's Converse API."""
    return "output" not in request and _converse(request) is not None


def check_api(request: Request) -> None:
    """Refuse a body that belongs to another API.

    Raises:
        CannotTellError: the message names the API, and what gives it away.
    """
    for api in _APIS:
        sign = api.find_sign(request)
        if sign is not None:
            if sign == _MODEL_ID:
                # A recorded request that is not read as a Messages request: says why.
                converse_to_messages(request, None)
            raise CannotTellError(f"the body is {api.name} ({sign}), not a request of the Messages API", hint=api.hint)


# --- one function for each API -------------------------------------------------------------------------------


def _response(request: Request) -> str | None:
    return "type is 'message'" if request.get("type") == "message" and "messages" not in request else None


def _error(request: Request) -> str | None:
    return "type is 'error'" if request.get("type") == "error" and "error" in request else None


def _batch_item(request: Request) -> str | None:
    return "custom_id and params" if {"custom_id", "params"} <= request.keys() and "messages" not in request else None


def _logged(request: Request) -> str | None:
    return "at and request" if {"at", "request"} <= request.keys() and "messages" not in request else None


def _converse(request: Request) -> str | None:
    found = _MODEL_ID if _MODEL_ID in request else next((key for key in _CONVERSE_KEYS if key in request), None)
    if found is not None or _has_system(request):
        return found
    path, key = next(_untyped_blocks(request), ("", ""))
    return f"{path} has {key!r} and no type" if path and not _is_messages(request) else None


def _responses(request: Request) -> str | None:
    return _first(("input", "instructions"), request)


def _cloud(request: Request) -> str | None:
    return "anthropic_version, but no model" if "anthropic_version" in request and "model" not in request else None


def _chat_completions(request: Request) -> str | None:
    if _has_system(request):
        # Most requests have one, and need no search for signs.
        return None
    if not _begins_with_system(request):
        sign = next(_chat_signs(request, OPENAI_KEYS), None)
        return None if sign is None or _is_messages(request) else sign
    # Gateways that take Chat Completions let markers through, so here they say nothing.
    sign = next(_chat_signs(request, _KEYS_BESIDE_SYSTEM), None)
    return None if sign is None or _is_messages_beside_markers(request) else sign


def _only(key: str) -> Callable[[Request], str | None]:
    return lambda request: _first((key,), request)


_APIS = (
    _Api("an answer", _response, "pass the request that it answers"),
    _Api("an error", _error, "pass the request that was refused"),
    _Api("a batch", _only("requests"), 'pass one request at a time: the "params" of an item'),
    _Api("an item of a batch", _batch_item, 'pass its "params"'),
    _Api("a line of `harness simulate`", _logged, 'pass its "request"'),
    _Api("an answer of OpenAI's Chat Completions API", _only("choices"), _PASS_ANSWERED),
    _Api("an answer of the Gemini API", _only("candidates"), _PASS_ANSWERED),
    _Api("an answer of OpenAI's Responses API or of Bedrock's Converse API", _only("output"), _PASS_ANSWERED),
    _Api("a request of Bedrock's Converse API", _converse, 'add "modelId" with the model that the URL names'),
    _Api("a request of the Gemini API", _only("contents")),
    _Api("a request of OpenAI's Responses API", _responses),
    _Api("a request of the legacy Text Completions API", _only("prompt")),
    _Api(
        "a request of Bedrock's InvokeModel or of Vertex AI",
        _cloud,
        'add "model" with the Anthropic id of the model that the URL names',
    ),
    _Api("a request of OpenAI's Chat Completions API", _chat_completions),
)
"""In the order in which they are tried.

Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, ai.google.dev/api/generate-content,
platform.openai.com/docs/api-reference, platform.claude.com/docs/en/api (checked 2026-11-25).
"""


# --- signs ---------------------------------------------------------------------------------------------------


def _first(keys: tuple[str, ...], request: Request) -> str | None:
    """The first of some keys that a body has in place of messages."""
    return None if "messages" in request else next((key for key in keys if key in request), None)


def _chat_signs(request: Request, keys: frozenset[str]) -> Iterator[str]:
    """Yield what only a request of Chat Completions has, with ``keys`` as its parameters."""
    yield from (key for key in request if key in keys)
    for index, tool in enumerate(_objects(request.get("tools"))):
        if tool.get("type") == "function":
            yield f"tools[{index}].type is 'function'"
    for index, message in enumerate(_objects(request.get("messages"))):
        path = f"messages[{index}]"
        if _is_one_of(message.get("role"), _OPENAI_ROLES):
            yield f"{path}.role is {message['role']!r}"
        yield from (f"{path}.{key}" for key in message if key in OPENAI_MESSAGE_KEYS)
        for number, part in enumerate(_objects(message.get("content"))):
            if _is_one_of(part.get("type"), OPENAI_PARTS):
                yield f"{path}.content[{number}].type is {part['type']!r}"


def _is_messages(request: Request) -> bool:
    """Whether a body has what only a Messages request has, whatever else is in it."""
    holders = (request, *_objects(request.get("tools")), *_parts(request))
    return any("cache_control" in holder for holder in holders) or _is_messages_beside_markers(request)


def _is_messages_beside_markers(request: Request) -> bool:
    return (
        "anthropic_version" in request
        or _has_system(request)
        or any("input_schema" in tool for tool in _objects(request.get("tools")))
        or any(_is_one_of(part.get("type"), _MESSAGES_BLOCKS) for part in _parts(request))
    )


def _begins_with_system(request: Request) -> bool:
    return next(_objects(request.get("messages")), {}).get("role") == "system"


def _parts(request: Request) -> Iterator[Mapping[str, Any]]:
    for message in _objects(request.get("messages")):
        yield from _objects(message.get("content"))


def _has_system(request: Request) -> bool:
    """Whether there is a system prompt that is not one of Converse, whose blocks have no type."""
    system = request.get("system")
    return any("type" in block for block in _objects(system)) if isinstance(system, list) else "system" in request


def _untyped_blocks(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the blocks of Converse: path, and the key that says what it is."""
    for index, message in enumerate(_objects(request.get("messages"))):
        for number, block in enumerate(_objects(message.get("content"))):
            if "type" not in block and not block.keys().isdisjoint(_CONVERSE_BLOCKS):
                key = next(key for key in block if key in _CONVERSE_BLOCKS)
                yield f"messages[{index}].content[{number}]", key


def _is_one_of(value: Any, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; an item that is none counts as an empty one."""
    return (item if isinstance(item, dict) else {} for item in (value if isinstance(value, list) else ()))
