"""Slow and broken clients of the socket server: each is refused or cut off, and others are served meanwhile."""

import gzip
import json
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from random import Random
from typing import Any

import httpx2
import pytest

from harness.emulator.connection import MAX_BODY_BYTES, Patience
from harness.emulator.core import Emulator
from harness.emulator.server import EmulatorServer
from tests.emulator.test_server import ANSWER, REQUEST

BODY = json.dumps(REQUEST).encode()
IMPATIENT = Patience(idle=1.0, head=0.4, body=0.4, send=0.4)


@pytest.fixture
def server(emulator: Emulator) -> Iterator[EmulatorServer]:
    with EmulatorServer(emulator, patience=IMPATIENT) as running:
        yield running


@pytest.fixture
def connect(server: EmulatorServer) -> Iterator[Callable[[], socket.socket]]:
    url = httpx2.URL(server.url)
    with ExitStack() as opened:
        yield lambda: opened.enter_context(socket.create_connection((url.host, url.port or 0), timeout=10))


def read_all(client: socket.socket) -> bytes:
    received = b""
    while data := client.recv(65_536):
        received += data
    return received


def ask(server: EmulatorServer, **options: Any) -> httpx2.Response:
    return httpx2.post(f"{server.url}/v1/messages", timeout=30, **options)


def test_request_that_never_ends_is_cut_off_while_others_are_served(
    server: EmulatorServer, connect: Callable[[], socket.socket]
) -> None:
    slow = connect()
    slow.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n")
    stopped = threading.Event()

    def dribble() -> None:
        for _ in range(200):
            try:
                slow.sendall(b"x-a: 1\r\n")
            except OSError:
                stopped.set()
                return
            if stopped.wait(0.05):
                return

    thread = threading.Thread(target=dribble, daemon=True)
    thread.start()
    assert ask(server, content=BODY).status_code == 200
    assert stopped.wait(8)


def test_body_that_never_comes_is_cut_off(connect: Callable[[], socket.socket]) -> None:
    client = connect()
    client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf")
    assert read_all(client) == b""


BROKEN: tuple[tuple[str, bytes], ...] = (
    ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"),
    ("no host", b"POST /v1/messages HTTP/1.1\r\n\r\n"),
    ("a header without end", b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 70_000 + b"\r\n\r\n"),
    ("a negative length", b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"),
    ("two lengths", b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
    (
        "a chunk of no size",
        b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ),
)


@pytest.mark.parametrize("sent", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_is_no_http_is_refused_in_the_apis_form(
    server: EmulatorServer, connect: Callable[[], socket.socket], sent: bytes
) -> None:
    client = connect()
    client.sendall(sent)
    client.shutdown(socket.SHUT_WR)
    head, _, body = read_all(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert ask(server, content=BODY).status_code == 200


def test_pipelined_requests_are_answered_in_order(connect: Callable[[], socket.socket]) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n"
    client = connect()
    client.sendall((head + b"\r\n") % len(BODY) + BODY + (head + b"connection: close\r\n\r\n") % len(BODY) + BODY)
    answers = read_all(client)
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.count(ANSWER.encode()) == 2


def test_chunked_and_compressed_bodies_are_read(server: EmulatorServer) -> None:
    plain = ask(server, content=iter((BODY[:10], BODY[10:])))
    compressed = ask(server, content=gzip.compress(BODY), headers={"content-encoding": "gzip"})
    deflated = ask(server, content=zlib.compress(BODY), headers={"content-encoding": "deflate"})
    assert [answer.status_code for answer in (plain, compressed, deflated)] == [200] * 3


REFUSED: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("bad UTF-8", {"content": b'{"model": "\xff"}'}, 400, "not valid JSON"),
    ("no JSON", {"content": b"hello"}, 400, "not valid JSON"),
    ("nesting without end", {"content": b"[" * 100_000}, 400, "not valid JSON"),
    ("no gzip", {"content": BODY, "headers": {"content-encoding": "gzip"}}, 400, "not gzip"),
    (
        "half a gzip",
        {"content": gzip.compress(BODY)[:-20], "headers": {"content-encoding": "gzip"}},
        400,
        "it ends too early",
    ),
    ("an unknown encoding", {"content": BODY, "headers": {"content-encoding": "br"}}, 400, "'br' is not supported"),
    (
        "a bomb",
        {"content": gzip.compress(b" " * (MAX_BODY_BYTES + 1)), "headers": {"content-encoding": "gzip"}},
        413,
        "maximum allowed number of bytes",
    ),
    ("nothing", {}, 400, "not valid JSON"),
)


@pytest.mark.parametrize(
    ("options", "status", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_body_that_cannot_be_read_is_refused(
    server: EmulatorServer, options: dict[str, Any], status: int, message: str
) -> None:
    refused = ask(server, **options)
    assert refused.status_code == status
    assert message in refused.json()["error"]["message"]


def test_body_of_64_megabytes_is_refused_and_the_client_reads_why(server: EmulatorServer) -> None:
    refused = ask(server, content=iter([b" " * 1024 * 1024] * 64))
    assert (refused.status_code, refused.json()["error"]["type"]) == (413, "request_too_large")


def test_a_client_that_reads_nothing_is_cut_off(server: EmulatorServer, connect: Callable[[], socket.socket]) -> None:
    client = connect()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line = b"GET /v1/models?limit=1000 HTTP/1.1\r\nhost: a\r\n\r\n"
    client.sendall(line * 2_000)
    for _ in range(500):
        if not server.is_busy:
            break
        time.sleep(0.02)
    assert not server.is_busy
    assert ask(server, content=BODY).status_code == 200


def test_500_connections_that_do_nothing_hold_up_nobody(
    server: EmulatorServer, connect: Callable[[], socket.socket]
) -> None:
    idle = [connect() for _ in range(500)]
    assert ask(server, content=BODY).status_code == 200
    assert len(idle) == 500


def test_an_answer_that_the_users_code_fails_to_make_is_a_500(emulator: Emulator) -> None:
    def fail(_: Any) -> str:
        raise ZeroDivisionError

    broken = Emulator(reader=emulator._reader, clock=lambda: 0.0, responder=fail)
    with EmulatorServer(broken) as server:
        answers = [ask(server, content=BODY) for _ in range(2)]
    assert [(answer.status_code, answer.json()["error"]["type"]) for answer in answers] == [(500, "api_error")] * 2


def test_clients_that_go_away_in_the_middle_of_a_stream_harm_nobody(server: EmulatorServer) -> None:
    for _ in range(20):
        with (
            httpx2.Client(base_url=server.url) as client,
            client.stream("POST", "/v1/messages", json={**REQUEST, "stream": True}) as response,
        ):
            next(response.iter_raw())
    assert ask(server, content=BODY).status_code == 200


def test_fuzzed_requests_get_no_500(server: EmulatorServer) -> None:
    """A share of the 10,000 that ``benchmarks/soak_server.py`` sends."""
    random = Random(1)
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        statuses = {client.post("/v1/messages", content=fuzz(BODY, random)).status_code for _ in range(300)}
    assert statuses <= {200, 400, 404, 413}
    assert {200, 400} <= statuses


def fuzz(body: bytes, random: Random) -> bytes:
    """Change some bytes of a body, or replace a value of its JSON by another one."""
    if random.random() < 0.5:
        changed = bytearray(body)
        for _ in range(random.randint(0, 3)):
            changed[random.randrange(len(changed))] = random.randrange(256)
        return bytes(changed)
    request = json.loads(body)
    values: tuple[Any, ...] = (None, True, 0, -1, 1e400, "", "x", [], {}, [None], [[]], {"type": "text"}, 2**70)
    for _ in range(random.randint(1, 3)):
        key = random.choice(
            ("model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "stream", "metadata",
             "stop_sequences", "output_config", "cache_control", "temperature", "unknown")
        )  # fmt: skip
        value = random.choice(values)
        request[key] = [{"role": "user", "content": value}] if key == "messages" and random.random() < 0.7 else value
    return json.dumps(request).encode()


def nested(depth: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = {"type": "object"}
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize("depth", [300, 500, 700, 900])
@pytest.mark.parametrize(
    ("key", "wrap"),
    [
        ("schema", lambda value: {"type": "object", "properties": {"a": value}, "required": ["a"]}),
        ("schema", lambda value: {"anyOf": [value]}),
        ("content", lambda value: [{"type": "tool_result", "tool_use_id": "a", "content": value}]),
        ("content", lambda value: [{"type": "document", "source": {"type": "content", "content": [value]}}]),
        ("metadata", lambda value: {"a": value}),
    ],
    ids=["properties", "anyOf", "results", "documents", "metadata"],
)
def test_a_deeply_nested_body_is_no_500(
    server: EmulatorServer, key: str, wrap: Callable[[Any], Any], depth: int
) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    try:
        value = nested(depth, wrap)
        more: Any = {
            "schema": {"tools": [{"name": "a", "input_schema": value}], "tool_choice": {"type": "any"}},
            "content": {"messages": [{"role": "user", "content": value}]},
            "metadata": {"metadata": value},
        }[key]
        body = json.dumps({**REQUEST, "model": "claude-sonnet-4-6", **more})
    finally:
        sys.setrecursionlimit(limit)
    assert ask(server, content=body).status_code in (200, 400)
