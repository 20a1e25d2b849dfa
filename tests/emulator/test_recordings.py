"""Requests that others recorded, sent to the emulator: it accepts and refuses what the API accepted and refused."""

import json
from typing import Any

import pytest
from anthropic.types import Message

from harness.emulator.core import Emulator
from harness.emulator.http import read_whole
from harness.prompt.reader import PromptReader
from tests.recordings import DATA, recordings

REFUSED = [json.loads(line) for line in (DATA / "refused.jsonl").read_text("utf-8").splitlines()]
RETIRED_NAMES = {"claude-2.1"}
"""Models of 2023 that are not known here."""


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    # Exact counts take minutes, and change nothing about what is accepted.
    return Emulator(reader=PromptReader(lambda text, _: len(text) // 4), clock=lambda: 0.0)


def ask(emulator: Emulator, request: dict[str, Any], path: str = "/v1/messages") -> tuple[int, dict[str, Any]]:
    answer = emulator.handle("POST", path, json.dumps({**request, "stream": False}).encode())
    return answer.status, json.loads(b"".join(read_whole(answer).chunks))


def test_what_the_api_answered_is_answered_with_a_message_that_the_sdk_reads(emulator: Emulator) -> None:
    refused = {}
    for number, recording in recordings().items():
        if "max_tokens" not in recording.request:
            # It only counts tokens.
            continue
        status, body = ask(emulator, recording.request)
        if status != 200:
            refused[number] = (recording.model, body["error"]["message"])
            continue
        assert Message.model_validate(body).type == "message"
    assert {model for model, _ in refused.values()} <= RETIRED_NAMES
    assert len(refused) <= 0.02 * len(recordings())


@pytest.mark.parametrize("row", REFUSED, ids=[str(row["id"]) for row in REFUSED])
def test_what_the_api_refused_is_refused_in_the_same_words(emulator: Emulator, row: dict[str, Any]) -> None:
    status, body = ask(emulator, row["request"])
    assert status == 400
    assert body["error"] == row["error"]


def test_the_refused_requests_name_where_they_come_from() -> None:
    notice = (DATA.parents[1] / "NOTICE").read_text("utf-8")
    assert {row["repo"] for row in REFUSED if row["repo"] not in notice} == set()
