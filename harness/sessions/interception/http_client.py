"""The connections of ``http.client``, on which urllib, urllib3, requests, botocore and httplib2 stand.

The methods of the real classes are replaced, once and until the session ends. No class is swapped
for another, so nothing has to be put back while a connection is made, and threads cannot slip
through such a gap. A connection gets a ``Line`` for its socket, which opens the real one only
for a request that is not claimed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from http.client import HTTPConnection, HTTPResponse, parse_headers, responses
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest import mock

from harness.sessions.interception.outgoing import Answerer, Outgoing, fold

if TYPE_CHECKING:
    from harness.cassettes.format import RecordedResponse

_END = b"\r\n\r\n"
_IS_OPENING = "_prompt_cache_harness_is_opening"
"""Attribute of a connection whose real socket is being opened."""
_FRAMING = frozenset({"transfer-encoding", "content-length", "connection"})
_ACCEPT_ENCODING = re.compile(rb"\r\naccept-encoding:[^\r\n]*", re.IGNORECASE)


@contextmanager
def intercept_http_client(answerer: Answerer) -> Iterator[None]:
    """Take the requests that ``answerer`` claims, of every class of connections, also of one that is made later."""
    with ExitStack() as patches:

        def replace(owner: type, name: str, wrapper: Any) -> None:
            patches.enter_context(mock.patch.object(owner, name, wrapper))

        def replace_connect(connection: type) -> None:
            if "connect" in vars(connection):
                replace(connection, "connect", _lazy_connect(vars(connection)["connect"], answerer))

        for connection in _family(HTTPConnection):
            replace_connect(connection)
        replace(HTTPConnection, "putrequest", _on_line(HTTPConnection.putrequest, answerer))
        replace(HTTPConnection, "getresponse", _settled(HTTPConnection.getresponse))
        replace(HTTPConnection, "__init_subclass__", classmethod(replace_connect))
        yield


class Line:
    """Stands in for a connection's socket until the request tells who answers it."""

    def __init__(self, connection: HTTPConnection, answerer: Answerer, real: Any = None) -> None:
        """Stand in for ``real``, or for a socket that the connection would open now."""
        self._connection: Any = connection
        self._answerer = answerer
        self._real = real
        self._sent = bytearray()
        self._has_head = False
        self._answer = b""
        self._timeout: tuple[Any, ...] = ()

    def sendall(self, data: Any, *flags: Any) -> None:
        """Keep a piece of the request, unless its headers say that it is not claimed: then it is sent."""
        self._sent += bytes(data)
        if self._has_head or _END not in self._sent:
            return
        self._has_head = True
        if self._answerer.claims(self._read(has_body=False)) is False:
            self._pass_on()

    def settle(self) -> None:
        """Get the answer to the request, or leave it to the host."""
        request = self._read(has_body=True)
        if not self._answerer.claims(request):
            self._pass_on()
            return
        place = self._answerer.begin()
        answer = self._answerer.answer(request, place)
        self._answer = self._ask_host(request, place) if answer is None else _write(answer)

    def makefile(self, *args: Any, **options: Any) -> Any:
        """Return the answer as a file."""
        return BytesIO(self._answer)

    def settimeout(self, *value: Any) -> None:
        """Set the timeout of the socket, now or when it is opened."""
        self._timeout = value
        if self._real is not None:
            self._real.settimeout(*value)

    def shutdown(self, how: int) -> None:
        """Shut down the socket, if it is open."""
        if self._real is not None:
            self._real.shutdown(how)

    def close(self) -> None:
        """Close the socket, if it is open."""
        if self._real is not None:
            self._real.close()

    def __getattr__(self, name: str) -> Any:
        """Whoever needs more of a socket gets the real one."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._pass_on(), name)

    def _read(self, *, has_body: bool) -> Outgoing:
        head, _, body = bytes(self._sent).partition(_END)
        line, _, lines = head.partition(b"\r\n")
        method, target = line.decode("latin-1").split(" ")[:2]
        headers = fold(parse_headers(BytesIO(lines + _END)).items())
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(_chunks(body))
        url = target if target.startswith(("http://", "https://")) else f"{_origin(self._connection)}{target}"
        return Outgoing(method=method, url=url, headers=headers, body=body if has_body else None)

    def _pass_on(self) -> Any:
        """Send what was kept to the host, and leave the connection to its own socket."""
        real = self._open()
        self._connection.sock = real
        if self._sent:
            real.sendall(self._sent)
            self._sent.clear()
        return real

    def _ask_host(self, request: Outgoing, place: int) -> bytes:
        """Send the request to its host, and return the response as it came, in one piece."""
        real = self._open()
        real.sendall(_asking_for_identity(bytes(self._sent)))
        with HTTPResponse(real, method=request.method) as response:
            response.begin()
            body = response.read()
        pairs = response.getheaders()
        self._answerer.note(request, place, response.status, fold(pairs), body)
        return _message(
            response.status, response.reason, [pair for pair in pairs if pair[0].lower() not in _FRAMING], body
        )

    def _open(self) -> Any:
        if self._real is None:
            self._real = _connect(self._connection)
            self._connection.sock = self
            if self._timeout:
                self._real.settimeout(*self._timeout)
        return self._real


def _connect(connection: Any) -> Any:
    """Open the real socket of a connection; one that fails half-way, before it is encrypted, is never used."""
    setattr(connection, _IS_OPENING, True)
    connection.sock = None
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    finally:
        delattr(connection, _IS_OPENING)
    return connection.sock


def _lazy_connect(connect: Callable[..., Any], answerer: Answerer) -> Callable[..., Any]:
    @wraps(connect)
    def lazy(self: Any, *args: Any, **options: Any) -> Any:
        if hasattr(self, _IS_OPENING):
            return connect(self, *args, **options)
        self.sock = Line(self, answerer)
        if hasattr(self, "is_verified"):
            # urllib3 warns of a connection that is not; the real one is checked when it is opened.
            self.is_verified = True
        return None

    return lazy


def _on_line(putrequest: Callable[..., Any], answerer: Answerer) -> Callable[..., Any]:
    """Begin each request on a new line, also on a connection that was opened earlier."""

    @wraps(putrequest)
    def begin(self: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(self.sock, Line):
            self.sock = Line(self, answerer, self.sock)
        return putrequest(self, *args, **options)

    return begin


def _settled(getresponse: Callable[..., Any]) -> Callable[..., Any]:
    """Settle who answers before a response is made, because a response that fails half-made warns when it is freed."""

    @wraps(getresponse)
    def settled(self: Any, *args: Any, **options: Any) -> Any:
        if isinstance(self.sock, Line):
            try:
                self.sock.settle()
            except BaseException:
                self.close()
                raise
        return getresponse(self, *args, **options)

    return settled


def _family(kind: type) -> set[type]:
    """A class and all that derive from it."""
    children: list[type] = type.__subclasses__(kind)
    return {kind}.union(*map(_family, children))


def _origin(connection: Any) -> str:
    """Scheme, host and port of the server that a connection talks to, behind a proxy or not."""
    scheme = "https" if connection.default_port == 443 else "http"
    is_tunnel = bool(connection._tunnel_host)
    host, port = (connection._tunnel_host, connection._tunnel_port) if is_tunnel else (connection.host, connection.port)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port in (None, connection.default_port) else f":{port}")


def _asking_for_identity(sent: bytes) -> bytes:
    head, end, body = sent.partition(_END)
    return _ACCEPT_ENCODING.sub(b"", head) + b"\r\naccept-encoding: identity" + end + body


def _chunks(body: bytes) -> Iterator[bytes]:
    """Read the pieces of a body in chunked encoding."""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        yield body[:length]
        body = body[length + 2 :] if length else b""


def _write(answer: RecordedResponse) -> bytes:
    status = answer.status or 200
    return _message(status, responses.get(status, ""), list(answer.headers.items()), answer.body)


def _message(status: int, reason: str, pairs: list[tuple[str, str]], body: bytes) -> bytes:
    """Write a response, after which the connection is closed."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in pairs)]
    lines += [f"content-length: {len(body)}", "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
