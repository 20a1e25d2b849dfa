"""One case run against the emulator: two rounds, and their findings."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes.store import CassetteStore
from harness.client.claude import ClaudeClient, message_text
from harness.errors import CheckError, RequestError
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.sessions.session import CallSession, SessionOptions
from harness.suites.built import run_build
from harness.suites.execution import run_case
from harness.suites.model import Case, ClientKind, PromptVersion, Suite
from harness.suites.runner import CaseRun

COUNT = TextCounter()
PROMPT = "".join(f"Rule {number}: be polite.\n" for number in range(200))


def make_run(
    client: ClientKind = "claude", prompt: str = PROMPT, path: Path = Path("/p/suite.yaml"), *, is_build: bool = False
) -> CaseRun:
    version = PromptVersion(name="v1", path=Path("/p/v1.md"), text=prompt, model="claude-sonnet-5-5")
    case = Case(name="parcel", line=7, inputs={"question": ["Where is my parcel?"]})
    suite = Suite(
        name="support",
        path=path,
        line=2,
        function="app.py:ask",
        is_build=is_build,
        client=client,
        versions=(version,),
        cases=(case,),
    )
    return CaseRun(suite=suite, version=version, case=case)


@pytest.fixture
def session(tmp_path: Path) -> CallSession:
    options = SessionOptions(
        mode="emulate", upstream="emulator", store=CassetteStore(tmp_path), reader=PromptReader(COUNT)
    )
    return CallSession(options, "support")


def ask(client: ClaudeClient, prompt: str, question: list[str]) -> str:
    return message_text(client.create_message(prompt, question[0]))


def ask_sdk(client: Any, prompt: str, question: list[str]) -> Any:
    return client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=100,
        system=[{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": question[0]}],
    )


def ask_twice(client: ClaudeClient, prompt: str, question: list[str]) -> None:
    ask(client, prompt, question)
    ask(client, prompt, ["And my refund?"])


def ask_in_pieces(client: ClaudeClient, prompt: str, question: list[str]) -> Iterator[str]:
    return client.stream_message(prompt, question[0])


async def ask_later(client: ClaudeClient, prompt: str, question: list[str]) -> str:
    await asyncio.sleep(0)
    return ask(client, prompt, question)


def ask_and_spoil_the_input(client: ClaudeClient, prompt: str, question: list[str]) -> None:
    ask(client, prompt, question)
    question[0] += " Again."


def ask_for_the_raw_stream(client: Any, prompt: str, question: list[str]) -> Any:
    return client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=100,
        stream=True,
        system=[{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": question[0]}],
    )


@pytest.mark.parametrize(
    ("function", "client", "calls"),
    [
        pytest.param(ask, "claude", 2, id="function"),
        pytest.param(ask_sdk, "anthropic", 2, id="function-of-the-sdks-client"),
        pytest.param(ask_twice, "claude", 4, id="several-calls"),
        pytest.param(ask_in_pieces, "claude", 2, id="generator-is-exhausted"),
        pytest.param(ask_later, "claude", 2, id="coroutine-is-awaited"),
        pytest.param(ask_for_the_raw_stream, "anthropic", 2, id="stream-of-the-sdk-is-exhausted"),
    ],
)
def test_case_is_called_twice_and_the_second_round_reads(
    function: Callable[..., Any], client: ClientKind, calls: int, session: CallSession
) -> None:
    run_case(make_run(client), function, session)

    assert len(session.calls) == calls
    assert session.calls[-1].usage.cache_read_input_tokens == session.calls[0].usage.cache_creation_input_tokens > 0


def test_second_round_gets_the_inputs_untouched(session: CallSession) -> None:
    run_case(make_run(), ask_and_spoil_the_input, session)

    assert session.calls[0].request == session.calls[1].request


def test_claude_client_sends_the_versions_model_whatever_the_environment(
    session: CallSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_MODEL", "claude-opus-4-1")
    monkeypatch.setenv("USE_ANTHROPIC_CACHE", "false")

    run_case(make_run(), ask, session)

    assert session.calls[0].model == "claude-sonnet-5-5"


def make_no_call(client: ClaudeClient, prompt: str, question: list[str]) -> None:
    pass


def make_one_call_less_each_time() -> Callable[..., None]:
    calls = [2, 1]

    def function(client: ClaudeClient, prompt: str, question: list[str]) -> None:
        for _ in range(calls.pop(0)):
            ask(client, prompt, question)

    return function


def number_the_prompt() -> Callable[..., None]:
    numbers = iter(range(10))

    def function(client: ClaudeClient, prompt: str, question: list[str]) -> None:
        ask(client, f"{next(numbers)}\n{prompt}", question)

    return function


@pytest.mark.parametrize(
    ("function", "prompt", "message"),
    [
        pytest.param(
            make_no_call,
            PROMPT,
            "support v1, case parcel: made 0 calls the first time and 0 the second, expected the same number\n"
            "  at least one; only calls through the client that the function is given count",
            id="no-call",
        ),
        pytest.param(
            make_one_call_less_each_time(),
            PROMPT,
            "support v1, case parcel: made 2 calls the first time and 1 the second, expected the same number\n"
            "  at least one; only calls through the client that the function is given count",
            id="another-number-of-calls",
        ),
        pytest.param(
            number_the_prompt(),
            PROMPT,
            "support v1, case parcel: the second call did not read the prefix that the first one wrote\n"
            "  first call: 2,202 written, 0 read, 14 uncached\n"
            "  second call: 2,202 written, 0 read, 14 uncached\n"
            "  expected of the second: 2,202 read\n"
            "  first difference: system[0] at character 0\n"
            "    first:  '0\\nRule 0: be polite.\\nRul…'\n"
            "    second: '1\\nRule 0: be polite.\\nRul…'\n"
            "  cause: text_changed: the text changed\n"
            "  fix:   undo it, or move what varies from call to call after the last breakpoint",
            id="prompt-that-changes",
        ),
        pytest.param(
            ask,
            "Be kind.",
            "support v1, case parcel: the first call wrote nothing to the prompt cache\n"
            "  first call: 0 written, 0 read, 20 uncached\n"
            "by the rules, a second call with the request as built now reads nothing\n"
            "  place: cache_control\n"
            "  cause: unmarked: nothing is kept in the prompt cache\n"
            '  fix:   mark the end of the static part: "cache_control": {"type": "ephemeral"}',
            id="below-the-minimum",
        ),
    ],
)
def test_case_that_does_not_cache_fails_with_all_that_is_wrong(
    function: Callable[..., Any], prompt: str, message: str, session: CallSession
) -> None:
    with pytest.raises(CheckError) as caught:
        run_case(make_run(prompt=prompt), function, session)

    assert str(caught.value) == message


def test_applications_own_error_passes_through(session: CallSession) -> None:
    def fail(client: ClaudeClient, prompt: str, question: list[str]) -> None:
        raise ZeroDivisionError("of the application")

    with pytest.raises(ZeroDivisionError, match=r"^of the application$"):
        run_case(make_run(), fail, session)


def test_name_of_a_run_holds_suite_version_and_case() -> None:
    assert make_run().name == "support[v1-parcel]"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/p/suites/eu/suite.yaml", "suites/eu/support/v1/parcel"),
        ("/p/suite.yaml", "support/v1/parcel"),
    ],
)
def test_cassette_stands_where_its_suite_stands(path: str, name: str) -> None:
    assert make_run(path=Path(path)).cassette(Path("/p")) == name


# --- suites that build requests and send nothing -----------------------------------------------------------


def build(prompt: str, question: list[str]) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": question[0]}],
    }


def build_two(prompt: str, question: list[str]) -> list[dict[str, Any]]:
    return [build(prompt, question), build(prompt, ["And my refund?"])]


async def build_later(prompt: str, question: list[str]) -> dict[str, Any]:
    await asyncio.sleep(0)
    return build(prompt, question)


def build_a_conversation(prompt: str, question: list[str]) -> dict[str, Any]:
    return {**build(prompt, question), "cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("function", "calls"), [(build, 2), (build_two, 4), (build_later, 2), (build_a_conversation, 2)]
)
def test_case_is_built_twice_and_the_second_request_would_read(function: Callable[..., Any], calls: int) -> None:
    first, second = run_build(make_run(is_build=True), function, PromptReader(COUNT))

    assert len(first) + len(second) == calls
    assert [call.body for call in first] == [call.body for call in second]
    for one, two in zip(first, second, strict=True):
        assert two.usage.cache_read_input_tokens == one.usage.cache_creation_input_tokens > 2_000
        assert two.usage.cache_creation_input_tokens == one.usage.cache_read_input_tokens == 0


def test_builder_gets_the_inputs_untouched_both_times() -> None:
    def spoil(prompt: str, question: list[str]) -> dict[str, Any]:
        request = build(prompt, question)
        question[0] += " Again."
        return request

    (first,), (second,) = run_build(make_run(is_build=True), spoil, PromptReader(COUNT))

    assert first.body == second.body


def number_the_request() -> Callable[..., Any]:
    numbers = iter(range(10))
    return lambda prompt, question: build(f"{next(numbers)}\n{prompt}", question)


def one_request_less_each_time() -> Callable[..., Any]:
    counts = [2, 1]
    return lambda prompt, question: [build(prompt, question)] * counts.pop(0)


def build_out_of_order(prompt: str, question: list[str]) -> dict[str, Any]:
    marks = [{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}]
    return {
        **build(prompt, question),
        "system": [{"type": "text", "text": prompt, "cache_control": mark} for mark in marks],
    }


UNBUILT = {
    "no request": (
        lambda prompt, question: [],
        PROMPT,
        "support v1, case parcel: built 0 requests the first time and 0 the second, "
        "expected the same number, and at least one",
    ),
    "another number of requests": (
        one_request_less_each_time(),
        PROMPT,
        "support v1, case parcel: built 2 requests the first time and 1 the second, expected the same "
        "number, and at least one",
    ),
    "differs between two builds": (
        number_the_request(),
        PROMPT,
        "support v1, case parcel: the second call did not read the prefix that the first one wrote\n"
        "  first call: 2,202 written, 0 read, 14 uncached\n"
        "  second call: 2,202 written, 0 read, 14 uncached\n"
        "  expected of the second: 2,202 read\n"
        "  first difference: system[0] at character 0\n"
        "    first:  '0\\nRule 0: be polite.\\nRul…'\n"
        "    second: '1\\nRule 0: be polite.\\nRul…'\n"
        "  cause: text_changed: the text changed\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint",
    ),
    "below the minimum": (
        build,
        "Be kind.",
        "support v1, case parcel: the first call wrote nothing to the prompt cache\n"
        "  first call: 0 written, 0 read, 20 uncached\n"
        "by the rules, a second call with the request as built now reads nothing\n"
        "  prefix: 6 tokens; minimum of claude-sonnet-5-5: 512\n"
        "  place: system[0]\n"
        "  cause: below_minimum: the prefix is shorter than the model's minimum\n"
        "  fix:   put more static text before the breakpoint, or remove it",
    ),
    "rejected": (
        build_out_of_order,
        PROMPT,
        "support v1, case parcel: the API refuses the request\n"
        "  the API answers 400: system.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a "
        "ttl='5m' cache_control block. Note that blocks are processed in the following order: "
        "`tools`, `system`, `messages`.\n"
        "  place: system[1].cache_control.ttl\n"
        "  cause: ttl_order: a 1h breakpoint comes after a 5m one\n"
        "  cost:  every call fails\n"
        "  fix:   put the longer TTL first, in the order tools, system, messages",
    ),
}


@pytest.mark.parametrize("name", UNBUILT)
def test_build_that_does_not_cache_fails_with_all_that_is_wrong(name: str) -> None:
    function, prompt, message = UNBUILT[name]

    with pytest.raises(CheckError) as caught:
        run_build(make_run(prompt=prompt, is_build=True), function, PromptReader(COUNT))

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("text", "a request is str, expected the parameters of messages.create"),
        (None, "a request is NoneType, expected the parameters of messages.create"),
        (
            {"model": "m", "messages": [], "system": b"x"},
            "a request cannot be written as JSON: Object of type bytes is not JSON serializable",
        ),
        ({"model": "claude-sonnet-5-5"}, "messages is missing, expected a list of messages"),
    ],
)
def test_what_is_built_and_is_no_request_is_refused_in_words(result: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        run_build(make_run(is_build=True), lambda prompt, question: result, PromptReader(COUNT))

    assert str(caught.value) == message


def test_builders_own_error_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        run_build(make_run(is_build=True), lambda prompt, question: 1 / 0, PromptReader(COUNT))
