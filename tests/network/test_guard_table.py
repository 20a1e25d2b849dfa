"""The table of docs/network.md: each way out of the machine, with a listener that must stay unvisited."""

import _socket
import gc
import http.client
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness import loopback
from harness.errors import NetworkBlockedError
from harness.network import refused
from harness.network.guard import Guard
from tests.network.name_server import HAS_RESOLVER, NameServer

pytestmark = pytest.mark.filterwarnings(
    # Sockets whose calls are refused are left to the garbage collector.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)

FOREIGN = "127.0.0.2"
"""An address of this machine that these tests declare to be another machine's."""


class Listener:
    """Listens for TCP and UDP at one port of the foreign address, and notes each visit."""

    def __init__(self) -> None:
        self.tcp = socket.create_server((FOREIGN, 0))
        self.address = self.tcp.getsockname()
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(self.address)
        for sock in (self.tcp, self.udp):
            sock.settimeout(0.05)

    def was_visited(self) -> bool:
        """Whether a connection or a datagram came in."""
        for receive in (self.tcp.accept, lambda: self.udp.recvfrom(10)):
            with suppress(TimeoutError):
                found = receive()[0]
                if isinstance(found, socket.socket):
                    found.close()
                return True
        return False

    def close(self) -> None:
        """Close both sockets."""
        self.tcp.close()
        self.udp.close()


@pytest.fixture(scope="module", autouse=True)
def _left_sockets_are_collected_here() -> Iterator[None]:
    """Keep warnings about them out of other modules."""
    yield
    gc.collect()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr(
        refused, "is_loopback", lambda host: loopback.as_text(host) != FOREIGN and loopback.is_loopback(host)
    )
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard("a test", when="in replay mode") as guard:
        yield guard


def _raw(kind: int = socket.SOCK_STREAM) -> _socket.socket:
    return _socket.socket(socket.AF_INET, kind, 0)


def _fast_open(address: tuple[str, int]) -> None:
    with socket.socket() as sock:
        sock.sendto(b"x", getattr(socket, "MSG_FASTOPEN", 0x20000000), address)


def _over_tls(address: tuple[str, int]) -> None:
    with ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="a.test") as sock:
        sock.connect(address)


def _in_a_loop(address: tuple[str, int]) -> None:
    import asyncio

    asyncio.run(asyncio.wait_for(asyncio.open_connection(*address), 5))


def _datagram_in_a_loop(address: tuple[str, int]) -> None:
    import asyncio

    async def send() -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)

    asyncio.run(send())


def _in_a_thread(address: tuple[str, int]) -> None:
    errors: list[NetworkBlockedError] = []

    def run() -> None:
        try:
            socket.create_connection(address)
        except NetworkBlockedError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise errors[0]


CONNECTIONS: dict[str, Callable[[tuple[str, int]], object]] = {
    "connect": lambda address: socket.socket().connect(address),
    "connect_ex": lambda address: socket.socket().connect_ex(address),
    "create_connection": socket.create_connection,
    "tls": _over_tls,
    "http.client": lambda address: http.client.HTTPConnection(*address).request("GET", "/"),
    "urllib": lambda address: urllib.request.urlopen(f"http://{address[0]}:{address[1]}"),
    "event loop": _in_a_loop,
    "thread": _in_a_thread,
    "_socket connect": lambda address: _raw().connect(address),
    "_socket connect_ex": lambda address: _raw().connect_ex(address),
    "_socket class kept from before": lambda address: socket.socket.__base__(2, 1, 0).connect(address),  # type: ignore[misc]
    "udp sendto": lambda address: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", address),
    "udp sendto with flags": lambda address: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", 0, address),
    "udp sendmsg": lambda address: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, address),
    "udp connect": lambda address: socket.socket(type=socket.SOCK_DGRAM).connect(address),
    "udp _socket": lambda address: _raw(socket.SOCK_DGRAM).sendto(b"x", address),
    "udp event loop": _datagram_in_a_loop,
    "tcp opened by sendto": _fast_open,
    "tcp opened by sendmsg": lambda address: socket.socket().sendmsg([b"x"], [], 0x20000000, address),
}


@pytest.mark.parametrize("way", CONNECTIONS)
def test_connections_and_datagrams_are_refused(way: str, listener: Listener, guard: Guard) -> None:
    # Libraries wrap the error.
    with pytest.raises(OSError, match=rf"a test tried to .*{FOREIGN} port {listener.address[1]}"):
        CONNECTIONS[way](listener.address)

    assert str(guard.blocked[0]).startswith("a test tried to ")
    assert not listener.was_visited()


LOOKUPS: dict[str, Callable[[], object]] = {
    "getaddrinfo": lambda: socket.getaddrinfo("a.test", 80),
    "getaddrinfo of bytes": lambda: socket.getaddrinfo(b"a.test", 80),
    "gethostbyname": lambda: socket.gethostbyname("a.test"),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex("a.test"),
    "gethostbyaddr": lambda: socket.gethostbyaddr("a.test"),
    "gethostbyaddr of an address": lambda: socket.gethostbyaddr("192.0.2.1"),
    "getnameinfo": lambda: socket.getnameinfo(("192.0.2.1", 80), 0),
    "getfqdn": lambda: socket.getfqdn("a.test"),
    "_socket.getaddrinfo": lambda: _socket.getaddrinfo("a.test", 80),
    "_socket.gethostbyname": lambda: _socket.gethostbyname("a.test"),
    "connect": lambda: socket.socket().connect(("a.test", 80)),
    "connect_ex": lambda: socket.socket().connect_ex(("a.test", 80)),
    "_socket connect": lambda: _raw().connect(("a.test", 80)),
    "sendto": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("a.test", 80)),
    "sendmsg": lambda: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("a.test", 80)),
    "bind": lambda: socket.socket().bind(("a.test", 0)),
}


@pytest.mark.parametrize("way", LOOKUPS)
def test_lookups_are_refused_before_a_name_server_is_asked(way: str, guard: Guard) -> None:
    with NameServer() as server:
        server.ask(LOOKUPS[way])

        assert len(guard.blocked) == 1
        assert guard.blocked[0].hint is not None
        assert not server.was_asked()


@pytest.mark.skipif(not HAS_RESOLVER, reason="only glibc can be pointed to another name server")
def test_without_the_guard_the_name_server_is_asked() -> None:
    with NameServer() as server:
        server.ask(LOOKUPS["gethostbyname"])

        assert server.was_asked()


SENDS: dict[str, Callable[[socket.socket], object]] = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "sendmsg": lambda sock: sock.sendmsg([b"x"]),
    "file": lambda sock: sock.makefile("wb", buffering=0).write(b"x"),
}


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("way", SENDS)
def test_connections_that_were_open_before_carry_nothing(way: str, kind: int, listener: Listener) -> None:
    with socket.socket(type=kind) as sock:
        sock.connect(listener.address)
        with Guard("a test", when="in replay mode") as guard, pytest.raises(NetworkBlockedError, match="open before"):
            SENDS[way](sock)
        assert len(guard.blocked) == 1
        if kind == socket.SOCK_DGRAM:
            assert not listener.was_visited()
            return
        accepted, _ = listener.tcp.accept()
        with accepted, suppress(TimeoutError):
            accepted.settimeout(0.05)
            assert not accepted.recv(1)


TLS_SENDS: dict[str, Callable[[ssl.SSLSocket], object]] = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "write": lambda sock: sock.write(b"x"),
    "handshake": lambda sock: sock.do_handshake(),
}


@pytest.mark.parametrize("way", TLS_SENDS)
def test_tls_connections_that_were_open_before_carry_nothing(way: str, listener: Listener) -> None:
    plain = socket.create_connection(listener.address)
    accepted, _ = listener.tcp.accept()
    context = ssl.create_default_context()
    with accepted, context.wrap_socket(plain, server_hostname="a.test", do_handshake_on_connect=False) as sock:
        with Guard("a test", when="in replay mode"), pytest.raises(NetworkBlockedError, match="open before"):
            TLS_SENDS[way](sock)
        accepted.settimeout(0.05)
        with pytest.raises(TimeoutError):
            accepted.recv(1)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{}", "http://user:word@localhost:{}", "127.0.0.1:{}", "socks5://[::1]:{}"]
)
def test_proxies_on_this_machine_are_refused(
    variable: str, form: str, listener: Listener, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.05)
        monkeypatch.setenv(variable, form.format(proxy.getsockname()[1]))
        with pytest.raises(NetworkBlockedError, match=f"the proxy in {variable}, ") as caught:
            socket.create_connection(proxy.getsockname())
        assert caught.value.hint == f"unset {variable} for the tests: a proxy would carry calls to other machines"
        with pytest.raises(TimeoutError):
            proxy.accept()


CHILD = (
    "import os; print({name: value for name, value in os.environ.items() if 'KEY' in name or 'proxy' in name.lower()})"
)
STARTS: dict[str, Callable[[str], object]] = {
    "subprocess": lambda code: subprocess.check_output([sys.executable, "-c", code]),
    "a copy of the environment": lambda code: subprocess.check_output([sys.executable, "-c", code], env={**os.environ}),
    "os.system": lambda code: os.system(f'"{sys.executable}" -c "{code}" > out.txt'),
}


@pytest.mark.parametrize("way", STARTS)
def test_child_processes_inherit_dead_proxies_and_no_key(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("child"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-of-the-test")
    monkeypatch.setenv("https_proxy", "http://proxy.test:80")
    with Guard("a test", when="in replay mode"):
        output = STARTS[way](CHILD)
        assert os.environ["ANTHROPIC_API_KEY"] == "canary-of-the-test"
    text = output.decode() if isinstance(output, bytes) else Path("out.txt").read_text(encoding="utf-8")
    assert "canary" not in text
    assert "proxy.test" not in text
    assert "'https_proxy': 'http://127.0.0.1:9'" in text
    # What the guard hid is there again.
    assert b"canary" in subprocess.check_output([sys.executable, "-c", CHILD])


def test_what_a_test_itself_gives_to_a_child_process_is_kept(guard: Guard) -> None:
    given = {**os.environ, "ANTHROPIC_API_KEY": "of-the-test", "HTTP_PROXY": "http://127.0.0.1:8"}

    output = subprocess.check_output([sys.executable, "-c", CHILD], env=given)

    assert b"of-the-test" in output
    assert b"'HTTP_PROXY': 'http://127.0.0.1:8'" in output


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_what_stays_on_this_machine_passes(family: int, guard: Guard, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("s")
    with socket.socket(family) as server, socket.socket(family) as client:
        server.bind(("127.0.0.1", 0) if family == socket.AF_INET else f"{folder}/s")
        server.listen()
        client.connect(server.getsockname())
        client.sendall(b"x")
        client.sendmsg([b"y"])
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(2) in (b"x", b"xy")
    with socket.socket() as everywhere:
        everywhere.bind(("", 0))
    socket.getfqdn()
    assert guard.blocked == ()


def test_a_thread_that_outlives_its_test_is_charged_to_it(listener: Listener) -> None:
    late: list[NetworkBlockedError] = []
    go = threading.Event()

    def run() -> None:
        go.wait(5)
        with suppress(NetworkBlockedError):
            socket.create_connection(listener.address)

    thread = threading.Thread(target=run)
    with Guard("the first test", when="in replay mode", on_late=late.append):
        thread.start()
    with Guard("the second test", when="in replay mode") as second:
        go.set()
        thread.join()
    assert second.blocked == ()
    assert [str(error).split(" tried")[0] for error in late] == ["a thread that outlived the first test"]
    assert not listener.was_visited()


@pytest.mark.parametrize(("host", "fails"), [("prices.test", False), ("api.anthropic.com", True)])
def test_a_thread_from_before_is_refused_and_fails_the_test_if_it_calls_claude(host: str, fails: bool) -> None:
    go = threading.Event()
    refused: list[NetworkBlockedError] = []

    def run() -> None:
        go.wait(5)
        try:
            socket.getaddrinfo(host, 443)
        except NetworkBlockedError as error:
            refused.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    with Guard("a test", when="in replay mode") as guard:
        go.set()
        thread.join()
    assert [str(error).split(" tried")[0] for error in refused] == ["a thread that ran before a test"]
    assert guard.blocked == (tuple(refused) if fails else ())


def test_nothing_is_refused_without_a_guard(listener: Listener) -> None:
    with Guard("a test", when="in replay mode"):
        pass
    socket.create_connection(listener.address).close()
    assert listener.was_visited()
    assert _socket.socket is socket.socket.__base__
