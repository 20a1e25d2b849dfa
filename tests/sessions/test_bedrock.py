"""Claude on Amazon Bedrock through botocore, whose connections are made from those of urllib3."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.calls.event_stream import encode_frame, make_event
from harness.cassettes.store import CassetteStore
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin
from harness.sessions.other_clients import ForeignSession
from harness.sessions.replay import CassetteMissError
from harness.sessions.session import Mode, SessionOptions

ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "metrics": {"latencyMs": 1},
}
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


EVENTS = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello"}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": ANSWER["usage"], "metrics": {"latencyMs": 1}}),
]


class Bedrock(BaseHTTPRequestHandler):
    """Answers every call of the Converse API."""

    visits: list[str]

    def do_POST(self) -> None:
        self.visits.append(self.path)
        self.rfile.read(int(self.headers["content-length"]))
        is_stream = self.path.endswith("-stream")
        body = b"".join(map(encode_event, EVENTS)) if is_stream else json.dumps(ANSWER).encode()
        self.send_response(200)
        kind = "application/vnd.amazon.eventstream" if is_stream else "application/json"
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def encode_event(event: tuple[str, Any]) -> bytes:
    return encode_frame(make_event(event[0], json.dumps(event[1]).encode()))


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    handler = type("Handler", (Bedrock,), {"visits": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", handler.visits
        running.shutdown()
        thread.join()


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], Any]:
    boto3 = pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k", "AWS_DEFAULT_REGION": "eu-west-1"}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)

    def converse(url: str | None) -> Any:
        client = boto3.client("bedrock-runtime", endpoint_url=url)
        return client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hi"}]}])["output"]

    return converse


def open_session(folder: Path, mode: Mode, upstream: Origin = "emulator") -> ForeignSession:
    reader = PromptReader(lambda text, _: len(text) // 4)
    options = SessionOptions(mode=mode, upstream=upstream, store=CassetteStore(folder), reader=reader)
    return ForeignSession(options, "case", hint="pytest --harness-mode=record --harness-upstream=emulator")


def test_call_is_recorded_at_one_address_and_replayed_at_another(
    ask: Callable[[str | None], Any], server: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, visits = server
    with open_session(tmp_path, "record", "anthropic") as recording:
        recorded = ask(url)
    recording.save()
    with open_session(tmp_path, "replay") as replaying:
        assert ask(None) == recorded == ANSWER["output"]

    assert (len(visits), replaying.unplayed, replaying.misses) == (1, (), ())


def test_emulator_refuses_to_count(tmp_path: Path, ask: Callable[[str | None], Any]) -> None:
    client = pytest.importorskip("boto3").client("bedrock-runtime")
    given = {"converse": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}}
    with open_session(tmp_path, "emulate") as session, pytest.raises(Exception, match="is not a call of the Messages"):
        client.count_tokens(modelId=MODEL, input=given)
    with pytest.raises(CassetteMissError, match=r"bedrock-runtime.eu-west-1.amazonaws.com is not a call of the"):
        session.raise_first_miss()


def test_miss_suggests_the_upstream_that_can_answer(ask: Callable[[str | None], Any], tmp_path: Path) -> None:
    with open_session(tmp_path, "replay") as session, pytest.raises(Exception, match="nothing was recorded"):
        ask(None)
    assert session.misses[0].hint == "pytest --harness-mode=record --harness-upstream=emulator"


def test_cassette_with_an_encoded_path_is_still_played(
    ask: Callable[[str | None], Any], server: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(tmp_path, "record", "anthropic") as recording, monkeypatch.context() as earlier:
        earlier.setattr("harness.sessions.other_clients.api_path", lambda path: path)
        ask(server[0])
    recording.save()
    assert "%3A0/converse" in (tmp_path / "case.json").read_text()
    with open_session(tmp_path, "replay"):
        ask(None)


def test_stream_is_recorded_to_the_byte(
    ask: Callable[[str | None], Any], server: tuple[str, list[str]], tmp_path: Path
) -> None:
    boto3 = pytest.importorskip("boto3")

    def stream(url: str | None) -> list[Any]:
        client = boto3.client("bedrock-runtime", endpoint_url=url)
        messages = [{"role": "user", "content": [{"text": "Hi"}]}]
        return list(client.converse_stream(modelId=MODEL, messages=messages)["stream"])

    with open_session(tmp_path, "record", "anthropic") as recording:
        recorded = stream(server[0])
    recording.save()
    with open_session(tmp_path, "replay") as replaying:
        assert stream(None) == recorded == [{kind: data} for kind, data in EVENTS]

    assert [call.answer.text for call in replaying.calls] == ["Hello"]
    assert (replaying.calls[0].usage.input_tokens, replaying.calls[0].usage.output_tokens) == (1, 1)
    cassette = CassetteStore(tmp_path).load("case")
    assert cassette is not None
    assert cassette.interactions[0].response.body == b"".join(map(encode_event, EVENTS))
