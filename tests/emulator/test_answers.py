"""What may answer a request, and how the limits of the request end it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic

from harness.emulator.answers import CallTool, Plan, Reply
from harness.emulator.core import Emulator
from harness.emulator.faults import Fault
from harness.emulator.http import read_whole
from harness.emulator.script import Rule
from tests.emulator.test_core import body, events, parse, send

CITY: dict[str, Any] = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TEXT = {"type": "text", "text": "Hello there, friend."}


def answer(emulator: Emulator, reply: Reply, **changes: Any) -> dict[str, Any]:
    emulator.script.add(Rule(answer=reply, times=1))
    return parse(send(emulator, body(**changes)))


def results(*ids: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": one, "content": "5"} for one in ids]}


ANSWERS: tuple[tuple[str, Reply, list[str], str], ...] = (
    ("text", "Hello", ["text"], "end_turn"),
    ("pieces of text", iter(("Hel", "lo")), ["text"], "end_turn"),
    ("blocks", [TEXT, {"type": "tool_use", "name": "get_weather", "input": {}}], ["text", "tool_use"], "tool_use"),
    ("a call", CallTool("get_weather", {"city": "Oslo"}), ["tool_use"], "tool_use"),
    ("a message", {"content": [TEXT], "stop_reason": "refusal"}, ["text"], "refusal"),
    ("nothing", "", [], "end_turn"),
)


@pytest.mark.parametrize(("reply", "types", "reason"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer_has_the_blocks_and_the_end_that_were_asked_for(
    emulator: Emulator, reply: Reply, types: list[str], reason: str
) -> None:
    message = answer(emulator, reply, tools=[CITY])
    assert ([block["type"] for block in message["content"]], message["stop_reason"]) == (types, reason)


def test_a_whole_message_may_say_what_it_used(emulator: Emulator) -> None:
    message = answer(emulator, {"content": [TEXT], "usage": {"output_tokens": 7}})
    assert message["usage"]["output_tokens"] == 7
    assert message["usage"]["cache_creation_input_tokens"] > 1_000


def test_a_call_without_input_gets_one_that_fits_the_schema(emulator: Emulator) -> None:
    (block,) = answer(emulator, CallTool("get_weather"), tools=[CITY])["content"]
    assert block["input"] == {"city": "x"}


def test_blocks_of_one_answer_have_ids_of_their_own(emulator: Emulator) -> None:
    call = {"type": "tool_use", "name": "get_weather", "input": {"city": "Oslo"}}
    content = answer(emulator, [call, call], tools=[CITY])["content"]
    assert len({block["id"] for block in content}) == 2


ERRORS: tuple[tuple[str, Reply, int, str, str], ...] = (
    ("a status", Fault(status=529), 529, "overloaded_error", "Overloaded"),
    (
        "the API's own form",
        {"type": "error", "error": {"type": "billing_error", "message": "No credit"}},
        402,
        "billing_error",
        "No credit",
    ),
    ("a type that is not known", {"error": {"type": "new_error", "message": "New"}}, 500, "new_error", "New"),
    (
        "a tool that is not offered",
        CallTool("find_job"),
        400,
        "invalid_request_error",
        "The answer calls the tool 'find_job', which the request does not offer; its tools: 'get_weather'",
    ),
    (
        "no form at all",
        {"text": "Hello"},
        400,
        "invalid_request_error",
        "an answer has the keys text; expected content or error",
    ),
)


@pytest.mark.parametrize(
    ("reply", "status", "kind", "message"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS]
)
def test_an_error_answers_and_writes_nothing(
    emulator: Emulator, reply: Reply, status: int, kind: str, message: str
) -> None:
    emulator.script.add(Rule(answer=reply, times=1))
    refused = send(emulator, body(tools=[CITY]))
    assert (refused.status, parse(refused)["error"]) == (status, {"type": kind, "message": message})
    assert parse(send(emulator, body(tools=[CITY])))["usage"]["cache_read_input_tokens"] == 0


def test_a_plan_calls_a_tool_and_then_answers_its_result(emulator: Emulator) -> None:
    emulator.script.add(Rule(answer=Plan(CallTool("get_weather"), CallTool("get_weather"), "It is 5 degrees.")))
    messages: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather?"}]
    reasons = []
    for _ in range(3):
        message = parse(send(emulator, body(tools=[CITY], messages=messages)))
        reasons.append(message["stop_reason"])
        messages.append({"role": "assistant", "content": message["content"]})
        messages.append(results(*(block["id"] for block in message["content"] if block["type"] == "tool_use")))
    assert reasons == ["tool_use", "tool_use", "end_turn"]


def test_a_plan_begins_again_with_the_next_question(emulator: Emulator) -> None:
    plan = Plan(CallTool("get_weather"), "Cold.")
    asked = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    assert answer(emulator, plan, tools=[CITY], messages=asked)["stop_reason"] == "tool_use"


# --- limits --------------------------------------------------------------------------------------------------


def test_a_text_ends_before_the_stop_sequence_that_comes_first(emulator: Emulator) -> None:
    message = answer(emulator, "one two three", stop_sequences=["three", "two"])
    assert (message["content"][0]["text"], message["stop_reason"], message["stop_sequence"]) == (
        "one ",
        "stop_sequence",
        "two",
    )


def test_a_stop_sequence_also_ends_a_stream(emulator: Emulator) -> None:
    emulator.script.add(Rule(answer="one two three"))
    streamed = events(send(emulator, body(stream=True, stop_sequences=["two"])))
    assert streamed[-2]["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "two"}


@pytest.mark.parametrize("stream", [False, True])
def test_max_tokens_cuts_the_text(emulator: Emulator, stream: bool) -> None:
    emulator.script.add(Rule(answer="word " * 500))
    sent = send(emulator, body(max_tokens=50, stream=stream))
    if stream:
        text = "".join(
            event["delta"].get("text", "") for event in events(sent) if "index" in event and "delta" in event
        )
    else:
        text = parse(sent)["content"][0]["text"]
    assert 100 < len(text) < 300


@pytest.mark.parametrize("thinking", [{"type": "adaptive"}, {"type": "adaptive", "display": "omitted"}])
def test_a_request_that_asks_for_thinking_gets_a_block_of_it_first(
    emulator: Emulator, thinking: dict[str, str]
) -> None:
    message = parse(send(emulator, body(thinking=thinking)))
    block, text = message["content"]
    assert (block["type"], text["type"]) == ("thinking", "text")
    assert bool(block["thinking"]) == ("display" not in thinking)
    assert len(block["signature"]) > 50
    details = message["usage"]["output_tokens_details"]
    assert 0 < details["thinking_tokens"] < message["usage"]["output_tokens"]


def test_thinking_is_streamed_with_its_signature(emulator: Emulator) -> None:
    streamed = events(send(emulator, body(thinking={"type": "adaptive"}, stream=True)))
    kinds = [event["delta"]["type"] for event in streamed if event["type"] == "content_block_delta"]
    assert kinds == ["thinking_delta", "signature_delta", "text_delta"]


SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1}},
    "required": ["score"],
    "additionalProperties": False,
}


def test_structured_output_fits_the_schema(emulator: Emulator) -> None:
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    (block,) = parse(send(emulator, body(output_config=config)))["content"]
    assert json.loads(block["text"]) == {"score": 1}


# --- made while it is read -----------------------------------------------------------------------------------


def test_a_stream_begins_before_its_text_is_made(emulator: Emulator) -> None:
    made = []

    def write() -> Iterator[str]:
        for piece in ("Hel", "lo"):
            made.append(piece)
            yield piece

    emulator.script.add(Rule(answer=write()))
    sent = iter(send(emulator, body(stream=True)).chunks)
    assert b"message_start" in next(sent)  # type: ignore[operator]
    assert made == []
    rest = [json.loads(chunk.decode().split("data: ", 1)[1]) for chunk in sent]  # type: ignore[union-attr]
    assert made == ["Hel", "lo"]
    assert [event["delta"]["text"] for event in rest if event["type"] == "content_block_delta"] == ["Hel", "lo"]
    assert rest[-2]["usage"]["output_tokens"] > 4


def test_the_sdk_reads_every_kind_of_block(anthropic: Anthropic, emulator: Emulator) -> None:
    emulator.script.add(Rule(answer=[{"type": "thinking", "thinking": "Hm", "signature": "s"}, TEXT]))
    emulator_request = json.loads(body())
    with anthropic.messages.stream(**emulator_request) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]


def test_a_dropped_stream_is_read_up_to_there(emulator: Emulator) -> None:
    emulator.script.add(Rule(fault=Fault(cut_after=2)))
    chunks, is_dropped = read_whole(send(emulator, body(stream=True)))
    assert (len(chunks), is_dropped) == (2, True)
