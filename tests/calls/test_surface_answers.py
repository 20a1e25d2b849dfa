"""Answers of each surface as those of the Messages API, and back."""

import base64
import json
from typing import Any

import pytest

from harness.calls.answer import read_message, read_stream
from harness.calls.converse_answers import converse_to_message, usage_from_converse, usage_to_converse
from harness.calls.event_stream import decode_frames, encode_frame, make_event, make_exception
from harness.calls.events import read_events
from harness.calls.surface_answers import from_messages_answer, to_messages_answer
from harness.calls.surface_requests import from_messages_body, message_body, to_messages_request
from harness.emulator.events import write_events
from harness.numbers import read_object
from harness.provider.endpoints import Endpoint, find_endpoint
from harness.provider.usage import Usage

MODEL = "us.anthropic.claude-opus-5"
PATHS = {
    "messages": "/v1/messages",
    "invoke": f"/model/{MODEL}/invoke",
    "invoke-stream": f"/model/{MODEL}/invoke-with-response-stream",
    "converse": f"/model/{MODEL}/converse",
    "converse-stream": f"/model/{MODEL}/converse-stream",
    "vertex": "/v1/projects/p/locations/global/publishers/anthropic/models/claude-opus-5:streamRawPredict",
}
USAGE = {
    "input_tokens": 5,
    "output_tokens": 7,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 60,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 40},
}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5",
    "content": [
        {"type": "text", "text": "Hello " * 50},
        {"type": "tool_use", "id": "t1", "name": "find", "input": {"b": [1], "a": "é"}},
    ],
    "stop_reason": "tool_use",
    "usage": USAGE,
}
JSON = {"content-type": "application/json", "request-id": "req_1"}
SSE = {"content-type": "text/event-stream; charset=utf-8", "request-id": "req_1"}


def endpoint(name: str) -> Endpoint:
    found = find_endpoint("POST", PATHS[name])
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["invoke", "converse"])
def test_whole_answer_goes_there_and_back(name: str) -> None:
    headers, chunks = from_messages_answer(endpoint(name), 200, JSON, [json.dumps(MESSAGE).encode()])
    headers, body = to_messages_answer(endpoint(name), headers, b"".join(chunks))
    answer = read_message(read_object(body) or {})
    expected = read_message(MESSAGE)
    assert (answer.content, answer.stop_reason, answer.usage) == (
        expected.content,
        expected.stop_reason,
        expected.usage,
    )


@pytest.mark.parametrize("name", ["messages", "invoke-stream", "converse-stream", "vertex"])
def test_stream_goes_there_and_back(name: str) -> None:
    headers, chunks = from_messages_answer(endpoint(name), 200, SSE, write_events(MESSAGE))
    headers, body = to_messages_answer(endpoint(name), headers, b"".join(chunks))
    answer = read_stream(read_events(body))
    assert headers["content-type"] == SSE["content-type"]
    assert [dict(block) for block in answer.content] == MESSAGE["content"]
    assert (answer.stop_reason, answer.usage) == ("tool_use", Usage.from_api(USAGE))


def test_thinking_in_a_stream_of_converse_is_read() -> None:
    events = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"reasoningContent": {"redactedContent": "AA"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"text": "Yes"}}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}, "metrics": {"latencyMs": 1}}),
    ]
    body = b"".join(encode_frame(make_event(kind, json.dumps(data).encode())) for kind, data in events)
    _, body = to_messages_answer(endpoint("converse-stream"), AWS, body)
    answer = read_stream(read_events(body))
    assert answer.content == (
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "AA"},
        {"type": "text", "text": "Yes"},
    )
    assert answer.usage == Usage(input_tokens=3, output_tokens=2)


def test_thinking_of_converse_goes_there_and_back() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "AA"},
    ]
    message = MESSAGE | {"content": blocks}
    _, chunks = from_messages_answer(endpoint("converse"), 200, JSON, [json.dumps(message).encode()])
    _, body = to_messages_answer(endpoint("converse"), JSON, b"".join(chunks))
    assert (read_object(body) or {})["content"] == blocks


AWS = {"content-type": "application/vnd.amazon.eventstream"}


def test_stream_that_was_cut_off_has_no_usage() -> None:
    headers, chunks = from_messages_answer(endpoint("converse-stream"), 200, SSE, write_events(MESSAGE))
    _, body = to_messages_answer(endpoint("converse-stream"), headers, b"".join(chunks[:-1]) + chunks[-1][:9])
    answer = read_stream(read_events(body))
    assert answer.text == "Hello " * 50
    assert answer.usage.unknown


@pytest.mark.parametrize("name", ["invoke-stream", "converse-stream"])
def test_exception_in_a_stream_is_its_error(name: str) -> None:
    error = b'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    headers, chunks = from_messages_answer(endpoint(name), 200, SSE, [error])
    assert [(frame.type, frame.payload) for frame in decode_frames(b"".join(chunks))] == [
        ("serviceUnavailableException", b'{"message":"Overloaded"}')
    ]
    _, body = to_messages_answer(endpoint(name), headers, b"".join(chunks))
    assert read_events(body) == [
        {"type": "error", "error": {"type": "serviceUnavailableException", "message": "Overloaded"}}
    ]


def test_exception_of_aws_ends_a_stream_of_chunks() -> None:
    chunk = base64.b64encode(b'{"type":"ping"}').decode()
    frames = [make_event("chunk", json.dumps({"bytes": chunk}).encode()), make_exception("throttlingException", b"{}")]
    _, body = to_messages_answer(endpoint("invoke-stream"), AWS, b"".join(map(encode_frame, frames)))
    assert [event["type"] for event in read_events(body)] == ["ping", "error"]


@pytest.mark.parametrize(
    "body",
    [
        b"no frames of anything",
        encode_frame(make_event("chunk", b'{"bytes":"!"}')),
        encode_frame(make_event("chunk", b"{}")),
    ],
)
def test_damaged_stream_is_left(body: bytes) -> None:
    assert to_messages_answer(endpoint("invoke-stream"), AWS, body) == (AWS, body)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "ValidationException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottlingException"),
        (529, "ServiceUnavailableException"),
    ],
)
def test_error_has_the_form_of_aws(status: int, name: str) -> None:
    error = {"type": "error", "error": {"type": "x", "message": "No."}}
    for where in ("invoke", "converse-stream"):
        headers, chunks = from_messages_answer(endpoint(where), status, JSON, [json.dumps(error).encode()])
        assert headers["x-amzn-errortype"] == name
        assert chunks == (b'{"message":"No."}',)
    headers, chunks = from_messages_answer(endpoint("vertex"), status, JSON, [json.dumps(error).encode()])
    assert (headers, chunks) == (JSON, (json.dumps(error).encode(),))


def test_usage_of_converse_counts_what_is_read_and_written_apart() -> None:
    usage = {
        "inputTokens": 5,
        "outputTokens": 7,
        "totalTokens": 172,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 60,
        "cacheDetails": [{"inputTokens": 40, "ttl": "1h"}, {"inputTokens": 20, "ttl": "5m"}],
    }
    assert usage_from_converse(usage) == USAGE
    assert usage_to_converse(USAGE) == usage


def test_key_of_a_usage_that_is_not_known_is_reported() -> None:
    usage = usage_from_converse({"inputTokens": 5, "outputTokens": 7, "magicTokens": 3})
    assert "magicTokens" in str(Usage.from_api(usage).unknown)


def test_service_tier_of_converse_sets_the_rate() -> None:
    answer: dict[str, Any] = {"usage": {"inputTokens": 5, "outputTokens": 7}}
    assert converse_to_message(answer | {"serviceTier": {"type": "default"}})["usage"]["service_tier"] == "standard"
    assert converse_to_message(answer | {"serviceTier": {"type": "flex"}})["usage"]["service_tier"] == "flex"
    assert converse_to_message({})["usage"] is None


def test_block_that_is_not_known_keeps_its_name() -> None:
    answer = {"output": {"message": {"content": [{"video": {"format": "mp4"}}]}}}
    assert converse_to_message(answer)["content"] == [{"type": "video", "video": {"format": "mp4"}}]


# --- requests ------------------------------------------------------------------------------------------------

BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("invoke", {"model": MODEL}),
        ("invoke-stream", {"model": MODEL, "stream": True}),
        ("vertex", {"model": "locations/global/publishers/anthropic/models/claude-opus-5", "stream": True}),
    ],
)
def test_body_of_a_cloud_gets_the_model_of_the_path(name: str, more: dict[str, Any]) -> None:
    body = json.dumps(BODY, separators=(",", ":")).encode()
    translated = message_body("POST", PATHS[name], body)
    assert json.loads(translated) == BODY | more
    assert to_messages_request("POST", PATHS[name], body) == ("/v1/messages", translated)
    if name != "vertex":
        assert from_messages_body(endpoint(name), translated) == body


def test_body_of_converse_is_translated_and_needs_no_length() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}).encode()
    translated = json.loads(message_body("POST", PATHS["converse"], body))
    assert translated == {"model": MODEL, "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}
    assert json.loads(to_messages_request("POST", PATHS["converse"], body)[1]) == translated | {"max_tokens": 4096}
    assert from_messages_body(endpoint("converse"), body) is None


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/messages", b'{"model": "a"}', "/v1/messages"),
        ("/gateway/v1/messages/count_tokens", b"{}", "/v1/messages/count_tokens"),
        ("/v1/models", b"", "/v1/models"),
        ("/v1/messages/batches", b"{}", "/v1/messages/batches"),
        (PATHS["invoke"], b"no JSON", "/v1/messages"),
        (PATHS["converse"], b"[]", "/v1/messages"),
    ],
)
def test_other_bodies_are_left(path: str, body: bytes, expected: str) -> None:
    assert message_body("POST", path, body) == body
    assert to_messages_request("POST", path, body) == (expected, body)


def test_request_that_has_no_counterpart_keeps_its_parameters() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": [{"video": {}}]}]}).encode()
    assert json.loads(message_body("POST", PATHS["converse"], body)) == {"modelId": MODEL, **json.loads(body)}


@pytest.mark.parametrize(
    "answer",
    [
        {
            "output": {"message": {"content": 1}},
            "usage": {"inputTokens": 1, "cacheDetails": [{"ttl": [], "inputTokens": 1}]},
        },
        {"output": [], "usage": [], "serviceTier": 1},
        {"output": {"message": {"content": [None, {}]}}, "usage": {}, "serviceTier": {"type": ["a"]}},
    ],
)
def test_answer_of_another_shape_is_read_without_an_error(answer: dict[str, Any]) -> None:
    assert converse_to_message(answer)["role"] == "assistant"


def test_event_of_another_shape_is_read_without_an_error() -> None:
    frames = [make_event("contentBlockDelta", b'{"contentBlockIndex":{},"delta":1}'), make_event("metadata", b"[]")]
    _, body = to_messages_answer(endpoint("converse-stream"), AWS, b"".join(map(encode_frame, frames)))
    assert read_stream(read_events(body)).usage.unknown
