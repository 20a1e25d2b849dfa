"""Any HTTP client: recorded in our format, matched on exact bytes."""

import asyncio
import gzip
import json
import threading
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import httpx2
import pytest
from anthropic import Anthropic

from harness.cassettes.store import CassetteStore
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider.endpoints import Origin
from harness.sessions.interception.outgoing import Outgoing
from harness.sessions.other_clients import ForeignSession
from harness.sessions.replay import CassetteMissError
from harness.sessions.session import Mode, SessionOptions
from tests.cassettes.examples import cassette, dump, interaction, message
from tests.cassettes.test_decoding import zstd

BODY = dump({"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]})
STREAM = BODY.replace(b'"max_tokens"', b'"stream":true,"max_tokens"')
SECRETS = {
    "authorization": "Bearer sk-ant-secret",
    "x-api-key": "house-secret-4711",
    "content-type": "application/json",
}

Open = Callable[..., ForeignSession]


def outgoing(url: str, body: bytes | None) -> Outgoing:
    return Outgoing(method="POST", url=url, headers={}, body=body)


@pytest.fixture
def open_session(tmp_path: Path, count_text: TextCounter) -> Open:
    def make(mode: Mode, upstream: Origin = "emulator") -> ForeignSession:
        store = CassetteStore(tmp_path)
        return ForeignSession(
            SessionOptions(mode=mode, upstream=upstream, store=store, reader=PromptReader(count_text)),
            "case",
            hint="record",
        )

    return make


def with_urllib(url: str, body: bytes) -> bytes:
    request = urllib.request.Request(f"{url}/v1/messages", body, SECRETS)
    with urllib.request.urlopen(request) as response:
        return bytes(response.read())


def with_httpx2(url: str, body: bytes) -> bytes:
    return httpx2.post(f"{url}/v1/messages", content=body, headers=SECRETS).content


def with_async_httpx2(url: str, body: bytes) -> bytes:
    async def run() -> bytes:
        async with httpx2.AsyncClient() as client:
            return (await client.post(f"{url}/v1/messages", content=body, headers=SECRETS)).content

    return asyncio.run(run())


def with_httpx(url: str, body: bytes) -> bytes:
    httpx = pytest.importorskip("httpx", reason="httpx is not installed: it comes with the group integrations")
    return bytes(httpx.post(f"{url}/v1/messages", content=body, headers=SECRETS).content)


def with_requests(url: str, body: bytes) -> bytes:
    requests = pytest.importorskip("requests", reason="requests is not installed: it comes with the group integrations")
    return bytes(requests.post(f"{url}/v1/messages", data=body, headers=SECRETS, timeout=30).content)


def with_aiohttp(url: str, body: bytes) -> bytes:
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed: it comes with the group integrations")

    async def run() -> bytes:
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{url}/v1/messages", data=body, headers=SECRETS) as response,
        ):
            return bytes(await response.read())

    return asyncio.run(run())


CLIENTS = [with_urllib, with_httpx2, with_async_httpx2, with_httpx, with_requests, with_aiohttp]


@pytest.mark.parametrize("body", [BODY, STREAM], ids=["plain", "streamed"])
@pytest.mark.parametrize("post", CLIENTS)
def test_client_records_and_replays_without_its_secrets(
    post: Callable[[str, bytes], bytes], body: bytes, open_session: Open, tmp_path: Path
) -> None:
    with open_session("record") as recording:
        answer = post(recording.base_url, body)
    recording.save()
    with open_session("replay") as replaying:
        assert post(replaying.base_url, body) == answer

    assert replaying.base_url == "https://api.anthropic.com"
    assert replaying.calls == recording.calls
    assert len(replaying.calls) == 1
    text = (tmp_path / "case.json").read_text()
    assert "secret" not in text
    assert "api-key" not in text


@pytest.mark.parametrize("post", CLIENTS)
def test_key_of_a_header_is_found_in_the_body_too(
    post: Callable[[str, bytes], bytes], open_session: Open, tmp_path: Path
) -> None:
    body = BODY.replace(b"Hello", b"My key is " + SECRETS["x-api-key"].encode())
    with open_session("record") as recording:
        answer = post(recording.base_url, body)
    recording.save()
    with open_session("replay") as replaying:
        assert post(replaying.base_url, body) == answer

    assert SECRETS["x-api-key"] not in (tmp_path / "case.json").read_text()


def test_recorded_stream_is_kept_event_by_event(open_session: Open, tmp_path: Path) -> None:
    with open_session("record") as recording:
        with_httpx2(recording.base_url, STREAM)
    recording.save()

    (recorded,) = CassetteStore(tmp_path).load("case").interactions  # type: ignore[union-attr]
    starts = [chunk.data.split(b"\n")[0] for chunk in recorded.response.chunks]
    assert starts[0] == b"event: message_start"
    assert starts[-1] == b"event: message_stop"


def save(folder: Path, *bodies: tuple[bytes, str]) -> None:
    answers = [interaction(body, dump(message(text))) for body, text in bodies]
    CassetteStore(folder).save("case", cassette(*answers))


@pytest.mark.parametrize("post", CLIENTS)
def test_equal_requests_get_their_answers_in_the_order_recorded(
    post: Callable[[str, bytes], bytes], open_session: Open, tmp_path: Path
) -> None:
    save(tmp_path, (BODY, "first"), (BODY, "second"))

    with open_session("replay") as session:
        answers = [json.loads(post(session.base_url, BODY))["content"][0]["text"] for _ in range(2)]

    assert answers == ["first", "second"]
    assert session.unplayed == ()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(BODY.replace(b"Hello", b"Hallo"), id="text"),
        pytest.param(BODY.replace(b":64", b":64.0"), id="number"),
        pytest.param(BODY.replace(b",", b", "), id="whitespace"),
        pytest.param(dump(dict(reversed(json.loads(BODY).items()))), id="order-of-keys"),
    ],
)
@pytest.mark.parametrize("post", CLIENTS)
def test_one_byte_makes_a_miss(
    post: Callable[[str, bytes], bytes], sent: bytes, open_session: Open, tmp_path: Path
) -> None:
    save(tmp_path, (BODY, "first"))

    with open_session("replay") as session, pytest.raises(CassetteMissError):
        post(session.base_url, sent)

    assert len(session.misses) == 1
    with pytest.raises(CassetteMissError, match=r"cassette 'case' does not hold this POST /v1/messages"):
        session.raise_first_miss()


def test_sdk_does_not_try_a_miss_again(open_session: Open) -> None:
    with open_session("replay") as session, Anthropic(api_key="k", base_url=session.base_url, max_retries=5) as client:
        with pytest.raises(CassetteMissError, match="no cassette 'case'"):
            client.messages.create(**json.loads(BODY))

        assert len(session.misses) == 1


def test_threads_get_an_answer_each(open_session: Open, tmp_path: Path) -> None:
    save(tmp_path, *((BODY, str(number)) for number in range(40)))
    answers: list[str] = []

    def ask(url: str) -> None:
        answers.extend(json.loads(with_httpx2(url, BODY))["content"][0]["text"] for _ in range(5))

    with open_session("replay") as session:
        threads = [threading.Thread(target=ask, args=(session.base_url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(answers, key=int) == [str(number) for number in range(40)]


def test_calls_are_kept_in_the_order_in_which_they_began(open_session: Open) -> None:
    session = open_session("emulate")
    with session:
        first, second = (outgoing(f"{session.base_url}/v1/messages", body) for body in (BODY, STREAM))
        session.note(second, 1, 500, {}, b"")
        session.note(first, 0, 500, {}, b"")

        assert session._recorder is not None
        assert [item.request.body for item in session._recorder.interactions] == [BODY, STREAM]


def test_emulate_mode_answers_and_writes_nothing(open_session: Open, tmp_path: Path) -> None:
    with open_session("emulate") as session:
        assert b"emulator's answer" in with_httpx2(session.base_url, BODY)
    session.save()

    assert len(session.calls) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("post", CLIENTS)
def test_call_through_a_gateway_is_answered_recorded_and_judged_as_one_to_the_api(
    post: Callable[[str, bytes], bytes], open_session: Open
) -> None:
    with open_session("record") as session:
        recorded = post("https://gateway.example/anthropic", BODY)
    session.save()
    with open_session("replay") as replayed:
        assert post("https://gateway.example/anthropic", BODY) == recorded

    assert b"emulator's answer" in recorded
    assert (len(session.calls), len(replayed.calls), replayed.unplayed) == (1, 1, ())


def test_cassette_with_the_path_of_a_gateway_is_played(open_session: Open, tmp_path: Path) -> None:
    recorded = interaction(BODY, dump(message("first")))
    request = replace(recorded.request, path="/anthropic/v1/messages")
    CassetteStore(tmp_path).save("case", cassette(replace(recorded, request=request)))

    with open_session("replay") as session:
        assert b"first" in with_httpx2("https://gateway.example/anthropic", BODY)
    assert session.misses == ()


def with_path(post: Callable[[str, bytes], bytes], path: str) -> Callable[[str, bytes], bytes]:
    """A client that posts to another path: what follows a ``#`` is not sent."""
    return lambda url, body: post(f"{url}{path}#", body)


@pytest.mark.parametrize("post", CLIENTS)
def test_call_that_the_emulator_cannot_answer_is_refused_and_never_sent(
    post: Callable[[str, bytes], bytes], open_session: Open
) -> None:
    with open_session("record") as session, pytest.raises(CassetteMissError) as caught:
        with_path(post, "/api/v1/chat/completions")("https://gateway.example", BODY)

    assert str(caught.value) == (
        "POST to gateway.example is not a call of the Messages API, so the emulator cannot answer it\n"
        "  try: point the client at harness_cassette.base_url, and let it call the Messages API"
    )
    assert session.misses == (caught.value,)


@pytest.mark.parametrize("post", CLIENTS)
def test_what_is_meant_for_the_api_is_answered_by_the_emulator_and_replayed(
    post: Callable[[str, bytes], bytes], open_session: Open
) -> None:
    with open_session("record") as session:
        recorded = post("https://api.anthropic.com", BODY)
    session.save()
    with open_session("replay") as replayed:
        assert post("https://api.anthropic.com", BODY) == recorded

    assert b"emulator's answer" in recorded
    assert (len(session.calls), len(replayed.calls), replayed.unplayed) == (1, 1, ())


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


class Compressing(BaseHTTPRequestHandler):
    """An upstream that always compresses, and records which encoding it was asked for."""

    asked: list[str | None]
    encoding: str

    def do_POST(self) -> None:
        self.asked.append(self.headers["accept-encoding"])
        self.rfile.read(int(self.headers["content-length"]))
        body = PACK[self.encoding](dump(message("packed")))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-encoding", self.encoding)
        self.send_header("anthropic-organization-id", "org-secret")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize("encoding", PACK)
@pytest.mark.parametrize("post", CLIENTS)
def test_plain_bodies_are_asked_for_and_compressed_ones_decoded(
    post: Callable[[str, bytes], bytes], encoding: str, open_session: Open, tmp_path: Path
) -> None:
    handler = type("Handler", (Compressing,), {"asked": [], "encoding": encoding})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with open_session("record", "anthropic") as session:
            post(f"http://127.0.0.1:{server.server_port}", BODY)
        server.shutdown()
        thread.join()
    session.save()

    assert handler.asked == ["identity"]
    (recorded,) = CassetteStore(tmp_path).load("case").interactions  # type: ignore[union-attr]
    assert recorded.response.body == dump(message("packed"))
    assert dict(recorded.response.headers) == {"content-type": "application/json"}


def test_nothing_stays_patched(open_session: Open) -> None:
    def look() -> list[object]:
        owners = (HTTPConnection, HTTPSConnection, httpx2.HTTPTransport, httpx2.AsyncHTTPTransport)
        return [dict(vars(owner)) for owner in owners]

    before = look()
    with open_session("emulate"):
        assert all(now != earlier for now, earlier in zip(look(), before, strict=True))
    assert look() == before


def test_body_that_cannot_be_kept_is_refused(open_session: Open) -> None:
    with (
        open_session("replay") as session,
        pytest.raises(CassetteMissError, match="the body of POST /v1/messages can be read only once"),
    ):
        session.answer(outgoing("https://api.anthropic.com/v1/messages", None), 0)
