import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.emulator.core import Emulator
from harness.emulator.http import HttpAnswer
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider.models import find_model
from tests.conftest import Clock

MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
LONG = "You compare resumes with jobs, carefully and briefly. " * 100
ANSWER = "This is the emulator's answer to a message of 5 characters."


def text(content: str, mark: Mapping[str, str] | None = None) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": content}
    return block | {"cache_control": mark} if mark else block


def body(**changes: Any) -> bytes:
    request = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 256,
        "system": [text(LONG, MARK)],
        "messages": [{"role": "user", "content": "Hello"}],
    }
    return json.dumps(request | changes).encode()


def send(emulator: Emulator, request: bytes, path: str = "/v1/messages", method: str = "POST") -> HttpAnswer:
    return emulator.handle(method, path, request)


def parse(answer: HttpAnswer) -> dict[str, Any]:
    return json.loads(b"".join(answer.chunks))


def usage(emulator: Emulator, **changes: Any) -> dict[str, Any]:
    answer = send(emulator, body(**changes))
    assert answer.status == 200, answer
    return parse(answer)["usage"]


def events(answer: HttpAnswer) -> list[dict[str, Any]]:
    return [json.loads(chunk.decode().split("data: ", 1)[1]) for chunk in answer.chunks]


def read_and_written(emulator: Emulator, **changes: Any) -> tuple[bool, bool]:
    billed = usage(emulator, **changes)
    return billed["cache_read_input_tokens"] > 0, billed["cache_creation_input_tokens"] > 0


# --- answers -------------------------------------------------------------------------------------------------


def test_an_answer_has_the_shape_of_the_api(emulator: Emulator) -> None:
    answer = send(emulator, body(system="Be brief."))
    message = parse(answer)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["request-id"].startswith("req_emulated_")
    assert message.pop("id").startswith("msg_emulated_")
    assert message == {
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": message["usage"]["input_tokens"],
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": message["usage"]["output_tokens"],
            "output_tokens_details": {"thinking_tokens": 0},
            "server_tool_use": None,
            "service_tier": "standard",
            "inference_geo": "global",
        },
        "diagnostics": None,
    }
    assert message["usage"]["input_tokens"] > 0
    assert message["usage"]["output_tokens"] > 0


def test_a_responder_may_be_given(count_text: TextCounter, clock: Clock) -> None:
    emulator = Emulator(
        reader=PromptReader(count_text), clock=clock, responder=lambda request: f"model {request['model']}"
    )
    assert parse(send(emulator, body()))["content"] == [text("model claude-sonnet-5-5")]


def test_an_answer_longer_than_max_tokens_stops_there(emulator: Emulator) -> None:
    message = parse(send(emulator, body(max_tokens=3)))
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 3)


def test_max_tokens_of_zero_warms_the_prompt_cache_and_answers_nothing(emulator: Emulator) -> None:
    message = parse(send(emulator, body(max_tokens=0)))
    assert (message["content"], message["stop_reason"], message["usage"]["output_tokens"]) == ([], "max_tokens", 0)
    assert read_and_written(emulator) == (True, False)


# --- determinism ---------------------------------------------------------------------------------------------


def test_the_same_requests_in_the_same_order_give_the_same_bytes(count_text: TextCounter) -> None:
    requests = [body(), body(stream=True), body(), b"{", body(messages=[{"role": "user", "content": "Other"}])]
    runs = []
    for _ in range(2):
        emulator = Emulator(reader=PromptReader(count_text), clock=Clock())
        runs.append([send(emulator, request) for request in requests])
    assert runs[0] == runs[1]


def test_each_answer_has_ids_of_its_own(emulator: Emulator) -> None:
    answers = [send(emulator, body()) for _ in range(3)]
    assert len({parse(answer)["id"] for answer in answers}) == 3
    assert len({answer.headers["request-id"] for answer in answers}) == 3


# --- usage ---------------------------------------------------------------------------------------------------


def test_of_two_equal_calls_the_first_writes_what_the_second_reads(emulator: Emulator) -> None:
    first, second = usage(emulator), usage(emulator)
    written = first["cache_creation_input_tokens"]
    assert written > 1_000
    assert first["cache_read_input_tokens"] == 0
    assert first["cache_creation"] == {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0}
    assert (second["cache_read_input_tokens"], second["cache_creation_input_tokens"]) == (written, 0)
    assert second["cache_creation"] == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
    assert first["input_tokens"] == second["input_tokens"]


def test_a_dynamic_message_behind_the_breakpoint_keeps_the_read(emulator: Emulator) -> None:
    usage(emulator)
    assert read_and_written(emulator, messages=[{"role": "user", "content": "Something else"}]) == (True, False)


# What changes from the first call to the second; whether the second reads, writes.
CHANGES: tuple[tuple[str, dict[str, Any], tuple[bool, bool]], ...] = (
    ("one character of the system prompt", {"system": [text(LONG + "!", MARK)]}, (False, True)),
    ("the model", {"model": "claude-opus-5-5"}, (False, True)),
    ("no breakpoint", {"system": [text(LONG)]}, (False, False)),
    ("a tool in front", {"tools": [{"name": "a", "input_schema": {"type": "object"}}]}, (False, True)),
    ("max_tokens", {"max_tokens": 99}, (True, False)),
    ("stop_sequences", {"stop_sequences": ["END"]}, (True, False)),
    ("one hour instead of five minutes", {"system": [text(LONG, HOUR)]}, (False, True)),
)


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_change_reads_or_writes_by_the_rules(
    emulator: Emulator, change: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    usage(emulator)
    assert read_and_written(emulator, **change) == expected


@pytest.mark.parametrize(
    ("mark", "gap", "is_read"),
    [(MARK, 0.0, True), (MARK, 299.0, True), (MARK, 301.0, False), (HOUR, 301.0, True), (HOUR, 3601.0, False)],
)
def test_an_entry_lives_as_long_as_its_ttl(
    emulator: Emulator, clock: Clock, mark: dict[str, str], gap: float, is_read: bool
) -> None:
    system = [text(LONG, mark)]
    usage(emulator, system=system)
    clock.now += gap
    assert read_and_written(emulator, system=system) == (is_read, not is_read)


def test_each_read_restarts_the_lifetime(emulator: Emulator, clock: Clock) -> None:
    usage(emulator)
    for _ in range(5):
        clock.now += 200.0
        assert read_and_written(emulator) == (True, False)


@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-sonnet-4-5", "claude-opus-4-7", "claude-haiku-4-5"])
def test_the_shortest_prefix_that_is_written_has_the_models_minimum(clock: Clock, model: str) -> None:
    minimum = find_model(model).min_cacheable_tokens
    emulator = Emulator(reader=PromptReader(lambda content, _: len(content)), clock=clock)
    written = [
        usage(emulator, model=model, system=[text("x" * length, MARK)])["cache_creation_input_tokens"]
        for length in range(minimum - 40, minimum + 1)
    ]
    assert written[0] == 0
    assert next(tokens for tokens in written if tokens) == minimum


def test_a_write_counts_by_ttl(emulator: Emulator) -> None:
    billed = usage(emulator, system=[text(LONG, HOUR), text(LONG, MARK)])
    split = billed["cache_creation"]
    assert split["ephemeral_1h_input_tokens"] > 1_000
    assert split["ephemeral_5m_input_tokens"] > 1_000
    assert billed["cache_creation_input_tokens"] == sum(split.values())


# --- streams -------------------------------------------------------------------------------------------------


def test_a_stream_has_the_events_of_the_api_in_order(emulator: Emulator) -> None:
    answer = send(emulator, body(stream=True))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [event["type"] for event in events(answer)] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert [chunk.decode().split("\n", 1)[0] for chunk in answer.chunks] == [
        f"event: {event['type']}" for event in events(answer)
    ]
    assert all(chunk.endswith(b"\n\n") for chunk in answer.chunks)


@pytest.mark.parametrize("length", [1, 119, 120, 121, 1_000])
def test_the_pieces_of_a_stream_make_the_whole_text(count_text: TextCounter, clock: Clock, length: int) -> None:
    answer_text = "ü\n" * (length // 2) + "x" * (length % 2)
    emulator = Emulator(reader=PromptReader(count_text), clock=clock, responder=lambda _: answer_text)
    deltas = [
        event["delta"]
        for event in events(send(emulator, body(stream=True, max_tokens=4096)))
        if "index" in event and "delta" in event
    ]
    assert "".join(delta["text"] for delta in deltas) == answer_text
    assert {delta["type"] for delta in deltas} == {"text_delta"}
    assert all(len(delta["text"]) <= 120 for delta in deltas)


def test_a_stream_is_billed_like_a_plain_call(count_text: TextCounter) -> None:
    plain = usage(Emulator(reader=PromptReader(count_text), clock=Clock()))
    streamed = events(send(Emulator(reader=PromptReader(count_text), clock=Clock()), body(stream=True)))
    opening, closing = streamed[0]["message"]["usage"], streamed[-2]["usage"]
    details = plain.pop("output_tokens_details")
    assert {**opening, "output_tokens": plain["output_tokens"]} == plain
    assert closing.pop("output_tokens_details") == details
    assert closing == {key: plain[key] for key in closing}
    assert closing.keys() == {
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
    }


def test_a_stream_writes_what_a_plain_call_reads(emulator: Emulator) -> None:
    send(emulator, body(stream=True))
    assert read_and_written(emulator) == (True, False)


def test_an_empty_answer_streams_no_content_block(count_text: TextCounter, clock: Clock) -> None:
    emulator = Emulator(reader=PromptReader(count_text), clock=clock, responder=lambda _: "")
    assert [event["type"] for event in events(send(emulator, body(stream=True)))] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]


# --- count_tokens --------------------------------------------------------------------------------------------


def test_count_tokens_gives_what_the_call_is_billed_in_all(emulator: Emulator) -> None:
    request = json.loads(body())
    del request["max_tokens"]
    counted = parse(send(emulator, json.dumps(request).encode(), "/v1/messages/count_tokens"))
    billed = usage(emulator)
    assert counted == {
        "input_tokens": billed["input_tokens"]
        + billed["cache_creation_input_tokens"]
        + billed["cache_read_input_tokens"]
    }


def test_count_tokens_writes_nothing(emulator: Emulator) -> None:
    send(emulator, body(), "/v1/messages/count_tokens")
    assert read_and_written(emulator) == (False, True)


# --- errors --------------------------------------------------------------------------------------------------

FIVE = [text(f"part {number}", MARK) for number in range(5)]

ERRORS: tuple[tuple[str, bytes, str], ...] = (
    (
        "five breakpoints",
        body(system=FIVE),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    (
        "four breakpoints and the automatic one",
        body(system=FIVE[:4], cache_control=MARK),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    (
        "an hour behind five minutes",
        body(system=[text(LONG, MARK), text(LONG, HOUR)]),
        "system.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control "
        "block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    ),
    (
        "a marker on empty text",
        body(system=[text("", MARK)]),
        "system.0: cache_control cannot be set for empty text blocks",
    ),
    ("no model", body(model=None), "model: Field required"),
    ("no max_tokens", body(max_tokens=None), "max_tokens: Field required"),
    ("no messages", body(messages=[]), "messages: at least one message is required"),
    ("a list", b"[]", "The request body is not a JSON object"),
    (
        "half a body",
        b"{",
        "The request body is not valid JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
    ),
)


@pytest.mark.parametrize(("request_body", "message"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_a_bad_request_gets_the_error_of_the_api(emulator: Emulator, request_body: bytes, message: str) -> None:
    answer = send(emulator, request_body)
    assert answer.status == 400
    assert parse(answer) == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": message},
        "request_id": answer.headers["request-id"],
    }


@pytest.mark.parametrize(
    "path", ["/v1/complete", "/", "/v1/messages/other", "/v1/messages/batches/a/b", "/v2/messages"]
)
def test_what_is_not_served_is_not_found(emulator: Emulator, path: str) -> None:
    answer = send(emulator, body(), path)
    assert answer.status == 404
    assert parse(answer)["error"] == {"type": "not_found_error", "message": "Not Found"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/messages"),
        ("DELETE", "/v1/messages"),
        ("GET", "/v1/messages/count_tokens"),
        ("POST", "/v1/models"),
        ("PUT", "/v1/messages/batches"),
    ],
)
def test_another_method_is_not_allowed(emulator: Emulator, method: str, path: str) -> None:
    answer = send(emulator, body(), path, method)
    assert answer.status == 405
    assert parse(answer)["error"] == {"type": "invalid_request_error", "message": "Method Not Allowed"}


@pytest.mark.parametrize("prefix", ["/anthropic", "/gateway/claude", "/v1/projects/p/invoke"])
def test_a_gateways_path_may_come_before_that_of_the_api(emulator: Emulator, prefix: str) -> None:
    assert send(emulator, body(), f"{prefix}/v1/messages").status == 200
    assert send(emulator, body(), f"{prefix}/v1/messages/count_tokens").status == 200
    assert send(emulator, b"", f"{prefix}/v1/models", "GET").status == 200


@pytest.mark.parametrize("path", ["/v1/messages?beta=true", "/v1/messages/"])
def test_a_query_or_a_final_slash_does_not_matter(emulator: Emulator, path: str) -> None:
    assert send(emulator, body(), path).status == 200


def test_four_breakpoints_are_accepted(emulator: Emulator) -> None:
    assert send(emulator, body(system=FIVE[:4])).status == 200


def test_a_rejected_request_writes_nothing(emulator: Emulator) -> None:
    send(emulator, body(max_tokens=None))
    assert read_and_written(emulator) == (False, True)


# Malformed bodies that the API rejects with 400: the emulator must not raise an exception.
WRONG_SHAPES: tuple[dict[str, Any], ...] = (
    {"tool_choice": "auto"},
    {"thinking": "enabled"},
    {"thinking": [1]},
    {"output_config": "high"},
    {"output_format": 3},
    {"cache_control": "ephemeral"},
    {"tools": "search"},
    {"tools": [1]},
    {"system": 5},
    {"system": ["text"]},
    {"messages": "Hello"},
    {"messages": ["Hello"]},
    {"messages": [{"role": "user"}]},
    {"messages": [{"role": 5, "content": "Hello"}]},
    {"messages": [{"role": "user", "content": 5}]},
    {"messages": [{"role": "user", "content": [5]}]},
    {"messages": [{"role": "user", "content": "\ud800"}]},
    {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": 5}]}]},
    {"messages": [{"role": "user", "content": [{"type": "document", "citations": "yes"}]}]},
)


@pytest.mark.parametrize("shape", WRONG_SHAPES, ids=json.dumps)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_a_body_of_the_wrong_shape_is_refused_and_never_crashes(
    emulator: Emulator, path: str, shape: dict[str, Any]
) -> None:
    answer = send(emulator, body(**shape), path)
    is_ignored = path.endswith("count_tokens") and "max_tokens" in shape
    assert answer.status == (200 if is_ignored else 400)


@given(st.binary(max_size=60))
def test_any_bytes_get_an_answer(request_body: bytes) -> None:
    emulator = Emulator(reader=PromptReader(lambda content, _: len(content)), clock=Clock())
    assert send(emulator, request_body).status == 400


@pytest.mark.parametrize("maximum", [-5, "10", True])
def test_a_message_without_a_usable_max_tokens_is_refused(emulator: Emulator, maximum: Any) -> None:
    answer = emulator.handle("POST", "/v1/messages", body(max_tokens=maximum))
    assert answer.status == 400
