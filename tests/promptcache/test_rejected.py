"""Explanation, simulation, emulator and suites agree on every request that the API refuses for its structure."""

import json
from collections.abc import Iterator
from cProfile import Profile
from typing import Any

import pytest

from harness.cli.simulate import Line, simulate
from harness.emulator.core import Emulator
from harness.errors import CheckError, RequestError
from harness.prompt.reader import PromptReader
from harness.prompt.reading import read
from harness.promptcache.explain import explain
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Simulator
from harness.suites.built import run_build
from tests import recordings
from tests.promptcache.rejected import (
    ACCEPTED,
    HELLO,
    LONG,
    MARKED,
    REJECTED,
    Body,
    Rejected,
    assistant,
    document,
    found,
    request,
    result,
    search,
    text,
    thought,
    tool,
    use,
    user,
)
from tests.suites.test_runner import make_run

MARKED_PART = {**text("A"), **MARKED}

each_rejected = pytest.mark.parametrize("row", REJECTED, ids=[row.name for row in REJECTED])
each_accepted = pytest.mark.parametrize("body", [body for _, body in ACCEPTED], ids=[name for name, _ in ACCEPTED])


def quarter(text: str, tokenizer: str) -> int:
    return len(text) // 4


def lines(*bodies: Body) -> Iterator[Line]:
    for number, body in enumerate(bodies):
        yield Line(at=30.0 * number, begins_at=None, workspace="", prompt=read(body, quarter), usage=None)


@each_rejected
def test_explanation_of_a_refused_request_is_the_answer(row: Rejected) -> None:
    result = explain(read(request(), quarter), read(row.request, quarter))

    assert (result.verdict, result.cause, result.is_bust) == ("rejected", "other", True)
    assert result.error is not None
    assert (result.error.status, result.error.type) == (400, "invalid_request_error")
    assert result.error.message == row.answer
    assert result.path
    assert result.tokens_lost > 0


@each_rejected
def test_simulation_bills_nothing_for_a_refused_request(row: Rejected) -> None:
    _, refused, again = simulate(lines(request(), row.request, request()), Simulator())

    assert refused["error"] == row.answer
    assert not any(value for value in refused["usage"].values() if isinstance(value, int))
    assert again["usage"]["cache_read_input_tokens"] > 0


@each_rejected
def test_emulator_gives_a_refused_request_the_answer(row: Rejected, emulator: Emulator) -> None:
    answer = emulator.handle("POST", "/v1/messages", json.dumps(row.request).encode())

    assert answer.status == 400
    error = json.loads(b"".join(answer.chunks))["error"]
    assert error == {"type": "invalid_request_error", "message": row.answer}


@each_rejected
def test_suite_that_builds_a_refused_request_fails_with_the_answer(row: Rejected) -> None:
    with pytest.raises(CheckError) as caught:
        run_build(make_run(is_build=True), lambda prompt, question: row.request, PromptReader(quarter))

    (finding,) = caught.value.findings
    assert finding.rule == "never-cached"
    assert f"\n  the API answers 400: {row.answer}\n" in str(finding)


@each_rejected
def test_what_follows_a_refused_request_is_explained(row: Rejected) -> None:
    result = explain(read(row.request, quarter), read(request(), quarter))

    assert result.verdict == "hit"
    assert result.notes[0] == f"the API would reject the earlier request: {row.answer}"


@each_accepted
def test_request_that_only_looks_wrong_is_accepted(body: Body) -> None:
    assert check_request(read(body, quarter), needs_max_tokens=True) is None


def test_no_recorded_request_that_was_answered_is_refused() -> None:
    refused = {
        recording.id: error.message
        for recording in recordings.recordings().values()
        # Of a model before Claude 3, nothing is known.
        if recording.model != "claude-2.1" and (error := check_request(read(recording.request, quarter))) is not None
    }

    assert refused == {}


RECORDED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("temperature: range: 0..1", {"temperature": -5.0}),
    (
        "messages.0: all messages must have non-empty content except for the optional final assistant message",
        {"messages": [{"role": "user", "content": ""}]},
    ),
    (
        "tools.0.custom.input_schema: Input does not match the expected shape.",
        {"tools": [{"name": "record_boolean_root", "input_schema": True, "strict": True}]},
    ),
    (
        "tools.0.custom.input_schema.type: Field required",
        {"tools": [{"name": "record_dangling_ref", "input_schema": {"$ref": "#/$defs/Missing"}, "strict": True}]},
    ),
    (
        "tools.0.custom.input_schema.type: Input should be 'object'",
        {"tools": [{"name": "record_scalar_root", "input_schema": {"type": "string"}, "strict": True}]},
    ),
)
"""Answers of recorded calls with the part of the request that they are about; from the repositories in tests/data."""


@pytest.mark.parametrize(("answer", "changes"), RECORDED, ids=[answer for answer, _ in RECORDED])
def test_recorded_refusal_is_given_again(answer: str, changes: dict[str, Any]) -> None:
    error = check_request(read(request(**changes), quarter))

    assert error is not None
    assert error.message == answer


@pytest.mark.parametrize("name", ["fingerprints", "count", "parts", "record"])
def test_request_of_a_refused_shape_has_nothing_that_could_be_compared(name: str) -> None:
    prompt = read(request(system=5), quarter)

    with pytest.raises(RequestError, match=r"^system is int, expected a string or a list of text blocks$"):
        getattr(prompt, name)


@pytest.mark.parametrize("body", [{}, {"messages": "Hi"}, {"messages": [3]}, {"model": "m", "messages": {}}])
def test_body_that_is_no_messages_request_is_not_read(body: Body) -> None:
    with pytest.raises(RequestError):
        read(body)


PATHS: tuple[tuple[Body, str], ...] = (
    (request(system=[text("Hi"), {**text(LONG), "cache_control": {}}]), "system[1]"),
    (request(tools=[tool(), tool("parcel", cache_control={"type": "x"})]), "tools[1]"),
    (request(user({**text("Hi"), "cache_control": "ephemeral"})), "messages[0].content[0]"),
    (request(HELLO, user(text("Hi"), {**text("Ho"), "cache_control": {}})), "messages[1].content[1]"),
    (
        request(user(document(type="content", content=[MARKED_PART, text("B")]))),
        "messages[0].content[0].source.content[0]",
    ),
    (
        request(HELLO, assistant(use()), user(result("toolu_1", MARKED_PART, text("B")))),
        "messages[2].content[0].content[0]",
    ),
    (request(cache_control={}), "cache_control"),
)


@pytest.mark.parametrize(("body", "path"), PATHS, ids=[path for _, path in PATHS])
def test_path_of_a_wrong_marker_is_that_of_its_block(body: Body, path: str) -> None:
    result = explain(read(request(), quarter), read(body, quarter))

    assert (result.verdict, result.path) == ("rejected", path)


@pytest.mark.parametrize(
    "changes", [{"system": 5}, {"tools": {}}, {"messages": {}}, {"thinking": []}, {"messages": [user(5)]}], ids=str
)
@pytest.mark.parametrize("model", [5, None, [], {}, True])
def test_model_of_a_wrong_type_is_named_before_other_wrong_shapes(model: Any, changes: Body) -> None:
    error = check_request(read(request(model=model, **changes), quarter))

    assert error is not None
    assert error.path == "model"


@pytest.mark.parametrize("key", ["messages", "system", "max_tokens"])
def test_body_without_messages_is_refused_if_it_is_clearly_a_request(key: str) -> None:
    body = {"model": "claude-opus-5", key: None if key == "messages" else request()[key]}

    error = check_request(read(body, quarter))

    assert error is not None
    assert error.path == "messages"


DOCUMENT = document(type="content", content=[text("A")])
STRANGE: tuple[Any, ...] = (None, True, 5, "x", [], ["x"], {}, {"type": []}, [{"type": {}}], [[{}]])


@pytest.mark.parametrize("value", STRANGE, ids=map(repr, STRANGE))
@pytest.mark.parametrize(
    "key",
    [
        *("system", "tools", "tool_choice", "thinking", "metadata", "stop_sequences", "temperature", "max_tokens"),
        *("cache_control", "container", "context_management", "diagnostics", "inference_geo", "mcp_servers"),
        *("output_config", "output_format", "service_tier", "speed"),
    ],
)
def test_value_of_any_type_is_judged(key: str, value: Any) -> None:
    error = check_request(read(request(**{key: value}), quarter))

    assert error is None or error.path == key or (error.path or "").startswith(f"{key}[")


@pytest.mark.parametrize("value", STRANGE, ids=map(repr, STRANGE))
@pytest.mark.parametrize(
    "block",
    [
        text("Hi"),
        use(),
        result(),
        search(),
        found(),
        {"type": "image", "source": {"type": "base64"}},
        thought(),
        DOCUMENT,
    ],
    ids=lambda block: str(block["type"]),
)
def test_block_with_a_value_of_any_type_is_judged(block: Body, value: Any) -> None:
    for key in (*block, "cache_control", "content", "source", "title"):
        changed = {**block, key: value}
        for messages in ([user(changed)], [user(text("Hi")), assistant(changed), user(result())]):
            error = check_request(read(request(*messages), quarter))
            assert error is None or (error.path or "").startswith("messages[")


def test_work_grows_in_proportion_to_the_conversation() -> None:
    assert count_calls(400) < 2.2 * count_calls(200)


def count_calls(turns: int) -> int:
    """The function calls that checking a conversation with tools takes: a measure that no machine changes."""
    messages = [user(text("Hello"))]
    for number in range(turns):
        messages += [assistant(use(f"toolu_{number}"), search(f"srvtoolu_{number}"), found(f"srvtoolu_{number}"))]
        messages += [user(result(f"toolu_{number}"))]
    prompt = read(request(*messages), quarter)
    profile = Profile()
    assert profile.runcall(check_request, prompt) is None
    return sum(entry.callcount for entry in profile.getstats())
