"""Write a message as the events of a stream, in the order and form of the API."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.numbers import write_json

SPACED = (", ", ": ")
"""Between the items of an input in a stream."""

_TEXT_CHARACTERS = 120
_JSON_CHARACTERS = 12
"""Longest piece of an input: short, as in recorded streams, so that a client has to join pieces."""


def write_events(message: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the events of a stream for a message, as server-sent events."""
    usage = message["usage"]
    opening = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield _event("message_start", {"message": opening})
    for index, block in enumerate(message["content"]):
        yield _event("content_block_start", {"index": index, "content_block": _opened(block)})
        if index == 0:
            yield _event("ping", {})
        for delta in _deltas(block):
            yield _event("content_block_delta", {"index": index, "delta": delta})
        yield _event("content_block_stop", {"index": index})
    closing = {key: usage[key] for key in usage if key.endswith("_tokens")}
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", {"delta": stop, "usage": closing})
    yield _event("message_stop", {})


def dump(value: Any) -> str:
    """Write JSON as the API does."""
    return write_json(value)


def _opened(block: Mapping[str, Any]) -> dict[str, Any]:
    """The block before its first delta."""
    return {**block, "input": {}} if block["type"] == "tool_use" else {**block, "text": ""}


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": piece} for piece in _pieces(block["text"], _TEXT_CHARACTERS))
        return
    # An empty piece comes first; for an empty input it is the only one.
    text = write_json(block["input"], separators=SPACED) if block["input"] else ""
    for piece in ("", *_pieces(text, _JSON_CHARACTERS)):
        yield {"type": "input_json_delta", "partial_json": piece}


def _pieces(text: str, characters: int) -> Iterator[str]:
    return (text[start : start + characters] for start in range(0, len(text), characters))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {dump({'type': name, **data})}\n\n".encode()
