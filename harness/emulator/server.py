"""The emulator behind a socket, for clients that accept no transport and for programs in any language."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

from harness.emulator.admin import Admin
from harness.emulator.connection import Connection, Patience
from harness.emulator.core import Emulator
from harness.emulator.failure import ApiFailureError
from harness.emulator.http import HttpAnswer, HttpRequest
from harness.emulator.journal import Entry

_LOOPBACK = "127.0.0.1"
_BACKLOG = 512
"""Connections that wait to be accepted: a client may open hundreds at once."""
_MOST_CONNECTIONS = 2_000
_GRACE_SECONDS = 2.0
"""Time for the requests in progress when the server is stopped."""


class EmulatorServer:
    """Serves an emulator over HTTP/1.1 while its context is open; streams are sent event by event."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        host: str = _LOOPBACK,
        port: int = 0,
        on_answer: Callable[[Entry], object] = lambda _: None,
        is_administered: bool = False,
        patience: Patience | None = None,
    ) -> None:
        """Bind to ``port`` of ``host``, by default to a free one of the loopback interface.

        ``on_answer`` is called for each request, from any thread. Only with ``is_administered`` can clients read the
        journal and move the clock; see `harness.emulator.admin`.

        Raises:
            OSError: the address cannot be bound.
        """
        self.emulator = emulator
        self._admin = Admin(emulator) if is_administered else None
        self._on_answer = on_answer
        self._patience = patience or Patience()
        self._stopping = Event()
        self._connections: dict[Connection, socket.socket] = {}
        self._lock = Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._listener.setblocking(False)
        self._host = f"[{host}]" if ":" in host else host
        self._port = int(self._listener.getsockname()[1])
        self._wake, self._waker = socket.socketpair()
        self._thread = Thread(target=self._accept, name="emulator", daemon=True)

    @property
    def url(self) -> str:
        """The base URL to point a client at."""
        return f"http://{self._host}:{self._port}"

    def __enter__(self) -> EmulatorServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop: accept no more, end the requests in progress if they end soon, and close all connections."""
        self._stopping.set()
        self._waker.send(b"!")
        self._thread.join()
        self._listener.close()
        self._wait(_GRACE_SECONDS)
        with self._lock:
            for client in self._connections.values():
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        self._wake.close()
        self._waker.close()

    @property
    def is_busy(self) -> bool:
        """Whether a request is in progress."""
        with self._lock:
            return any(connection.is_busy for connection in self._connections)

    def _wait(self, seconds: float) -> None:
        """Wait until no request is in progress."""
        pause = Event()
        for _ in range(int(seconds * 50)):
            if not self.is_busy:
                return
            pause.wait(0.02)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._stopping.is_set():
                selector.select()
                with suppress(OSError):
                    while True:
                        client, _ = self._listener.accept()
                        self._open(client)

    def _open(self, client: socket.socket) -> None:
        client.setblocking(True)
        connection = Connection(
            client, answer=self._answer, refuse=self._refuse, stopping=self._stopping, patience=self._patience
        )
        with self._lock:
            is_full = len(self._connections) >= _MOST_CONNECTIONS
            if not is_full:
                self._connections[connection] = client
        if is_full:
            client.close()
            return
        try:
            Thread(target=self._serve, args=(connection,), daemon=True).start()
        except RuntimeError:
            # No more threads.
            self._forget(connection)
            client.close()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        with self._lock:
            self._connections.pop(connection, None)

    def _answer(self, request: HttpRequest) -> HttpAnswer:
        if self._admin is not None and self._admin.serves(request):
            return self._admin.answer(request)
        return self._noted(self.emulator.handle(request.method, request.path, request.body, request.headers))

    def _refuse(self, request: HttpRequest, failure: ApiFailureError) -> HttpAnswer:
        return self._noted(self.emulator.refuse(request, failure))

    def _noted(self, answer: HttpAnswer) -> HttpAnswer:
        if answer.entry is not None:
            self._on_answer(answer.entry)
        return answer
