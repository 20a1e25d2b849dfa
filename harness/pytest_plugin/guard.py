"""The network guard: no connection leaves the machine while a test runs."""

from __future__ import annotations

import socket
from threading import Lock
from typing import TYPE_CHECKING, Any

from harness.errors import NetworkBlockedError
from harness.loopback import as_text, is_address, is_loopback
from harness.sessions.interception.hosts import is_claudes_host, is_listed

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("connect", "connect_ex")
_TEXTS = (str, bytes, bytearray)


class Guard:
    """Refuses every connection and name lookup of this process except to loopback addresses.

    It replaces methods of ``socket.socket`` and ``socket.getaddrinfo``, which ``ssl``,
    ``http.client``, ``httpx``, ``requests`` and the event loops of asyncio use. It does not see
    libraries with their own sockets (uvloop, gRPC, libcurl), or datagrams sent without a
    connection.
    """

    def __init__(self, test: str, *, mode: str, ignored: tuple[str, ...] = ()) -> None:
        """Guard the test with the id ``test``; ``mode`` is the run's mode, for the message.

        Requests to ``ignored`` hosts are refused too, but the test does not fail for them.
        """
        self._ignored = ignored
        self._test = test
        self._mode = mode
        self._lock = Lock()
        self._blocked: list[NetworkBlockedError] = []
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        """Start to refuse connections; call ``stop`` afterwards, in reverse order if guards are nested."""
        for name in _NAMES:
            self._put(socket.socket, name, self._checked_connect(getattr(socket.socket, name)))
        self._put(socket, "getaddrinfo", self._checked_lookup(socket.getaddrinfo))

    def stop(self) -> None:
        """Restore ``socket``."""
        while self._undo:
            self._undo.pop()()

    @property
    def blocked(self) -> tuple[NetworkBlockedError, ...]:
        """Refusals that ``raise_first`` has not raised yet."""
        with self._lock:
            return tuple(self._blocked)

    def raise_first(self) -> None:
        """Raise the first refusal, if any, in case the test's code swallowed it; then forget all of them."""
        with self._lock:
            blocked, self._blocked = self._blocked, []
        if blocked:
            raise blocked[0]

    def _checked_connect(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(sock: socket.socket, address: Any, /) -> Any:
            if not is_local(sock.family, address):
                self._refuse(f"open a connection to {_describe(address)}", _host(address))
            return original(sock, address)

        return connect

    def _checked_lookup(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            # An address needs no lookup; the connection to it is checked later.
            if isinstance(host, _TEXTS) and not (is_address(host) or is_loopback(host)):
                self._refuse(f"look up the host {as_text(host)!r}", as_text(host))
            return original(host, *args, **kwargs)

        return getaddrinfo

    def _refuse(self, what: str, host: str) -> None:
        error = NetworkBlockedError(
            f"{self._test} tried to {what}, but in {self._mode} mode only loopback addresses are reachable",
            hint=_advise(host),
        )
        if not is_listed(host, self._ignored):
            with self._lock:
                self._blocked.append(error)
        raise error

    def _put(self, owner: Any, name: str, value: Any) -> None:
        # An inherited method must be inherited again afterwards, not copied.
        if name in vars(owner):
            found = vars(owner)[name]
            self._undo.append(lambda: setattr(owner, name, found))
        else:
            self._undo.append(lambda: delattr(owner, name))
        setattr(owner, name, value)


def is_local(family: int, address: Any) -> bool:
    """Whether a socket address stays on this machine; an invalid address counts, so that the socket refuses it."""
    if family == getattr(socket, "AF_UNIX", None):
        return True
    if family not in (socket.AF_INET, socket.AF_INET6):
        return False
    if not isinstance(address, tuple) or not address or not isinstance(address[0], _TEXTS):
        return True
    return is_loopback(address[0])


def _advise(host: str) -> str:
    """What to do about a request to a host; no command is named, because recording refuses it too."""
    if is_claudes_host(host):
        return "call Claude through a fixture: anthropic_client or claude, or harness_cassette for another HTTP client"
    return f"let the test fake {host}, or add it to harness_ignore_hosts if no test needs its answers"


def _host(address: Any) -> str:
    """Host of an internet address; of any other, all of it."""
    if isinstance(address, tuple) and address and isinstance(address[0], _TEXTS):
        return as_text(address[0])
    return str(address)


def _describe(address: Any) -> str:
    """``host port N`` of an internet address; any other as it is."""
    if isinstance(address, tuple) and len(address) >= 2:
        host = as_text(address[0]) if isinstance(address[0], _TEXTS) else address[0]
        return f"{host} port {address[1]}"
    return repr(address)
