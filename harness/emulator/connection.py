"""One client's connection to the server: HTTP/1.1 by h11, with bounds on sizes and times."""

from __future__ import annotations

import logging
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import responses
from threading import Event

import h11

from harness.emulator.failure import ApiFailureError
from harness.emulator.http import DROP, HttpAnswer, HttpRequest, Pause, Piece, read_whole

logger = logging.getLogger(__name__)

_MEGABYTE = 1024 * 1024
MAX_BODY_BYTES = 32 * _MEGABYTE
"""Largest body that the API accepts. Source: platform.claude.com/docs/en/api/errors (checked 2026-11-23)."""
MAX_BATCH_BYTES = 256 * _MEGABYTE
"""The same of a batch."""
_MAX_HEAD_BYTES = 64 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how many seconds a client may keep the server waiting."""

    idle: float = 75.0
    """Between two requests."""
    head: float = 20.0
    """From the first byte of a request to the end of its headers."""
    body: float = 120.0
    send: float = 60.0
    """To take one piece of an answer."""


class Connection:
    """Serves the requests of one client, one after the other."""

    def __init__(
        self,
        client: socket.socket,
        *,
        answer: Callable[[HttpRequest], HttpAnswer],
        refuse: Callable[[HttpRequest, ApiFailureError], HttpAnswer],
        stopping: Event,
        patience: Patience,
    ) -> None:
        """``answer`` and ``refuse`` answer requests; ``stopping`` ends the connection after the one in progress."""
        self._socket = client
        self._answer, self._refuse = answer, refuse
        self._stopping = stopping
        self._patience = patience
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._has_begun = False
        self.is_busy = False
        """Whether a request is being read or answered."""

    def serve(self) -> None:
        """Serve until the client goes away, does what no client may do, or takes too long."""
        with suppress(OSError, TimeoutError, h11.LocalProtocolError), self._socket:
            # Sends an event when it is written, not when the packet is full.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._stopping.is_set() and self._serve_one():
                self._http.start_next_cycle()
                self.is_busy = False

    def _serve_one(self) -> bool:
        """Serve one request; whether another may follow."""
        request = HttpRequest(method="", path="")
        try:
            head = self._read_head()
            if head is None:
                return False
            request = _read_request(head, b"")
            request = _read_request(head, _decode(self._read_body(request), request.headers))
        except h11.RemoteProtocolError as error:
            answer = self._refuse(request, ApiFailureError.invalid(f"This is no HTTP request: {error}"))
        except ApiFailureError as failure:
            answer = self._refuse(request, failure)
        else:
            answer = self._try_answer(request)
        self._send(answer, is_head=request.method == "HEAD")
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            return True
        self._drain()
        return False

    def _try_answer(self, request: HttpRequest) -> HttpAnswer:
        try:
            return self._answer(request)
        except Exception:
            # An answer that the user's own code makes may fail, and must not end the connection.
            logger.exception("%s %s failed", request.method, request.path)
            return self._refuse(request, ApiFailureError.of(500, "api_error", "Internal server error"))

    # --- reading -----------------------------------------------------------------------------------------------

    def _read_head(self) -> h11.Request | None:
        """Read up to the end of the headers; ``None`` if the client goes away first."""
        deadline = time.monotonic() + self._patience.idle
        has_begun = bool(self._http.trailing_data[0])
        if has_begun:
            deadline = time.monotonic() + self._patience.head
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = self._receive(deadline)
            if data and not has_begun:
                has_begun, self.is_busy = True, True
                deadline = time.monotonic() + self._patience.head
            self._http.receive_data(data)
        self.is_busy = True
        return event if isinstance(event, h11.Request) else None

    def _read_body(self, request: HttpRequest) -> bytes:
        is_batch = request.path.partition("?")[0].rstrip("/").endswith("/messages/batches")
        maximum = MAX_BATCH_BYTES if is_batch else MAX_BODY_BYTES
        if int(request.headers.get("content-length") or 0) > maximum:
            raise _too_large()
        deadline = time.monotonic() + self._patience.body
        body, size = [], 0
        while not isinstance(event := self._http.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    self._write(h11.InformationalResponse(status_code=100, headers=[]))
                self._http.receive_data(self._receive(deadline))
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
                size += len(event.data)
                if size > maximum:
                    raise _too_large()
            else:
                raise ConnectionAbortedError
        return b"".join(body)

    def _receive(self, deadline: float) -> bytes:
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        return self._socket.recv(_PIECE)

    def _drain(self) -> None:
        """Read what the client still sends, so that it gets to read the answer before the connection is reset."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        deadline, left = time.monotonic() + self._patience.head, MAX_BATCH_BYTES
        while left > 0 and (data := self._receive(deadline)):
            left -= len(data)

    # --- sending -----------------------------------------------------------------------------------------------

    def _send(self, answer: HttpAnswer, *, is_head: bool) -> None:
        headers = [(name, value) for name, value in answer.headers.items() if name != "content-length"]
        if self._http.their_state is not h11.DONE or self._stopping.is_set():
            headers.append(("connection", "close"))
        pieces: Iterable[Piece] = answer.chunks
        if not answer.is_stream:
            whole = read_whole(answer, sleep=self._pause)
            if whole.is_dropped:
                raise ConnectionAbortedError
            pieces = whole.chunks
            headers.append(("content-length", str(sum(map(len, whole.chunks)))))
        is_begun = False
        for piece in pieces:
            if piece is DROP:
                raise ConnectionAbortedError
            if isinstance(piece, Pause):
                self._pause(piece.seconds)
                continue
            if not is_begun:
                is_begun = True
                self._write(h11.Response(status_code=answer.status, headers=headers, reason=_reason(answer.status)))
            if piece and not is_head:
                assert isinstance(piece, bytes)
                self._write(h11.Data(data=piece))
        self._write(h11.EndOfMessage())

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError

    def _write(self, event: h11.Event) -> None:
        data = self._http.send(event)
        self._socket.settimeout(self._patience.send)
        self._socket.sendall(data or b"")


def _reason(status: int) -> bytes:
    return responses.get(status, "Overloaded" if status == 529 else "").encode()


def _read_request(head: h11.Request, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=head.method.decode("ascii"),
        path=head.target.decode("ascii", "replace"),
        headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
        body=body,
    )


def _decode(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Decompress a body, up to the size that the API accepts.

    Raises:
        ApiFailureError: the body is too large, or cannot be decompressed.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise ApiFailureError.invalid(f"content-encoding: {encoding!r} is not supported; expected gzip or deflate")
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        decoded = decoder.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise ApiFailureError.invalid(f"The request body is not {encoding}: {error}") from None
    if len(decoded) > MAX_BODY_BYTES:
        raise _too_large()
    if not decoder.eof:
        raise ApiFailureError.invalid(f"The request body is not {encoding}: it ends too early")
    return decoded


def _too_large() -> ApiFailureError:
    return ApiFailureError.of(413, "request_too_large", "Request exceeds the maximum allowed number of bytes.")
