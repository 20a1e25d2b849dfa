"""Write a message as the events of a stream, in the order and form of the API."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.numbers import write_json

SPACED = (", ", ": ")
"""Between the items of an input in a stream."""

_TEXT_CHARACTERS = 120
_JSON_CHARACTERS = 12
"""Longest piece of an input: short, as in recorded streams, so that a client has to join pieces."""

_OF_THE_END = ("output_tokens_details",)
"""Parts of the usage that only ``message_delta`` has."""


def write_events(
    message: Mapping[str, Any],
    pieces: Iterator[str] | None = None,
    end: Callable[[str], Mapping[str, Any]] | None = None,
) -> Iterator[bytes]:
    """Yield the events of a stream for a message, as server-sent events.

    ``pieces`` are more text behind its content, read one by one; ``end`` then gives the whole message for their text.
    """
    usage = message["usage"]
    begun = {key: value for key, value in usage.items() if key not in _OF_THE_END}
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    yield _event("message_start", {"message": {**opening, "usage": {**begun, "output_tokens": 1}}})
    for index, block in enumerate(message["content"]):
        yield from _opening(index, _opened(block))
        for delta in _deltas(block):
            yield _event("content_block_delta", {"index": index, "delta": delta})
        yield _event("content_block_stop", {"index": index})
    if pieces is not None and end is not None:
        text = ""
        for piece in filter(None, pieces):
            if not text:
                yield from _opening(len(message["content"]), {"type": "text", "text": ""})
            text += piece
            delta = {"type": "text_delta", "text": piece}
            yield _event("content_block_delta", {"index": len(message["content"]), "delta": delta})
        if text:
            yield _event("content_block_stop", {"index": len(message["content"])})
        message = end(text)
        usage = message["usage"]
    closing = {key: usage[key] for key in usage if key.endswith("_tokens") or key in _OF_THE_END}
    stop = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details") if key in message}
    yield _event("message_delta", {"delta": stop, "usage": closing})
    yield _event("message_stop", {})


def dump(value: Any) -> str:
    """Write JSON as the API does."""
    return write_json(value)


def _opening(index: int, block: Mapping[str, Any]) -> Iterator[bytes]:
    yield _event("content_block_start", {"index": index, "content_block": block})
    if index == 0:
        yield _event("ping", {})


def _opened(block: Mapping[str, Any]) -> dict[str, Any]:
    """The block before its first delta; one of a type without deltas comes whole."""
    empty = {key: "" for key in ("text", "thinking", "signature") if key in block}
    return {**block, **empty, **({"input": {}} if "input" in block else {})}


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if "input" in block:
        # An empty piece comes first; for an empty input it is the only one.
        text = write_json(block["input"], separators=SPACED) if block["input"] else ""
        for piece in ("", *_pieces(text, _JSON_CHARACTERS)):
            yield {"type": "input_json_delta", "partial_json": piece}
    for key in ("text", "thinking"):
        if isinstance(block.get(key), str):
            yield from ({"type": f"{key}_delta", key: piece} for piece in _pieces(block[key], _TEXT_CHARACTERS))
    if isinstance(block.get("signature"), str):
        yield {"type": "signature_delta", "signature": block["signature"]}


def _pieces(text: str, characters: int) -> Iterator[str]:
    return (text[start : start + characters] for start in range(0, len(text), characters))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {dump({'type': name, **data})}\n\n".encode()
