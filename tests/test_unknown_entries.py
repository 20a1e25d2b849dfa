"""Every way in which a request or an answer enters the package names what it does not know; none takes a default."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.emulator.core import Emulator
from harness.errors import CannotTellError, HarnessError
from harness.prompt import read
from harness.prompt.reader import PromptReader
from harness.promptcache.explain import explain
from harness.provider.pricing import price
from harness.provider.usage import Usage
from harness.testing import assert_cost_below, assert_same_prefix
from tests.cassettes.examples import cassette, dump, interaction, message
from tests.cassettes.wire import REQUEST, replay, sync_create
from tests.lock.examples import rich_request
from tests.provider.test_model_names import UNKNOWN as UNKNOWN_MODELS

Body = dict[str, Any]
Entry = Callable[[Body, Path], str]

HOLOGRAM = {"type": "hologram", "data": "x"}


def with_block(body: Body) -> Body:
    first, *rest = body["messages"]
    return {**body, "messages": [{**first, "content": [HOLOGRAM, *first["content"]]}, *rest]}


UNKNOWN: tuple[tuple[str, Callable[[Body], Body], str], ...] = (
    ("model", lambda body: {**body, "model": "claude-of-tomorrow"}, "claude-of-tomorrow"),
    ("parameter", lambda body: {**body, "verbosity": "low"}, "verbosity"),
    ("part of a parameter", lambda body: {**body, "output_config": {"tone": "dry"}}, "output_config.tone"),
    ("block type", with_block, "messages[0].content[0]"),
    ("tool type", lambda body: {**body, "tools": [{"type": "telepathy_20270101", "name": "t"}]}, "tools[0]"),
    ("field", lambda body: {**body, "tools": [{**body["tools"][0], "cost": 3}]}, "tools[0].cost"),
)


def words_of(act: Callable[[], object]) -> str:
    """What a function returns, or the error that it raises, as text."""
    try:
        return str(act())
    except HarnessError as error:
        return str(error)


def simulated(body: Body, tmp_path: Path) -> list[str]:
    (tmp_path / "log.jsonl").write_text(json.dumps({"at": 0, "request": body}), encoding="utf-8")
    return ["simulate", str(tmp_path / "log.jsonl"), "--format", "jsonl"]


def explained(body: Body, tmp_path: Path) -> list[str]:
    for name, content in (("before", rich_request()), ("after", body)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return ["explain", str(tmp_path / "before.json"), str(tmp_path / "after.json")]


READERS: dict[str, Entry] = {
    "read": lambda body, _: words_of(lambda: read(body).count.doubts),
    "reader": lambda body, _: words_of(lambda: PromptReader().read(dump(body)).count.doubts),
    "explain": lambda body, _: words_of(lambda: explain(read(rich_request()), read(body))),
    "assert_same_prefix": lambda body, _: words_of(lambda: assert_same_prefix(rich_request(), body)),
}


@pytest.mark.parametrize(("change", "where"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
@pytest.mark.parametrize("entry", READERS.values(), ids=READERS.keys())
def test_a_request_with_something_unknown_is_not_taken_for_a_known_one(
    entry: Entry, change: Callable[[Body], Body], where: str, tmp_path: Path
) -> None:
    assert where in entry(change(rich_request()), tmp_path)


@pytest.mark.parametrize(("change", "where"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
@pytest.mark.parametrize("command", [simulated, explained])
def test_a_command_names_what_it_does_not_know(
    command: Callable[[Body, Path], list[str]],
    change: Callable[[Body], Body],
    where: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(command(change(rich_request()), tmp_path))

    out, err = capsys.readouterr()
    assert where in out + err
    assert code == 2 or json.loads(out)["exact"] is False


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_the_emulator_answers_like_the_api_to_an_unknown_model(path: str) -> None:
    emulator = Emulator(reader=PromptReader(), clock=lambda: 0.0)

    answer = emulator.handle("POST", path, dump({**rich_request(), "model": "claude-of-tomorrow"}))

    assert answer.status == 404
    error = {"type": "not_found_error", "message": "model: claude-of-tomorrow"}
    assert json.loads(answer.chunks[0])["error"] == error


@pytest.mark.parametrize("name", [name for name in UNKNOWN_MODELS if name])
def test_every_unknown_model_is_unknown_to_all(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {**rich_request(), "model": name}

    answer = Emulator(reader=PromptReader(), clock=lambda: 0.0).handle("POST", "/v1/messages", dump(body))

    assert answer.status == 404
    assert [main(command(body, tmp_path)) for command in (simulated, explained)] == [2, 2]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count(f"model {name!r} is not known\n  try: ") == 2


def test_a_price_of_an_unknown_model_is_not_that_of_another() -> None:
    with pytest.raises(CannotTellError, match=r"^no price is known for model 'claude-of-tomorrow'\n"):
        price(Usage(input_tokens=1), "claude-of-tomorrow")


# --- answers ---------------------------------------------------------------------------------------------

ANSWERS = (
    ("another status", 203, "application/json", dump(message("Hi")), "an answer with status 203"),
    ("another content type", 200, "text/html", b"<html>", "an answer that is no message (text/html)"),
    ("a list", 200, "application/json", b"[]", "an answer that is no message (application/json)"),
    ("nothing", 200, "", b"", "an answer that is no message (no content type)"),
    ("an empty stream", 200, "text/event-stream", b"", "usage, which is missing"),
    ("an object of another API", 200, "application/json", b'{"choices": []}', "usage, which is missing"),
)


@pytest.mark.parametrize(
    ("status", "kind", "body", "reason"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_an_answer_that_cannot_be_read_has_an_unknown_cost(status: int, kind: str, body: bytes, reason: str) -> None:
    recorded = interaction(REQUEST, body)
    headers = {"content-type": kind} if kind else {}
    recorded = replace(recorded, response=replace(recorded.response, status=status, headers=headers))
    calls: list[Any] = []

    # What the SDK makes of such an answer is its own affair.
    with suppress(Exception):
        sync_create(replay(cassette(recorded), calls))

    (call,) = calls
    assert reason in call.usage.unknown
    with pytest.raises(AssertionError, match=r"cannot tell what call 1 costs"):
        assert_cost_below(call, "1")
