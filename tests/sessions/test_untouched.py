"""What is not Claude's passes a session untouched: other servers, and transports in the process."""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.cassettes.store import CassetteStore
from harness.loopback import is_loopback
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin
from harness.sessions.other_clients import ForeignSession
from harness.sessions.session import Mode, SessionOptions
from tests.cassettes.examples import cassette, dump, interaction, message
from tests.sessions.test_other_clients import BODY, CLIENTS

MODES: list[tuple[Mode, Origin]] = [("replay", "emulator"), ("emulate", "emulator"), ("record", "emulator")]
GROUP = "comes with the group integrations"

Open = Callable[[Mode, Origin], ForeignSession]
Post = Callable[[str, bytes], bytes]


@pytest.fixture
def open_session(tmp_path: Path) -> Open:
    CassetteStore(tmp_path).save("case", cassette(interaction(BODY, dump(message("from the cassette")))))

    def make(mode: Mode, upstream: Origin) -> ForeignSession:
        reader = PromptReader(lambda text, _: len(text) // 4)
        options = SessionOptions(
            mode=mode, upstream=upstream, store=CassetteStore(tmp_path), reader=reader, is_ignored="localhost".__eq__
        )
        return ForeignSession(options, "case")

    return make


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent, piece by piece, over a connection that it keeps open."""

    protocol_version = "HTTP/1.1"
    visits: list[str]

    def do_POST(self) -> None:
        self.visits.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(201)
        self.send_header("transfer-encoding", "chunked")
        self.send_header("x-kept", "yes")
        self.end_headers()
        for piece in (b"echo: ", body):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    handler = type("Handler", (Echo,), {"visits": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", handler.visits
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("sent", [b'{"text": "Hi"}', b"\x00\xff" * 40_000], ids=["json", "bytes"])
@pytest.mark.parametrize(("mode", "upstream"), MODES)
@pytest.mark.parametrize("post", CLIENTS)
def test_server_on_this_machine_is_reached(
    post: Post, mode: Mode, upstream: Origin, sent: bytes, server: tuple[str, list[str]], open_session: Open
) -> None:
    url, visits = server
    with open_session(mode, upstream) as session:
        assert post(url, sent) == b"echo: " + sent

    assert visits == ["/v1/messages"]
    assert (session.calls, session.misses) == ([], ())


@pytest.mark.parametrize(("mode", "upstream"), MODES)
@pytest.mark.parametrize("post", CLIENTS)
def test_ignored_host_gets_even_what_looks_like_a_call(
    post: Post, mode: Mode, upstream: Origin, server: tuple[str, list[str]], open_session: Open
) -> None:
    url, visits = server
    with open_session(mode, upstream) as session:
        assert post(url.replace("127.0.0.1", "localhost"), BODY) == b"echo: " + BODY

    assert (visits, session.calls) == (["/v1/messages"], [])


@pytest.mark.parametrize("post", CLIENTS)
def test_call_through_a_gateway_on_this_machine_does_not_reach_it(
    post: Post, server: tuple[str, list[str]], open_session: Open
) -> None:
    url, visits = server
    with open_session("replay", "emulator") as session:
        assert b"from the cassette" in post(url, BODY)

    assert (visits, len(session.calls)) == ([], 1)


def test_connection_that_was_open_before_is_taken_and_given_back(
    server: tuple[str, list[str]], open_session: Open
) -> None:
    url, visits = server
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)

    def post(path: str, body: bytes) -> bytes:
        connection.request("POST", path, body)
        return connection.getresponse().read()

    assert post("/before", b"1") == b"echo: 1"
    with open_session("replay", "emulator") as session:
        assert post("/during", b"2") == b"echo: 2"
        assert b"from the cassette" in post("/v1/messages", BODY)
    assert post("/after", b"3") == b"echo: 3"
    connection.close()
    assert (visits, len(session.calls)) == (["/before", "/during", "/after"], 1)


def test_connection_class_that_is_made_later_is_taken_too(open_session: Open) -> None:
    with open_session("replay", "emulator") as session:

        class Eager(http.client.HTTPSConnection):
            def connect(self) -> None:
                raise AssertionError("connected")

        connection = Eager("api.anthropic.com")
        connection.connect()
        connection.request("POST", "/v1/messages", BODY)
        assert b"from the cassette" in connection.getresponse().read()
    assert len(session.calls) == 1


def test_socket_that_somebody_asks_for_is_the_real_one(server: tuple[str, list[str]], open_session: Open) -> None:
    url, visits = server
    with open_session("replay", "emulator"):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.connect()
        assert is_loopback(connection.sock.getpeername()[0])
        connection.request("POST", "/", b"1")
        assert connection.getresponse().read() == b"echo: 1"
        connection.close()
    assert visits == ["/"]


def test_socket_that_could_not_be_encrypted_is_not_used(server: tuple[str, list[str]], open_session: Open) -> None:
    url, visits = server
    with open_session("replay", "emulator"):
        connection = http.client.HTTPSConnection(url.removeprefix("http://"), timeout=10)
        with pytest.raises(OSError, match="SSL"):
            connection.request("GET", "/")
        assert connection.sock is None
    assert visits == []


def test_body_in_chunks_and_a_proxy_hide_no_call(open_session: Open) -> None:
    urllib3 = pytest.importorskip("urllib3", reason=f"urllib3 {GROUP}")
    url, proxy = "https://api.anthropic.com/v1/messages", "http://127.0.0.1:9"
    with open_session("emulate", "emulator") as session:
        for pool in (urllib3.PoolManager(), urllib3.ProxyManager(proxy)):
            pieces = iter([BODY[:10], BODY[10:]])
            assert b"emulator's answer" in pool.request("POST", url, body=pieces, retries=False).data
        plain = url.replace("https", "http")
        assert b"emulator's answer" in urllib3.ProxyManager(proxy).request("POST", plain, body=BODY).data

    assert [call.body for call in session.calls] == [BODY] * 3


def test_relative_address_of_an_aiohttp_session_is_resolved(open_session: Open) -> None:
    aiohttp = pytest.importorskip("aiohttp", reason=f"aiohttp {GROUP}")

    async def ask() -> bytes:
        async with (
            aiohttp.ClientSession("https://api.anthropic.com") as client,
            client.post("/v1/messages", json=json.loads(BODY)) as response,
        ):
            return bytes(await response.read())

    with open_session("replay", "emulator") as session:
        assert b"from the cassette" in asyncio.run(ask())
    assert len(session.calls) == 1


def respond(request: Any) -> Any:
    return httpx2.Response(200, text="from the mock")


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"from the application"})


class Own(httpx2.BaseTransport):
    """A transport of the test's own, as Starlette's test client has one."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, text="from the mock")


@pytest.mark.parametrize("host", ["https://api.anthropic.com", "http://test"])
@pytest.mark.parametrize(("mode", "upstream"), MODES)
def test_transport_in_the_process_answers(mode: Mode, upstream: Origin, host: str, open_session: Open) -> None:
    async def ask_application() -> str:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(application)) as client:
            return (await client.post(f"{host}/v1/messages", content=BODY)).text

    with open_session(mode, upstream) as session:
        for transport in (httpx2.MockTransport(respond), Own()):
            with httpx2.Client(transport=transport) as client:
                assert client.post(f"{host}/v1/messages", content=BODY).text == "from the mock"
        assert asyncio.run(ask_application()) == "from the application"

    assert (session.calls, session.misses) == ([], ())


def test_transport_that_wraps_the_real_one_is_taken(open_session: Open) -> None:
    class Retrying(httpx2.BaseTransport):
        def __init__(self) -> None:
            self.inner = httpx2.HTTPTransport()

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            return self.inner.handle_request(request)

    with open_session("replay", "emulator") as session, httpx2.Client(transport=Retrying()) as client:
        assert "from the cassette" in client.post("https://api.anthropic.com/v1/messages", content=BODY).text
    assert len(session.calls) == 1


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_mock_of_respx_answers_what_is_not_claudes(using: str, open_session: Open) -> None:
    respx = pytest.importorskip("respx", reason=f"respx {GROUP}")
    httpx = pytest.importorskip("httpx", reason=f"httpx {GROUP}")
    with open_session("replay", "emulator") as session, respx.mock(using=using) as router:
        router.get("https://weather.example/").respond(text="sunny")
        if using == "httpx":
            router.route(host="api.anthropic.com").pass_through()
        assert httpx.get("https://weather.example/").text == "sunny"
        assert "from the cassette" in httpx.post("https://api.anthropic.com/v1/messages", content=BODY).text
    assert len(session.calls) == 1
