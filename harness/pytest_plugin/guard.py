"""The network guard: while a test runs, no connection leaves the machine."""

from __future__ import annotations

import socket
from threading import Lock
from typing import TYPE_CHECKING, Any

from harness.errors import NetworkBlockedError
from harness.loopback import as_text, is_address, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("connect", "connect_ex")
_TEXTS = (str, bytes, bytearray)


class Guard:
    """Refuses every connection and name lookup of this process but those of loopback addresses.

    It stands in the methods of ``socket.socket`` and in ``socket.getaddrinfo``, through which
    ``ssl``, ``http.client``, ``httpx``, ``requests`` and the loops of asyncio go. Libraries that
    bring their own sockets (uvloop, gRPC, libcurl), and datagrams sent without a connection,
    pass it by.
    """

    def __init__(self, test: str, *, mode: str) -> None:
        """Guard ``test``, by its id; ``mode`` is the run's, for the message."""
        self._test = test
        self._mode = mode
        self._lock = Lock()
        self._blocked: list[NetworkBlockedError] = []
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        """Stand in the way; ``stop`` has to follow, in reverse order where guards are nested."""
        for name in _NAMES:
            self._put(socket.socket, name, self._checked_connect(getattr(socket.socket, name)))
        self._put(socket, "getaddrinfo", self._checked_lookup(socket.getaddrinfo))

    def stop(self) -> None:
        """Leave ``socket`` as it was found."""
        while self._undo:
            self._undo.pop()()

    @property
    def blocked(self) -> tuple[NetworkBlockedError, ...]:
        """What was refused and has not been raised by ``raise_first``."""
        with self._lock:
            return tuple(self._blocked)

    def raise_first(self) -> None:
        """Raise the first refusal, if there was one, for callers that may have swallowed it; forget all."""
        with self._lock:
            blocked, self._blocked = self._blocked, []
        if blocked:
            raise blocked[0]

    def _checked_connect(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(sock: socket.socket, address: Any, /) -> Any:
            if not is_local(sock.family, address):
                self._refuse(f"open a connection to {_describe(address)}")
            return original(sock, address)

        return connect

    def _checked_lookup(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            # An address needs no lookup; whether it may be connected to is asked when it is.
            if isinstance(host, _TEXTS) and not (is_address(host) or is_loopback(host)):
                self._refuse(f"look up the host {as_text(host)!r}")
            return original(host, *args, **kwargs)

        return getaddrinfo

    def _refuse(self, what: str) -> None:
        error = NetworkBlockedError(
            f"{self._test} tried to {what}, and in {self._mode} mode only loopback addresses are reachable",
            hint="call Claude through a fixture (anthropic_client, claude, …), "
            f'or record what the test needs: pytest "{self._test}" --harness-mode=record',
        )
        with self._lock:
            self._blocked.append(error)
        raise error

    def _put(self, owner: Any, name: str, value: Any) -> None:
        # An inherited method must be inherited again afterwards, not be a copy.
        if name in vars(owner):
            found = vars(owner)[name]
            self._undo.append(lambda: setattr(owner, name, found))
        else:
            self._undo.append(lambda: delattr(owner, name))
        setattr(owner, name, value)


def is_local(family: int, address: Any) -> bool:
    """Whether an address of a socket stays on this machine; one that no socket takes is left to the socket."""
    if family == getattr(socket, "AF_UNIX", None):
        return True
    if family not in (socket.AF_INET, socket.AF_INET6):
        return False
    if not isinstance(address, tuple) or not address or not isinstance(address[0], _TEXTS):
        return True
    return is_loopback(address[0])


def _describe(address: Any) -> str:
    """``host port N`` of an internet address; any other as it is."""
    if isinstance(address, tuple) and len(address) >= 2:
        host = as_text(address[0]) if isinstance(address[0], _TEXTS) else address[0]
        return f"{host} port {address[1]}"
    return repr(address)
