"""Interactions to build cassettes from."""

import json
from typing import Any

from harness.cassettes.format import Cassette, Chunk, Header, Interaction, RecordedRequest, RecordedResponse

HEADER = Header(origin="emulator", recorded_at="2026-11-23T10:00:00Z", sdk="anthropic 2.12.0")


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def request(body: Any, path: str = "/v1/messages") -> RecordedRequest:
    return RecordedRequest.from_body("POST", path, body if isinstance(body, bytes) else dump(body))


def response(*chunks: bytes, status: int = 200, content_type: str = "application/json") -> RecordedResponse:
    return RecordedResponse(
        status=status, headers={"content-type": content_type}, chunks=tuple(Chunk(data) for data in chunks)
    )


def interaction(body: Any, *chunks: bytes, path: str = "/v1/messages") -> Interaction:
    return Interaction(request=request(body, path), response=response(*(chunks or (b"{}",))))


def cassette(*interactions: Interaction) -> Cassette:
    return Cassette(header=HEADER, interactions=interactions)


def message(text: str, **usage: int) -> dict[str, Any]:
    """An answer of the API."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5} | usage,
    }
