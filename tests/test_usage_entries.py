"""Every way in which a usage enters the package names a key that it does not know."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic

from harness.calls.answer import read_message, read_stream
from harness.calls.call import Call, read_call
from harness.cli import main
from harness.client.claude import ClaudeClient
from harness.client.log_lines import parse_line
from harness.prompt.reader import PromptReader
from harness.provider.usage import Usage
from harness.settings import Settings
from tests.cassettes.examples import cassette, dump, interaction, message
from tests.cassettes.wire import REQUEST, STREAM, replay, sync_create
from tests.conftest import BASE_URL

KEY = "quantum_tokens"
USAGE = {"input_tokens": 10, "output_tokens": 2, KEY: 7}
ANSWER = {**message("Hi"), "usage": USAGE}
EVENTS = b"".join(STREAM).replace(b'{"output_tokens":7}', dump(USAGE))


def events() -> list[dict[str, Any]]:
    return [json.loads(line[5:]) for line in EVENTS.splitlines() if line.startswith(b"data:")]


def of_call(body: bytes, content_type: str) -> Usage:
    headers = {"content-type": content_type}
    call = read_call(dump(REQUEST), body, headers, origin="anthropic", reader=PromptReader())
    assert call is not None
    return call.usage


def of_replay() -> Usage:
    calls: list[Call] = []
    sync_create(replay(cassette(interaction(REQUEST, dump(ANSWER))), calls))
    return calls[0].usage


ENTRIES: dict[str, Callable[[], Usage]] = {
    "object": lambda: Usage.from_api(USAGE),
    "message": lambda: read_message(ANSWER).usage,
    "stream": lambda: read_stream(events()).usage,
    "call": lambda: of_call(dump(ANSWER), "application/json"),
    "streamed call": lambda: of_call(EVENTS, "text/event-stream"),
    "cassette": of_replay,
}


@pytest.mark.parametrize("read", ENTRIES.values(), ids=ENTRIES.keys())
def test_usage_names_a_key_that_it_does_not_know(read: Callable[[], Usage]) -> None:
    assert read().unknown == (KEY,)


def client_for(body: bytes, content_type: str, folder: Path) -> ClaudeClient:
    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": content_type}, content=body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    sdk = Anthropic(api_key="test", base_url=BASE_URL, http_client=http)
    return ClaudeClient(sdk, settings=Settings(local_cache_dir=folder))


@pytest.mark.parametrize("is_streamed", [False, True])
def test_metrics_of_the_client_name_it_also_for_a_local_hit(
    is_streamed: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="harness.client")
    body, kind = (EVENTS, "text/event-stream") if is_streamed else (dump(ANSWER), "application/json")
    client = client_for(body, kind, tmp_path)

    for _ in range(2):
        list(client.stream_message("", "Hello")) if is_streamed else client.create_message("", "Hello")

    assert (client.metrics.not_priced, client.metrics.local_hits) == ({KEY: 2}, 1)
    assert client.metrics.usage.unknown == (KEY,)
    lines = [parse_line(record.getMessage()) for record in caplog.records]
    assert [(line.saved, line.not_priced) for line in lines if line] == [(None, (KEY,))] * 2


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_simulate_names_it(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(json.dumps({"at": 0, "request": REQUEST, "usage": USAGE}))

    assert main(["simulate", str(path), "--format", form]) == 0

    assert KEY in capsys.readouterr().out
