"""``explain_misses``: the question that is sent, and the warning about a lost prefix."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic

from harness.client.claude import ClaudeClient
from harness.settings import Settings
from tests.conftest import BASE_URL, Clock, Wire

SYSTEM = "You compare resumes with jobs, carefully and briefly. " * 100


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(local_cache_dir=tmp_path, use_local_cache=False)


@pytest.fixture
def client(anthropic: Anthropic, settings: Settings) -> ClaudeClient:
    return ClaudeClient(anthropic, settings=settings, explain_misses=True)


def questions(wire: Wire) -> list[Any]:
    return [json.loads(request.content)["diagnostics"] for request in wire.sent]


def test_each_call_asks_about_the_one_before_of_its_model_and_version(wire: Wire, client: ClaudeClient) -> None:
    first = client.create_message(SYSTEM, "a")
    client.create_message(SYSTEM, "b", prompt_version="v2")
    client.create_message(SYSTEM, "c", model="claude-opus-5-5")
    last = client.stream_message(SYSTEM, "d").get_final_message()
    client.create_message(SYSTEM, "e")
    client.create_message(SYSTEM, "f", diagnostics={"previous_message_id": "msg_own"})

    ids = [question["previous_message_id"] for question in questions(wire)]
    assert ids == [None, None, None, first.id, last.id, "msg_own"]


def test_without_it_nothing_is_asked(wire: Wire, anthropic: Anthropic, settings: Settings) -> None:
    ClaudeClient(anthropic, settings=settings).create_message(SYSTEM, "a")

    assert b"diagnostics" not in wire.sent[0].content


def test_what_is_read_again_is_no_miss(client: ClaudeClient, caplog: pytest.LogCaptureFixture) -> None:
    for question in "abc":
        client.create_message(SYSTEM, question)

    assert caplog.records == []
    assert client.metrics.misses == {}


def test_a_lost_prefix_is_explained_by_both(client: ClaudeClient, caplog: pytest.LogCaptureFixture) -> None:
    first = client.create_message(SYSTEM, "a")
    client.create_message(f"Day 2. {SYSTEM}", "a")

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"lost prefix: model claude-sonnet-5-5, version '', after {first.id}: the API says system_changed; "
        "comparing the requests says text_changed at system[0], 1,902 tokens lost"
    )
    assert client.metrics.misses == {"text_changed": 1}


def answering(reason: Any, read: Callable[[int], int]) -> Anthropic:
    calls = iter(range(10))

    def answer(_: httpx2.Request) -> httpx2.Response:
        number = next(calls)
        usage = {
            "input_tokens": 9,
            "cache_creation_input_tokens": 1_902 - read(number),
            "cache_read_input_tokens": read(number),
            "output_tokens": 3,
        }
        message = {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": [{"type": "text", "text": "Hi"}],
            "stop_reason": "end_turn",
            "usage": usage,
            "diagnostics": reason if number else None,
        }
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=json.dumps(message))

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return Anthropic(api_key="test", base_url=BASE_URL, http_client=http)


# What the API says, tokens read by the second call, and what the warning ends with.
ANSWERS: tuple[tuple[Any, int, str], ...] = (
    (
        {"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": 9}},
        1_902,
        "the API says tools_changed; comparing the requests says that nothing should be lost; "
        "they disagree: the API should have said no difference",
    ),
    (
        None,
        0,
        "the API says no difference; comparing the requests says that nothing should be lost",
    ),
    (
        {"cache_miss_reason": None},
        0,
        "the API says nothing yet; comparing the requests says that nothing should be lost",
    ),
)


@pytest.mark.parametrize(("reason", "read", "end"), ANSWERS)
def test_where_they_disagree_it_says_so(
    reason: Any, read: int, end: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = ClaudeClient(
        answering(reason, lambda number: read if number else 0), settings=settings, explain_misses=True
    )
    client.create_message(SYSTEM, "a")
    client.create_message(SYSTEM, "a")

    (record,) = caplog.records
    assert record.getMessage().partition("after msg_0: ")[2] == end
    assert client.metrics.misses == {"provider": 1}


def test_what_cannot_be_told_is_said(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    client = ClaudeClient(answering(None, lambda _: 0), settings=settings, explain_misses=True)
    for question in "ab":
        client.create_message(SYSTEM, question, model="claude-unheard-of")

    (record,) = caplog.records
    assert "comparing the requests says nothing (model 'claude-unheard-of' is not known)" in record.getMessage()
    assert client.metrics.misses == {"cannot tell": 1}


def test_an_expired_entry_is_told_by_the_times(
    client: ClaudeClient, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.create_message(SYSTEM, "a")
    sent = client._misses._sent if client._misses else {}
    for key, before in sent.items():
        sent[key] = before._replace(at=before.at.replace(year=2020))
    clock.now += 400
    client.create_message(SYSTEM, "a")

    (record,) = caplog.records
    assert "the API says no difference; comparing the requests says ttl_expired at system[0]" in record.getMessage()
