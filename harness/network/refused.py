"""The table of what the guard refuses: audit events of Python, and methods of sockets.

An audit event stands for every caller, also of ``_socket``. It comes too late for a host's name that
is passed to a socket, which is looked up before, and never for a send on a connection that is open.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from harness.loopback import as_text, is_address, is_loopback
from harness.settings import read_proxies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TEXTS = (str, bytes, bytearray)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SOCKS_PORT = 1080
_OWN_NAME = socket.gethostname().lower()
"""Read now: processes that rebuild prompts take another name, which only a name server could look up."""


class Target(NamedTuple):
    """What was tried, and the host that it would have reached."""

    what: str
    host: str
    proxy: str | None = None
    """The environment variable that names the target as a proxy."""


def is_local(family: int, address: Any) -> bool:
    """Whether a socket address stays on this machine; an invalid address counts, so that the socket refuses it."""
    if family == getattr(socket, "AF_UNIX", None):
        return True
    if family not in (socket.AF_INET, socket.AF_INET6):
        return False
    if not isinstance(address, tuple) or not address or not isinstance(address[0], _TEXTS):
        return True
    return is_loopback(address[0])


def _find_connection(sock: Any, address: Any) -> Target | None:
    if not is_local(sock.family, address):
        return Target(f"open a connection to {_describe(address)}", _host(address))
    if (name := _find_proxy(address)) is not None:
        return Target(f"open a connection to {_describe(address)}, the proxy in {name}", _host(address), proxy=name)
    return None


def _find_sending(sock: Any, address: Any = None) -> Target | None:
    if address is None:
        return _find_peer(sock)
    if not is_local(sock.family, address):
        return Target(f"send to {_describe(address)}", _host(address))
    # TCP opens a connection on the way.
    return _find_connection(sock, address) if sock.type == socket.SOCK_STREAM else None


def _find_peer(sock: Any, *_: Any, **__: Any) -> Target | None:
    if sock.family == getattr(socket, "AF_UNIX", None):
        return None
    try:
        peer = sock.getpeername()
    except OSError:
        return None
    if not peer or is_local(sock.family, peer):
        return None
    return Target(f"send to {_describe(peer)} on a connection that was open before", _host(peer))


def _find_lookup(host: Any, *_: Any) -> Target | None:
    """A lookup of a name; an address needs none, and the connection to it is checked later."""
    if not isinstance(host, _TEXTS) or not host or is_address(host) or is_loopback(host) or _is_own(host):
        return None
    return Target(f"look up the host {as_text(host)!r}", as_text(host))


def _find_reverse_lookup(host: Any, *_: Any) -> Target | None:
    """A lookup of an address, which asks a name server too."""
    host = host[0] if isinstance(host, tuple) and host else host
    if not isinstance(host, _TEXTS) or not host or is_loopback(host) or _is_own(host):
        return None
    return Target(f"look up the host {as_text(host)!r}", as_text(host))


EVENTS: Mapping[str, Callable[..., Target | None]] = {
    "socket.connect": _find_connection,
    "socket.sendto": _find_sending,
    "socket.sendmsg": _find_sending,
    "socket.getaddrinfo": _find_lookup,
    "socket.gethostbyname": _find_lookup,
    "socket.gethostbyaddr": _find_reverse_lookup,
    "socket.getnameinfo": _find_reverse_lookup,
}
"""Audit events, each with what finds in its arguments what leaves the machine."""

METHODS: Mapping[str, Callable[..., Target | None]] = {
    "connect": _find_connection,
    "connect_ex": _find_connection,
    "bind": lambda _, address: _find_lookup(address[0]) if isinstance(address, tuple) and address else None,
    "sendto": lambda sock, *arguments: _find_sending(sock, arguments[-1]) if len(arguments) > 1 else None,
    "sendmsg": lambda sock, *arguments: _find_sending(sock, *arguments[3:]),
    "send": _find_peer,
    "sendall": _find_peer,
    "sendfile": _find_peer,
}
"""Methods of sockets, each with what finds in its arguments what leaves the machine."""

TLS_METHODS = ("send", "write", "do_handshake")
"""Methods of ``ssl.SSLSocket`` that write to its connection without those of a socket."""


def _is_own(host: str | bytes | bytearray) -> bool:
    """Whether a name is that of this machine: servers look it up to name themselves."""
    return as_text(host).lower() == _OWN_NAME


def _find_proxy(address: Any) -> str | None:
    """The environment variable that names an address of this machine as a proxy; it would carry a call out."""
    if not isinstance(address, tuple) or len(address) < 2:
        return None
    return next((name for name, value in read_proxies().items() if _is_proxy_at(value, address[1])), None)


def _is_proxy_at(proxy: str, port: Any) -> bool:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        found = parts.port or _DEFAULT_PORTS.get(parts.scheme, _SOCKS_PORT)
    except ValueError:
        return False
    return found == port and is_loopback(parts.hostname or "")


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
