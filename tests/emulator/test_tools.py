"""Answers of the emulator to requests with tools, as bytes and through the unchanged SDK."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from anthropic import Anthropic

from harness.emulator.core import Emulator
from harness.emulator.tools import ToolCall, count_call, forced_call
from harness.errors import RequestError
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider.models import find_model
from tests.conftest import Clock
from tests.emulator.test_core import body, events, parse, read_and_written, send

# The newest models do not accept a forced choice.
MODEL = "claude-sonnet-4-6"
FIND_JOB: dict[str, Any] = {
    "name": "find_job",
    "description": "Find a job by its title.",
    "input_schema": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "level": {"enum": ["junior", "senior"]},
            "years": {"type": "integer", "minimum": 3},
        },
        "required": ["title", "level", "years"],
    },
}
ARGUMENTS = {"title": "x", "level": "junior", "years": 3}
LIST_JOBS: dict[str, Any] = {"name": "list_jobs", "input_schema": {"type": "object"}}
SEARCH: dict[str, Any] = {"type": "web_search_20250305", "name": "web_search"}
FETCH: dict[str, Any] = {"type": "web_fetch_20250910", "name": "web_fetch"}
NAMED = {"type": "tool", "name": "find_job"}
ANY = {"type": "any"}
HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}


def with_tools(**changes: Any) -> bytes:
    return body(**{"model": MODEL, "tools": [FIND_JOB, LIST_JOBS], "tool_choice": NAMED} | changes)


# --- which call ----------------------------------------------------------------------------------------------

CHOICES: tuple[tuple[str, list[dict[str, Any]], dict[str, Any] | None, tuple[str, dict[str, Any]] | None], ...] = (
    ("a named tool", [LIST_JOBS, FIND_JOB], NAMED, ("find_job", ARGUMENTS)),
    ("any tool is the first", [FIND_JOB, LIST_JOBS], ANY, ("find_job", ARGUMENTS)),
    ("any tool that is described", [SEARCH, LIST_JOBS], ANY, ("list_jobs", {})),
    ("a schema that gives no object", [{"name": "find_job", "input_schema": {"const": 1}}], NAMED, ("find_job", {})),
    ("auto", [FIND_JOB], {"type": "auto"}, None),
    ("none", [FIND_JOB], {"type": "none"}, None),
    ("nothing chosen", [FIND_JOB], None, None),
)


@pytest.mark.parametrize(("tools", "choice", "call"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
def test_a_forced_choice_makes_a_call(
    tools: list[dict[str, Any]], choice: dict[str, Any] | None, call: tuple[str, dict[str, Any]] | None
) -> None:
    made = forced_call({"tools": tools, "tool_choice": choice})
    assert (made and (made.name, made.input)) == call


REFUSED: tuple[tuple[str, list[dict[str, Any]], dict[str, Any], str], ...] = (
    (
        "a named tool without a schema",
        [LIST_JOBS, SEARCH],
        {"type": "tool", "name": "web_search"},
        "The emulator cannot call 'web_search': it needs a tool with an input_schema",
    ),
    (
        "no tool with a schema",
        [SEARCH, FETCH],
        ANY,
        "The emulator cannot call 'web_search', 'web_fetch': it needs a tool with an input_schema",
    ),
    (
        "no name",
        [{"type": "computer_toolset_20260801"}],
        ANY,
        "The emulator cannot call the tools of a toolset or server: it needs a tool with an input_schema",
    ),
    (
        "no input that ends",
        [
            {
                "name": "find_job",
                "input_schema": {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
            }
        ],
        NAMED,
        "input_schema: a definition requires itself, so no finite input exists",
    ),
)


@pytest.mark.parametrize(("tools", "choice", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_choice_that_cannot_be_met_is_refused_and_writes_nothing(
    emulator: Emulator, tools: list[dict[str, Any]], choice: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError) as caught:
        forced_call({"tools": tools, "tool_choice": choice})
    assert caught.value.message == message
    answer = send(emulator, with_tools(tools=tools, tool_choice=choice))
    assert answer.status == 400
    assert parse(answer)["error"] == {"type": "invalid_request_error", "message": message}
    assert read_and_written(emulator, model=MODEL, tools=tools) == (False, True)


# --- answers -------------------------------------------------------------------------------------------------


def test_a_forced_call_has_the_shape_of_the_api(emulator: Emulator) -> None:
    message = parse(send(emulator, with_tools()))
    (block,) = message["content"]
    assert message["stop_reason"] == "tool_use"
    assert block.pop("id").startswith("toolu_emulated_")
    assert block == {"type": "tool_use", "name": "find_job", "input": ARGUMENTS, "caller": {"type": "direct"}}


@pytest.mark.parametrize("choice", [None, {"type": "auto"}, {"type": "none"}])
def test_a_choice_that_is_left_to_the_model_gets_text(emulator: Emulator, choice: dict[str, Any] | None) -> None:
    message = parse(send(emulator, with_tools(tool_choice=choice)))
    assert ([block["type"] for block in message["content"]], message["stop_reason"]) == (["text"], "end_turn")


def test_the_same_requests_in_the_same_order_make_the_same_calls(count_text: TextCounter) -> None:
    runs = []
    for _ in range(2):
        emulator = Emulator(reader=PromptReader(count_text), clock=Clock())
        runs.append([parse(send(emulator, with_tools()))["content"][0]["id"] for _ in range(3)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


def test_a_call_reads_and_writes_the_prompt_cache_like_an_answer(emulator: Emulator) -> None:
    first, second = (parse(send(emulator, with_tools()))["usage"] for _ in range(2))
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 1_000


def test_a_call_longer_than_max_tokens_stops_there(emulator: Emulator) -> None:
    message = parse(send(emulator, with_tools(max_tokens=9)))
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 9)


@pytest.mark.parametrize(
    ("call", "tokens"),
    [
        (ToolCall(name="find_job", input={}, is_named=True), 16),
        (ToolCall(name="find_job", input={}, is_named=False), 16 + 8),
        (ToolCall(name="find_job", input={"title": "x"}, is_named=True), 16 + 15 + 5 + 1),
        (ToolCall(name="find_job", input={"title": "x", "a": [1, 2]}, is_named=True), 16 + 2 * 15 + 5 + 1 + 1 + 6),
    ],
)
def test_a_call_is_counted_by_name_and_parameters(call: ToolCall, tokens: int) -> None:
    assert count_call(call, find_model(MODEL).generation, lambda text, _: len(text)) == tokens


def test_tokens_of_a_call_are_counted_even_where_they_are_only_asked_for(emulator: Emulator) -> None:
    answer = send(emulator, with_tools(tools=[SEARCH], tool_choice=ANY), "/v1/messages/count_tokens")
    assert (answer.status, list(parse(answer))) == (200, ["input_tokens"])


# --- streams -------------------------------------------------------------------------------------------------


def test_a_streamed_call_has_the_events_of_the_api_in_order(emulator: Emulator) -> None:
    streamed = events(send(emulator, with_tools(stream=True)))
    opened = streamed[1]["content_block"]
    assert opened.pop("id").startswith("toolu_emulated_")
    assert streamed[1:3] == [
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "name": "find_job", "input": {}, "caller": {"type": "direct"}},
        },
        {"type": "ping"},
    ]
    assert streamed[3:-3] == [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": piece}}
        for piece in ("", '{"title": "x', '", "level": ', '"junior", "y', 'ears": 3}')
    ]
    assert streamed[-3] == {"type": "content_block_stop", "index": 0}
    assert (streamed[-2]["type"], streamed[-2]["delta"]) == (
        "message_delta",
        {"stop_reason": "tool_use", "stop_sequence": None},
    )
    assert streamed[-1] == {"type": "message_stop"}


def test_an_empty_input_streams_one_empty_piece(emulator: Emulator) -> None:
    streamed = events(send(emulator, with_tools(tools=[LIST_JOBS], tool_choice=ANY, stream=True)))
    deltas = [event["delta"] for event in streamed if event["type"] == "content_block_delta"]
    assert deltas == [{"type": "input_json_delta", "partial_json": ""}]


def test_a_streamed_call_is_billed_like_a_plain_one(count_text: TextCounter) -> None:
    plain = parse(send(Emulator(reader=PromptReader(count_text), clock=Clock()), with_tools()))["usage"]
    closing = events(send(Emulator(reader=PromptReader(count_text), clock=Clock()), with_tools(stream=True)))[-2][
        "usage"
    ]
    assert closing == {key: plain[key] for key in closing}


# --- round trips ---------------------------------------------------------------------------------------------

Create = Callable[..., Any]


def plain_create(anthropic: Anthropic, **request: Any) -> Any:
    return anthropic.messages.create(**request)


def streamed_create(anthropic: Anthropic, **request: Any) -> Any:
    with anthropic.messages.stream(**request) as stream:
        return stream.get_final_message()


CREATE = pytest.mark.parametrize("create", [plain_create, streamed_create])


@CREATE
@pytest.mark.parametrize("choice", [NAMED, ANY])
def test_the_unchanged_sdk_goes_through_a_whole_round_of_a_tool(
    anthropic: Anthropic, create: Create, choice: dict[str, Any]
) -> None:
    request = {"model": MODEL, "max_tokens": 99, "tools": [FIND_JOB]}
    asked = create(anthropic, **request, tool_choice=choice, messages=[HELLO])
    (use,) = asked.content
    assert (asked.stop_reason, use.type, use.name, use.input) == ("tool_use", "tool_use", "find_job", ARGUMENTS)

    result = {"type": "tool_result", "tool_use_id": use.id, "content": json.dumps(["Engineer"])}
    history: list[Any] = [HELLO, {"role": "assistant", "content": asked.content}, {"role": "user", "content": [result]}]
    answered = create(anthropic, **request, messages=history)
    (text,) = answered.content
    assert (answered.stop_reason, text.type, text.text) == (
        "end_turn",
        "text",
        "This is the emulator's answer to a message of 0 characters.",
    )


@CREATE
def test_a_choice_that_stays_forced_calls_again_behind_a_result(anthropic: Anthropic, create: Create) -> None:
    request = {"model": MODEL, "max_tokens": 99, "tools": [FIND_JOB], "tool_choice": NAMED}
    first = create(anthropic, **request, messages=[HELLO])
    result = {"type": "tool_result", "tool_use_id": first.content[0].id, "content": "[]"}
    history: list[Any] = [HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = create(anthropic, **request, messages=history)
    assert (second.stop_reason, second.content[0].input) == ("tool_use", ARGUMENTS)
    assert second.content[0].id != first.content[0].id


# --- numbers as they were sent -------------------------------------------------------------------------------

NUMBERS = ("1e400", "-0", "1.10", "340282366920938463463374607431768211456", "1E5", "-1e400", "1.0")


def with_schema(schema: str) -> bytes:
    return with_tools().replace(json.dumps(FIND_JOB["input_schema"]).encode(), schema.encode())


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("keyword", ["const", "default", "enum"])
def test_a_number_of_a_schema_comes_back_as_it_was_sent(emulator: Emulator, keyword: str, number: str) -> None:
    value = f"[{number}]" if keyword == "enum" else number
    schema = f'{{"type": "object", "properties": {{"id": {{"{keyword}": {value}}}}}}}'

    plain, stream = (
        send(emulator, with_schema(schema)),
        send(emulator, with_schema(schema)[:-1] + b', "stream": true}'),
    )

    assert b'"input":{"id":%b}' % number.encode() in b"".join(plain.chunks)
    pieces = [event["delta"]["partial_json"] for event in events(stream) if event["type"] == "content_block_delta"]
    assert "".join(pieces) == f'{{"id": {number}}}'


@pytest.mark.parametrize(
    ("bounds", "number"),
    [
        ('"minimum": 1e400', "1e400"),
        ('"exclusiveMinimum": 1e400', "1e400"),
        ('"maximum": -1e400', "-1e400"),
        ('"exclusiveMaximum": -1e400', "-1e400"),
        ('"minimum": 2E1, "maximum": 1e400', "2E1"),
        ('"exclusiveMinimum": 18446744073709551616', "18446744073709551617"),
        ('"exclusiveMinimum": 1' + "0" * 400, "1" + "0" * 399 + "1"),
        ('"exclusiveMaximum": -1' + "0" * 400, "-1" + "0" * 399 + "1"),
    ],
)
def test_bounds_may_be_any_numbers(emulator: Emulator, bounds: str, number: str) -> None:
    answer = send(
        emulator, with_schema(f'{{"type": "object", "properties": {{"id": {{"type": "number", {bounds}}}}}}}')
    )

    assert answer.status == 200
    assert b'"input":{"id":%b}' % number.encode() in b"".join(answer.chunks)


def test_a_number_with_too_many_digits_is_an_error_of_the_request(emulator: Emulator) -> None:
    answer = send(emulator, with_schema(f'{{"const": {"1" * 5_000}}}'))

    assert answer.status == 400
    assert parse(answer)["error"]["message"] == (
        "The request body cannot be read: a number has 5,000 digits, expected at most 4,300"
    )
