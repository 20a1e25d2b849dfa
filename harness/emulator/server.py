"""The emulator behind a socket on the loopback interface, for clients that accept no transport."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, cast

from harness.emulator.core import Emulator, HttpAnswer

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Largest body that the API accepts. Source: platform.claude.com/docs/en/api/errors (checked 2026-11-23)."""

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.02


class EmulatorServer:
    """Serves an emulator over HTTP/1.1 while its context is open; streams are sent event by event."""

    def __init__(self, emulator: Emulator, *, port: int = 0) -> None:
        """Bind to ``port`` of the loopback interface, by default to a free one."""
        self._server = _Server((_HOST, port), _Handler, emulator)
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL to point a client at."""
        return f"http://{_HOST}:{self._server.server_port}"

    def __enter__(self) -> EmulatorServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server.close_connections()


class _Server(ThreadingHTTPServer):
    # The default of 5 refuses connections of a client that opens 50 at once.
    request_queue_size = 512
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[_Handler], emulator: Emulator) -> None:
        self._emulator = emulator
        self._connections: set[socket.socket] = set()
        self._connections_lock = Lock()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # Skips the look-up of the host name that HTTPServer makes.
        super(ThreadingHTTPServer, self).server_bind()
        self.server_name, self.server_port = _HOST, int(self.server_address[1])

    def answer(self, method: str, path: str, body: bytes) -> HttpAnswer:
        return self._emulator.handle(method, path, body)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close the connections that clients keep open, so that their threads end too."""
        with self._connections_lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: a client that disconnects would otherwise print a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Sends an event when it is written, not when the packet is full.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self._refuse(411)
        elif len(length) > 10 or int(length) > MAX_BODY_BYTES:
            self._refuse(413)
        else:
            self._answer(self.rfile.read(int(length)))

    def do_GET(self) -> None:
        # The emulator serves only POST; it answers with the API's "Not Found".
        self._answer(b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Do nothing: standard error belongs to the tests."""

    def _answer(self, body: bytes) -> None:
        answer = cast("_Server", self.server).answer(self.command, self.path, body)
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if is_stream:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(sum(map(len, answer.chunks))))
        self.end_headers()
        for piece in _framed(answer.chunks) if is_stream else answer.chunks:
            self.wfile.write(piece)

    def _refuse(self, status: int) -> None:
        # The unread body could not be told apart from a next request.
        self.close_connection = True
        self.send_error(status)


def _framed(chunks: tuple[bytes, ...]) -> Iterator[bytes]:
    """Frame the chunks as HTTP/1.1 does, one frame per event."""
    for chunk in filter(None, chunks):
        yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"
