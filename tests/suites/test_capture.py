"""The requests that functions of all kinds make, and the answers they get."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.errors import RequestError
from harness.suites.capture import Captured, capture
from harness.suites.fake_client import ANSWER, FakeAttributeError, FakeClient
from harness.suites.model import Case, ClientKind, PromptVersion, Suite
from harness.suites.runner import CaseRun

BASE: dict[str, Any] = {"model": "claude-sonnet-5-5", "max_tokens": 50}
PROMPT = "Be polite."


def make_run(client: ClientKind = "anthropic", *, is_build: bool = False, text: str | None = PROMPT) -> CaseRun:
    version = PromptVersion(name="v1", path=None, text=text, model="claude-sonnet-5-5")
    case = Case(name="parcel", line=7, inputs={"question": {"text": "Where is my parcel?"}})
    suite = Suite(
        name="support",
        path=Path("/p/suite.yaml"),
        line=2,
        function="app.py:ask",
        is_build=is_build,
        client=client,
        versions=(version,),
        cases=(case,),
    )
    return CaseRun(suite=suite, version=version, case=case)


def parameters(prompt: str, question: dict[str, str]) -> dict[str, Any]:
    return {**BASE, "system": prompt, "messages": [{"role": "user", "content": question["text"]}]}


SENT = parameters(PROMPT, {"text": "Where is my parcel?"})


def ask(client: Any, prompt: str, question: dict[str, str]) -> str:
    message = client.messages.create(**parameters(prompt, question))
    return str(message.content[0].text)


def ask_claude(client: Any, prompt: str, question: dict[str, str]) -> Any:
    return client.stream_message(prompt, question["text"])


async def ask_later(client: Any, prompt: str, question: dict[str, str]) -> str:
    return ask(client, prompt, question)


def ask_by_http(prompt: str, question: dict[str, str]) -> None:
    url = "https://api.anthropic.com/v1/messages"
    httpx.post(url, json=parameters(prompt, question), headers={"x-api-key": "k"}).raise_for_status()


def build_two(prompt: str, question: dict[str, str]) -> list[dict[str, Any]]:
    return [parameters(prompt, question), parameters(prompt, {"text": "And my refund?"})]


def requests(captured: Captured) -> list[dict[str, Any]]:
    return [json.loads(body) for body in captured.bodies]


@pytest.mark.parametrize(
    ("function", "client", "is_build"),
    [
        pytest.param(ask, "anthropic", False, id="client-of-the-sdk"),
        pytest.param(ask_later, "anthropic", False, id="coroutine"),
        pytest.param(ask_by_http, "http", False, id="client-of-its-own"),
        pytest.param(parameters, "claude", True, id="builder"),
        pytest.param(parameters, "http", True, id="builder-whatever-its-client"),
    ],
)
def test_request_is_what_the_function_would_send(
    function: Callable[..., Any], client: ClientKind, is_build: bool
) -> None:
    captured = capture(make_run(client, is_build=is_build), function)

    assert captured.error is None
    assert requests(captured) == [SENT]


def test_claude_client_marks_the_prompt_and_sends_the_versions_model() -> None:
    prompt = PROMPT * 60

    (request,) = requests(capture(make_run("claude", text=prompt), ask_claude))

    assert request["system"] == [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}]
    assert (request["model"], request["stream"]) == ("claude-sonnet-5-5", True)


def test_builder_may_give_several_requests() -> None:
    captured = capture(make_run(is_build=True), build_two)

    assert [request["messages"][0]["content"] for request in requests(captured)] == [
        "Where is my parcel?",
        "And my refund?",
    ]


def test_prompt_is_left_out_where_a_version_names_no_file() -> None:
    def build(question: dict[str, str]) -> dict[str, Any]:
        return parameters("A prompt of the application's own.", question)

    (request,) = requests(capture(make_run(is_build=True, text=None), build))

    assert request["system"] == "A prompt of the application's own."


def test_other_inputs_take_the_place_of_the_cases_own_and_stay_as_they_are() -> None:
    def spoil(prompt: str, question: dict[str, str]) -> dict[str, Any]:
        question["text"] += "!"
        return parameters(prompt, question)

    inputs = {"question": {"text": "⟦question⟧"}}
    (request,) = requests(capture(make_run(is_build=True), spoil, inputs=inputs))

    assert request["messages"][0]["content"] == "⟦question⟧!"
    assert inputs == {"question": {"text": "⟦question⟧"}}


# --- failures ------------------------------------------------------------------------------------------------


def test_what_was_sent_before_an_error_is_kept() -> None:
    def parse(client: Any, prompt: str, question: dict[str, str]) -> Any:
        return json.loads(ask(client, prompt, question))

    captured = capture(make_run(), parse)

    assert requests(captured) == [SENT]
    assert isinstance(captured.error, json.JSONDecodeError)


@pytest.mark.parametrize("error", [ZeroDivisionError(), SystemExit(3), RequestError("no request")])
@pytest.mark.parametrize("is_build", [True, False])
def test_error_before_anything_is_sent_is_told(error: BaseException, is_build: bool) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    captured = capture(make_run(is_build=is_build), fail)

    assert captured == Captured(bodies=(), error=error)


def test_builder_that_gives_no_request_is_told() -> None:
    captured = capture(make_run(is_build=True), lambda prompt, question: f"{prompt} {question}")

    assert captured.bodies == ()
    assert str(captured.error) == "a request is str, expected the parameters of messages.create"


def test_interrupt_is_no_error_of_the_application() -> None:
    def interrupt(prompt: str, question: dict[str, str]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capture(make_run(is_build=True), interrupt)


# --- the SDK, where the fake client is not enough -----------------------------------------------------------------


def count_first(client: Any, prompt: str, question: dict[str, str]) -> str:
    client.messages.count_tokens(model="claude-sonnet-5-5", messages=[{"role": "user", "content": question["text"]}])
    return ask(client, prompt, question)


def test_sdk_stands_in_where_the_application_needs_it() -> None:
    captured = capture(make_run(), count_first)

    assert captured.error is None
    assert requests(captured) == [SENT]


def test_sdk_is_not_asked_if_that_is_not_allowed() -> None:
    captured = capture(make_run(), count_first, is_sdk_allowed=False)

    assert captured.bodies == ()
    assert isinstance(captured.error, FakeAttributeError)


def test_fake_client_answers_as_long_as_it_can() -> None:
    answers: list[str] = []
    capture(make_run(), lambda client, prompt, question: answers.append(ask(client, prompt, question)))

    assert answers == [ANSWER]


def test_client_that_the_application_gets_is_the_fake_one() -> None:
    clients: list[Any] = []
    capture(make_run(), lambda client, prompt, question: clients.append(client), is_sdk_allowed=False)

    assert [type(client) for client in clients] == [FakeClient]
