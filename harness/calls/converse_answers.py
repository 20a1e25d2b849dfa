"""Answers of Bedrock's Converse API from answers of the Messages API, and back: messages, usage and events of streams.

Source: botocore 1.44, service ``bedrock-runtime``; the sum of the input tokens:
docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html (checked 2026-11-27).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

_USAGE = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_input_tokens",
    "cacheWriteInputTokens": "cache_creation_input_tokens",
}
_SPLIT = {"1h": "ephemeral_1h_input_tokens", "5m": "ephemeral_5m_input_tokens"}
_DERIVED = ("totalTokens", "cacheDetails")
_STANDARD = {"default": "standard"}
"""Service tiers of Bedrock with a name of their own for what the Messages API has too."""


class Event(NamedTuple):
    """An event of ConverseStream."""

    type: str
    data: Mapping[str, Any]


# --- whole answers -------------------------------------------------------------------------------------------


def message_to_converse(message: Mapping[str, Any]) -> dict[str, Any]:
    """Write a message as the answer of Converse."""
    content = [_block_to_converse(block) for block in message.get("content") or ()]
    return {
        "metrics": {"latencyMs": 0},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": message.get("stop_reason"),
        "usage": usage_to_converse(_object(message.get("usage"))),
    }


def converse_to_message(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Read the answer of Converse as a message; it names neither an id nor a model."""
    sent = _object(_object(answer.get("output")).get("message"))
    return {
        "type": "message",
        "role": "assistant",
        "content": [_block_from_converse(block) for block in map(_object, _list(sent.get("content")))],
        "stop_reason": answer.get("stopReason"),
        "usage": _usage_of(answer),
    }


def usage_to_converse(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Write a usage as Converse does: ``inputTokens`` without those that are read or written, writes by TTL."""
    counts = {key: usage.get(name) or 0 for key, name in _USAGE.items()}
    split = _object(usage.get("cache_creation"))
    details = [{"inputTokens": split[name], "ttl": ttl} for ttl, name in _SPLIT.items() if split.get(name)]
    return {**counts, "totalTokens": sum(counts.values()), "cacheDetails": details}


def usage_from_converse(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Read a usage of Converse as one of the Messages API; keys that are not known are kept, to be reported."""
    read = {_USAGE.get(key, key): value for key, value in usage.items() if key not in _DERIVED}
    details = usage.get("cacheDetails")
    split = dict.fromkeys(_SPLIT.values(), 0)
    for row in map(_object, _list(details)):
        ttl, tokens = str(row.get("ttl")), row.get("inputTokens")
        if ttl in _SPLIT and isinstance(tokens, int):
            split[_SPLIT[ttl]] += tokens
    return {**read, "cache_creation": split} if any(split.values()) else read


def is_converse_usage(usage: Mapping[str, Any]) -> bool:
    """Whether a usage has the keys of Converse."""
    return "inputTokens" in usage


def _usage_of(holder: Mapping[str, Any]) -> dict[str, Any] | None:
    """The usage beside the tier that sets its prices; ``None`` without a usage."""
    usage = holder.get("usage")
    if not isinstance(usage, dict):
        return None
    tier = _object(holder.get("serviceTier")).get("type")
    return {**usage_from_converse(usage), **({"service_tier": _STANDARD.get(str(tier), tier)} if tier else {})}


# --- streams -------------------------------------------------------------------------------------------------


def events_to_converse(events: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """Write the events of a stream as those of ConverseStream; an ``error`` becomes an exception of that name."""
    usage: dict[str, Any] = {}
    for event in events:
        index = {"contentBlockIndex": event.get("index")}
        match event.get("type"):
            case "message_start":
                usage |= _object(_object(event.get("message")).get("usage"))
                yield Event("messageStart", {"role": "assistant"})
            case "content_block_start":
                block = _object(event.get("content_block"))
                if block.get("type") == "tool_use":
                    start = {"toolUse": {"name": block.get("name"), "toolUseId": block.get("id")}}
                    yield Event("contentBlockStart", {**index, "start": start})
            case "content_block_delta":
                yield Event("contentBlockDelta", {**index, "delta": _delta_to_converse(_object(event.get("delta")))})
            case "content_block_stop":
                yield Event("contentBlockStop", index)
            case "message_delta":
                usage |= {key: value for key, value in _object(event.get("usage")).items() if value is not None}
                yield Event("messageStop", {"stopReason": _object(event.get("delta")).get("stop_reason")})
            case "message_stop":
                yield Event("metadata", {"metrics": {"latencyMs": 0}, "usage": usage_to_converse(usage)})


def events_from_converse(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """Read the events of ConverseStream as those of the Messages API.

    Converse begins a block of text with its first delta, and reports the usage after the stop reason.
    """
    opened: set[Any] = set()
    stop_reason = None
    for kind, data in events:
        index = data.get("contentBlockIndex")
        if not isinstance(index, int):
            index = None
        match kind:
            case "messageStart":
                message: dict[str, Any] = {"type": "message", "role": "assistant", "content": [], "stop_reason": None}
                yield {"type": "message_start", "message": message}
            case "contentBlockStart":
                opened.add(index)
                block = _block_from_converse(_object(data.get("start")))
                if block.get("type") == "tool_use":
                    block["input"] = {}
                yield {"type": "content_block_start", "index": index, "content_block": block}
            case "contentBlockDelta":
                opening, delta = _delta_from_converse(_object(data.get("delta")))
                if index not in opened:
                    opened.add(index)
                    yield {"type": "content_block_start", "index": index, "content_block": opening}
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            case "contentBlockStop":
                yield {"type": "content_block_stop", "index": index}
            case "messageStop":
                stop_reason = data.get("stopReason")
            case "metadata":
                yield {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": _usage_of(data)}
                yield {"type": "message_stop"}


def _delta_to_converse(delta: Mapping[str, Any]) -> dict[str, Any]:
    match delta.get("type"):
        case "text_delta":
            return {"text": delta.get("text")}
        case "input_json_delta":
            return {"toolUse": {"input": delta.get("partial_json")}}
        case "thinking_delta":
            return {"reasoningContent": {"text": delta.get("thinking")}}
        case _:
            return {"reasoningContent": {"signature": delta.get("signature")}}


def _delta_from_converse(delta: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The block that a delta opens if it is the first one, and the delta."""
    reasoning = _object(delta.get("reasoningContent"))
    if "toolUse" in delta:
        text = _object(delta["toolUse"]).get("input")
        return {"type": "tool_use", "input": {}}, {"type": "input_json_delta", "partial_json": text}
    if "redactedContent" in reasoning:
        return {"type": "redacted_thinking", "data": reasoning["redactedContent"]}, {}
    opening = {"type": "thinking", "thinking": ""}
    if "signature" in reasoning:
        return opening, {"type": "signature_delta", "signature": reasoning["signature"]}
    if "text" in reasoning:
        return opening, {"type": "thinking_delta", "thinking": reasoning["text"]}
    return {"type": "text", "text": ""}, {"type": "text_delta", "text": delta.get("text") or ""}


# --- blocks --------------------------------------------------------------------------------------------------


def _block_to_converse(block: Mapping[str, Any]) -> dict[str, Any]:
    match block.get("type"):
        case "tool_use":
            return {"toolUse": {"input": block.get("input"), "name": block.get("name"), "toolUseId": block.get("id")}}
        case "thinking":
            text = {"signature": block.get("signature"), "text": block.get("thinking")}
            return {"reasoningContent": {"reasoningText": text}}
        case "redacted_thinking":
            return {"reasoningContent": {"redactedContent": block.get("data")}}
        case _:
            return {"text": block.get("text") or ""}


def _block_from_converse(block: Mapping[str, Any]) -> dict[str, Any]:
    if "text" in block:
        return {"type": "text", "text": block["text"]}
    if "toolUse" in block:
        use = _object(block["toolUse"])
        return {"type": "tool_use", "id": use.get("toolUseId"), "name": use.get("name"), "input": use.get("input")}
    if "reasoningContent" in block:
        reasoning = _object(block["reasoningContent"])
        text = _object(reasoning.get("reasoningText"))
        if "redactedContent" in reasoning:
            return {"type": "redacted_thinking", "data": reasoning["redactedContent"]}
        return {"type": "thinking", "thinking": text.get("text"), "signature": text.get("signature")}
    kind = next(iter(block), "unknown")
    return {"type": kind, kind: block.get(kind)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
