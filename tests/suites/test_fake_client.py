"""The fake client: it receives the same requests as the SDK, and gives usable answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from anthropic import NOT_GIVEN, Anthropic, omit
from pydantic import BaseModel

from harness.client.claude import ClaudeClient, message_text
from harness.lock.accept import prefix_key
from harness.prompt import read
from harness.settings import Settings
from harness.suites.fake_client import ANSWER, FakeAttributeError, FakeClient, Record
from tests.conftest import Wire

PROMPT = "".join(f"Rule {number}: be polite.\n" for number in range(200))
MARK = {"type": "ephemeral"}
TOOL = {
    "name": "find",
    "description": "Finds a parcel.",
    "input_schema": {"type": "object", "properties": {"b": {"type": "string"}, "a": {"enum": ["x", "y"]}}},
}
BASE: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 50,
    "system": [{"type": "text", "text": PROMPT, "cache_control": MARK}],
    "messages": [{"role": "user", "content": "Where is my parcel?"}],
}


def create(client: Any) -> None:
    client.messages.create(**BASE)


def create_with_tools(client: Any) -> None:
    client.messages.create(**BASE, tools=[TOOL, {**TOOL, "name": "lose"}], tool_choice={"type": "auto"})


def stream(client: Any) -> None:
    with client.messages.stream(**BASE) as events:
        for _ in events:
            pass


def stream_texts(client: Any) -> None:
    with client.messages.stream(**BASE, tools=[TOOL]) as events:
        assert "".join(events.text_stream) == events.get_final_text()


def create_a_stream(client: Any) -> None:
    for _ in client.messages.create(**BASE, stream=True):
        pass


def create_in_beta(client: Any) -> None:
    client.beta.messages.create(**BASE, betas=["context-1m-2025-08-07"])


def stream_in_beta(client: Any) -> None:
    with client.beta.messages.stream(**BASE) as events:
        events.until_done()


def create_with_options(client: Any) -> None:
    client.with_options(max_retries=5).copy(timeout=3).messages.create(**BASE, timeout=9, extra_headers={"a": "b"})


def create_with_extra_body(client: Any) -> None:
    client.messages.create(**BASE, extra_body={"thinking": {"type": "adaptive"}, "max_tokens": 60})


def create_without_what_is_not_given(client: Any) -> None:
    client.messages.create(**BASE, tools=NOT_GIVEN, tool_choice=omit, stop_sequences=NOT_GIVEN)


def create_with_a_set(client: Any) -> None:
    tool = {**TOOL, "input_schema": {"type": "object", "required": {"b", "a", "c", "d"}}}
    client.messages.create(**BASE, tools=(tool,))


def go_on(client: Any) -> None:
    first = client.messages.create(**BASE)
    again = [
        *BASE["messages"],
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [{"type": "text", "text": "Which one?", "cache_control": MARK}]},
    ]
    client.messages.create(**{**BASE, "messages": again})


def go_on_by_hand(client: Any) -> None:
    first = client.messages.create(**BASE)
    block = first.content[0]
    assert block.citations is None
    again = [
        *BASE["messages"],
        {"role": "assistant", "content": [{"type": block.type, "text": block.text}, first.content[0].to_dict()]},
        {"role": "user", "content": "Which one?"},
    ]
    client.messages.create(**{**BASE, "messages": again})


def use_our_client(client: Any) -> None:
    settings = Settings(use_local_cache=False)
    ours = ClaudeClient(client, settings=settings)
    assert message_text(ours.create_message(PROMPT, "Why?")) == "".join(ours.stream_message(PROMPT, "Why?"))


@pytest.mark.parametrize(
    "application",
    [
        create,
        create_with_tools,
        stream,
        stream_texts,
        create_a_stream,
        create_in_beta,
        stream_in_beta,
        create_with_options,
        create_with_extra_body,
        create_without_what_is_not_given,
        create_with_a_set,
        go_on,
        go_on_by_hand,
        use_our_client,
    ],
)
def test_fake_client_is_asked_for_the_requests_that_the_sdk_sends(
    application: Callable[[Any], None], anthropic: Anthropic, wire: Wire
) -> None:
    fake = FakeClient()
    application(fake)
    application(anthropic)

    expected = [neutral(json.loads(request.content)) for request in wire.sent]
    found = [neutral(json.loads(body)) for body in fake.bodies]
    assert found == expected
    assert [prefix_key(read(request)) for request in found] == [prefix_key(read(request)) for request in expected]
    assert [all_fingerprints(request) for request in found] == [all_fingerprints(request) for request in expected]


def neutral(request: dict[str, Any]) -> dict[str, Any]:
    """A request in which the same answer replaces those of the fake client and the emulator."""
    for message in request["messages"]:
        if message["role"] == "assistant":
            message["content"] = [{**block, "text": "the answer"} for block in message["content"]]
    return request


def all_fingerprints(request: dict[str, Any]) -> tuple[bytes, ...]:
    return read(request).fingerprints


# --- answers -----------------------------------------------------------------------------------------------


def test_answer_is_a_message_as_far_as_applications_read_it() -> None:
    message = FakeClient().messages.create(**BASE)

    assert message.content[0].text == ANSWER
    assert (message.role, message.stop_reason, message.usage.output_tokens) == ("assistant", "end_turn", 0)
    assert message.model_dump() == message.to_dict(exclude_unset=False)
    assert message.model_dump()["content"] == [{"type": "text", "text": ANSWER, "citations": None}]
    assert message.to_dict()["content"] == [{"type": "text", "text": ANSWER}]


def test_answer_has_the_fields_of_the_sdks(anthropic: Anthropic) -> None:
    real, fake = anthropic.messages.create(**BASE), FakeClient().messages.create(**BASE)

    assert set(vars(fake)) <= set(type(real).model_fields)
    assert set(vars(fake.usage)) <= set(type(real.usage).model_fields)
    assert set(vars(fake.content[0])) <= set(type(real.content[0]).model_fields)


def test_events_are_those_of_the_sdk_in_their_order(anthropic: Anthropic) -> None:
    with anthropic.messages.stream(**BASE) as real, FakeClient().messages.stream(**BASE) as fake:
        kinds = [[event.type for event in events] for events in (real, fake)]

    assert [
        list(dict.fromkeys(kind for kind in found if kind not in ("text", "content_block_delta"))) for found in kinds
    ] == [["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]] * 2
    assert {*kinds[1]} == {*kinds[0]}


def test_client_and_stream_are_contexts() -> None:
    with FakeClient() as client, client.messages.stream(**BASE) as events:
        assert events.get_final_message().content[0].text == ANSWER
        assert list(events.text_stream) == [ANSWER]
    assert len(client.bodies) == 1


# --- features of the real client only ------------------------------------------------------------------------


class Parcel(BaseModel):
    number: str


UNKNOWN = {
    "client": (lambda client: client.api_key, "the fake client has no 'api_key'"),
    "other endpoint": (lambda client: client.models.list(), "the fake client has no 'models'"),
    "messages": (
        lambda client: client.messages.count_tokens(**BASE),
        "the fake client.messages has no 'count_tokens'",
    ),
    "raw response": (
        lambda client: client.messages.with_raw_response,
        "the fake client.messages has no 'with_raw_response'",
    ),
    "answer": (
        lambda client: client.messages.create(**BASE).container,
        "the fake answer has no 'container'",
    ),
    "stream": (
        lambda client: client.messages.stream(**BASE).current_message_snapshot,
        "the fake stream has no 'current_message_snapshot'",
    ),
    "file": (
        lambda client: client.messages.create(**{**BASE, "system": Path("x")}),
        "the fake client cannot send this: a request cannot be written as JSON: "
        f"Object of type {type(Path()).__name__} is not JSON serializable",
    ),
    "class as the form of an answer": (
        lambda client: client.messages.stream(**BASE, output_format=Parcel),
        "the fake client cannot send this: a request cannot be written as JSON: "
        "Object of type ModelMetaclass is not JSON serializable",
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_only_the_real_client_can_do_is_told_apart(name: str) -> None:
    use, message = UNKNOWN[name]

    with pytest.raises(FakeAttributeError) as caught:
        use(FakeClient())

    assert str(caught.value) == message
    assert isinstance(caught.value, AttributeError)


def test_hasattr_and_getattr_work_as_on_any_object() -> None:
    assert not hasattr(FakeClient(), "models")
    assert getattr(Record(a=1), "b", None) is None
