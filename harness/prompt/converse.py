"""Requests of Bedrock's Converse API as requests of the Messages API.

A ``cachePoint`` is a block of its own behind the content that it marks, so paths in the result can differ from those in
the request. What has no documented counterpart is refused by name. Sources: botocore 1.44, service ``bedrock-runtime``;
docs.aws.amazon.com/bedrock/latest/userguide/{prompt-caching,conversation-inference}.html (checked 2026-11-27).
"""

from collections.abc import Callable, Container, Mapping
from typing import Any

from harness.errors import CannotTellError, RequestError
from harness.prompt.blocks import Request

_HINT = "send it to InvokeModel as a Messages request, or leave it out"

_NOT_IN_PROMPT = frozenset(
    {
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "modelId",
        "performanceConfig",
        "requestMetadata",
        "serviceTier",
        "stream",
    }
)
"""Parameters that say how a request is processed, not what the model reads; what they cost is in the answer's usage."""

_INFERENCE = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop_sequences",
}
_IMAGES = ("png", "jpeg", "gif", "webp")


def converse_to_messages(request: Request, model: str | None) -> dict[str, Any]:
    """Translate the body of Converse or ConverseStream; ``model`` is that of the path or of ``modelId``.

    Raises:
        CannotTellError: a part of the request has no documented counterpart; the message starts with its path.
        RequestError: a part has another shape than the API's.
    """
    translated: dict[str, Any] = {} if model is None else {"model": model}
    for key, value in request.items():
        if key in _NOT_IN_PROMPT or value is None:
            continue
        translate = _TOP.get(key)
        if translate is None:
            raise _untranslatable(key)
        for name, part in translate(value).items():
            if name in translated:
                raise _untranslatable(f"{key}, which sets {name} a second time")
            translated[name] = part
    return translated


# --- the top of a request ------------------------------------------------------------------------------------


def _messages(value: Any) -> dict[str, Any]:
    return {"messages": [_message(item, f"messages[{number}]") for number, item in enumerate(_list(value, "messages"))]}


def _message(item: Any, path: str) -> dict[str, Any]:
    message = _object(item, path)
    _check_keys(message, ("role", "content"), path)
    content = _blocks(message.get("content"), f"{path}.content", _CONTENT)
    return {"role": message.get("role"), "content": content}


def _system(value: Any) -> dict[str, Any]:
    return {"system": _blocks(value, "system", {"text": _text})}


def _inference(value: Any) -> dict[str, Any]:
    config = _object(value, "inferenceConfig")
    _check_keys(config, _INFERENCE, "inferenceConfig")
    return {_INFERENCE[key]: part for key, part in config.items() if part is not None}


def _tool_config(value: Any) -> dict[str, Any]:
    config = _object(value, "toolConfig")
    _check_keys(config, ("tools", "toolChoice"), "toolConfig")
    translated: dict[str, Any] = {"tools": _blocks(config.get("tools"), "toolConfig.tools", {"toolSpec": _tool})}
    if config.get("toolChoice") is not None:
        kind, choice = _only(config["toolChoice"], "toolConfig.toolChoice")
        _check_keys({kind: choice}, ("auto", "any", "tool"), "toolConfig.toolChoice")
        name = {"name": _object(choice, "toolConfig.toolChoice.tool").get("name")} if kind == "tool" else {}
        translated["tool_choice"] = {"type": kind, **name}
    return translated


def _tool(spec: Any, path: str) -> dict[str, Any]:
    tool = _object(spec, path)
    _check_keys(tool, ("name", "description", "inputSchema", "strict"), path)
    schema = _object(tool.get("inputSchema"), f"{path}.inputSchema")
    _check_keys(schema, ("json",), f"{path}.inputSchema")
    return {
        "name": tool.get("name"),
        **_given(tool, "description"),
        "input_schema": schema.get("json"),
        **_given(tool, "strict"),
    }


def _output_config(value: Any) -> dict[str, Any]:
    config = _object(value, "outputConfig")
    _check_keys(config, ("effort",), "outputConfig")
    return {"output_config": dict(config)}


_TOP: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "messages": _messages,
    "system": _system,
    "inferenceConfig": _inference,
    "toolConfig": _tool_config,
    "outputConfig": _output_config,
    "additionalModelRequestFields": lambda value: dict(_object(value, "additionalModelRequestFields")),
}
"""For each parameter, the function that makes parameters of the Messages API from it."""


# --- blocks --------------------------------------------------------------------------------------------------

_Block = Callable[[Any, str], dict[str, Any]]


def _blocks(value: Any, path: str, kinds: Mapping[str, _Block]) -> list[dict[str, Any]]:
    """Translate a list of blocks; a cache point becomes a marker on the block before it."""
    blocks: list[dict[str, Any]] = []
    for number, item in enumerate(_list(value, path)):
        place = f"{path}[{number}]"
        kind, content = _only(item, place)
        if kind == "cachePoint":
            if not blocks or "cache_control" in blocks[-1]:
                raise _untranslatable(f"{place}.cachePoint, which follows no block that it could mark,")
            blocks[-1]["cache_control"] = _marker(content, f"{place}.cachePoint")
        elif kind in kinds:
            blocks.append(kinds[kind](content, f"{place}.{kind}"))
        else:
            raise _untranslatable(f"{place}.{kind}")
    return blocks


def _marker(value: Any, path: str) -> dict[str, Any]:
    point = _object(value, path)
    _check_keys(point, ("type", "ttl"), path)
    if point.get("type") != "default":
        raise RequestError(f"{path}.type is {point.get('type')!r}, expected 'default'")
    return {"type": "ephemeral", **_given(point, "ttl")}


def _text(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, str):
        raise RequestError(f"{path} is {type(value).__name__}, expected a string")
    return {"type": "text", "text": value}


def _image(value: Any, path: str) -> dict[str, Any]:
    image = _object(value, path)
    _check_keys(image, ("format", "source"), path)
    kind, data = _only(image.get("source"), f"{path}.source")
    _check_keys({kind: data}, ("bytes",), f"{path}.source")
    if image.get("format") not in _IMAGES:
        raise RequestError(f"{path}.format is {image.get('format')!r}, expected one of {', '.join(_IMAGES)}")
    source = {"type": "base64", "media_type": f"image/{image['format']}", "data": data}
    return {"type": "image", "source": source}


def _document(value: Any, path: str) -> dict[str, Any]:
    document = _object(value, path)
    _check_keys(document, ("format", "name", "source", "context", "citations"), path)
    kind, content = _only(document.get("source"), f"{path}.source")
    source: dict[str, Any]
    if kind == "bytes" and document.get("format") == "pdf":
        source = {"type": "base64", "media_type": "application/pdf", "data": content}
    elif kind == "text":
        source = {"type": "text", "media_type": "text/plain", "data": content}
    elif kind == "content":
        source = {"type": "content", "content": _blocks(content, f"{path}.source.content", {"text": _text})}
    else:
        raise _untranslatable(f"{path}.source.{kind} of the format {document.get('format')!r}")
    title = {} if document.get("name") is None else {"title": document["name"]}
    return {
        "type": "document",
        "source": source,
        **title,
        **_given(document, "context"),
        **_given(document, "citations"),
    }


def _search_result(value: Any, path: str) -> dict[str, Any]:
    result = _object(value, path)
    _check_keys(result, ("source", "title", "content", "citations"), path)
    content = _blocks(result.get("content"), f"{path}.content", {"text": _text})
    return {
        "type": "search_result",
        "source": result.get("source"),
        "title": result.get("title"),
        "content": content,
        **_given(result, "citations"),
    }


def _tool_use(value: Any, path: str) -> dict[str, Any]:
    use = _object(value, path)
    _check_keys(use, ("toolUseId", "name", "input"), path)
    return {"type": "tool_use", "id": use.get("toolUseId"), "name": use.get("name"), "input": use.get("input")}


def _tool_result(value: Any, path: str) -> dict[str, Any]:
    result = _object(value, path)
    _check_keys(result, ("toolUseId", "content", "status"), path)
    return {
        "type": "tool_result",
        "tool_use_id": result.get("toolUseId"),
        "content": _blocks(result.get("content"), f"{path}.content", _IN_RESULTS),
        **({"is_error": True} if result.get("status") == "error" else {}),
    }


def _reasoning(value: Any, path: str) -> dict[str, Any]:
    kind, content = _only(value, path)
    if kind == "redactedContent":
        return {"type": "redacted_thinking", "data": content}
    _check_keys({kind: content}, ("reasoningText",), path)
    text = _object(content, f"{path}.reasoningText")
    _check_keys(text, ("text", "signature"), f"{path}.reasoningText")
    return {"type": "thinking", "thinking": text.get("text"), **_given(text, "signature")}


_IN_RESULTS: Mapping[str, _Block] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "searchResult": _search_result,
}
"""The blocks of tool results. How a block of ``json`` is written for the model is not documented."""

_CONTENT: Mapping[str, _Block] = {
    **_IN_RESULTS,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "reasoningContent": _reasoning,
}


# --- shapes --------------------------------------------------------------------------------------------------


def _given(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {key: holder[key]} if holder.get(key) is not None else {}


def _object(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RequestError(f"{path} is {type(value).__name__}, expected an object")
    return value


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise RequestError(f"{path} is {type(value).__name__}, expected a list")
    return value


def _only(value: Any, path: str) -> tuple[str, Any]:
    """The one member of a union, such as ``{"text": …}``."""
    members = {key: part for key, part in _object(value, path).items() if part is not None}
    if len(members) != 1:
        raise RequestError(f"{path} has {len(members)} members, expected one")
    return next(iter(members.items()))


def _check_keys(holder: Mapping[str, Any], known: Container[str], path: str) -> None:
    unknown = [key for key, part in holder.items() if key not in known and part is not None]
    if unknown:
        raise _untranslatable(f"{path}.{unknown[0]}")


def _untranslatable(what: str) -> CannotTellError:
    return CannotTellError(f"{what} of a Converse request has no known counterpart in the Messages API", hint=_HINT)
