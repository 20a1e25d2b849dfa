"""The emulator behind a socket, used by clients that do not know about it."""

import asyncio
import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic

from harness.emulator.connection import MAX_BODY_BYTES
from harness.emulator.core import Emulator
from harness.emulator.server import EmulatorServer

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Hello"}],
}
ANSWER = "This is the emulator's answer to a message of 5 characters."


@pytest.fixture
def server(emulator: Emulator) -> Iterator[EmulatorServer]:
    with EmulatorServer(emulator) as running:
        yield running


@pytest.fixture
def connection(server: EmulatorServer) -> Iterator[HTTPConnection]:
    url = httpx2.URL(server.url)
    client = HTTPConnection(url.host, url.port, timeout=10)
    yield client
    client.close()


def test_sdk_creates_and_streams(server: EmulatorServer) -> None:
    with Anthropic(api_key="test", base_url=server.url) as client:
        created = client.messages.create(**REQUEST)
        with client.messages.stream(**REQUEST) as stream:
            streamed = "".join(stream.text_stream)

    assert created.content[0].text == streamed == ANSWER


def test_server_listens_on_the_loopback_interface_only(server: EmulatorServer) -> None:
    assert server.url.startswith("http://127.0.0.1:")


def test_stream_is_framed_event_by_event(connection: HTTPConnection) -> None:
    connection.request("POST", "/v1/messages", json.dumps({**REQUEST, "stream": True}))
    response = connection.getresponse()

    assert response.getheader("transfer-encoding") == "chunked"
    frames = [response.read1() for _ in range(3)]
    assert [frame.split(b"\n")[0] for frame in frames] == [
        b"event: message_start",
        b"event: content_block_start",
        b"event: ping",
    ]
    assert response.read().endswith(b'data: {"type":"message_stop"}\n\n')


def test_connection_is_kept_for_further_requests(connection: HTTPConnection) -> None:
    for stream in (False, True, False):
        connection.request("POST", "/v1/messages", json.dumps({**REQUEST, "stream": stream}))
        first = connection.sock
        assert connection.getresponse().read()
        assert connection.sock is first is not None


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/complete"), ("POST", "/v1/complete")])
def test_what_the_emulator_does_not_serve_is_the_apis_own_error(
    method: str, path: str, connection: HTTPConnection
) -> None:
    connection.request(method, path, b"{}" if method == "POST" else None)
    response = connection.getresponse()

    assert response.status == 404
    assert json.loads(response.read())["error"] == {"type": "not_found_error", "message": "Not Found"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"content-length": str(MAX_BODY_BYTES + 1)}, 413, id="too-large"),
        pytest.param({"content-length": "9" * 19}, 413, id="absurdly-large"),
        pytest.param({"content-length": "9" * 5000}, 400, id="no-number"),
        pytest.param({"content-length": "-1"}, 400, id="negative"),
        pytest.param({"content-length": "²"}, 400, id="no-ascii-digit"),
        pytest.param({"transfer-encoding": "bogus"}, 400, id="of-unknown-encoding"),
    ],
)
def test_body_whose_end_cannot_be_known_is_refused_and_the_connection_closed(
    headers: dict[str, str], status: int, connection: HTTPConnection
) -> None:
    connection.putrequest("POST", "/v1/messages")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()

    assert response.status == status
    assert response.getheader("connection") == "close"
    assert json.loads(response.read())["type"] == "error"


def test_many_connections_at_once_are_all_answered(server: EmulatorServer) -> None:
    async def ask() -> list[int]:
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=server.url, limits=limits, timeout=30) as client:
            calls = [client.post("/v1/messages", json=REQUEST) for _ in range(60)]
            return [response.status_code for response in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == [200] * 60


def test_client_that_goes_away_prints_nothing_and_harms_nobody(
    server: EmulatorServer, connection: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    url = httpx2.URL(server.url)
    with socket.create_connection((url.host, url.port)) as rude:
        rude.sendall(b"POST /v1/messages HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf")
    connection.request("POST", "/v1/messages", json.dumps(REQUEST))

    assert connection.getresponse().status == 200
    assert capfd.readouterr() == ("", "")


def test_closing_ends_connections_that_clients_keep(emulator: Emulator) -> None:
    with EmulatorServer(emulator) as server:
        url = httpx2.URL(server.url)
        kept = HTTPConnection(url.host, url.port, timeout=10)
        kept.request("POST", "/v1/messages", json.dumps(REQUEST))
        kept.getresponse().read()
    assert kept.sock.recv(1) == b""
    kept.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port))
