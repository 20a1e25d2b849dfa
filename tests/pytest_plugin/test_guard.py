"""The network guard: what a test can reach in ``replay`` and ``emulate`` mode, and the message for the rest."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from harness.errors import NetworkBlockedError
from harness.network.guard import Guard
from harness.network.refused import is_local
from tests.pytest_plugin.conftest import REFUSE_NETWORK, Project, shown

pytest_plugins = ("pytester",)

REACH = """
import asyncio, http.client, socket, ssl, threading, urllib.request

def connect():
    with socket.socket() as sock:
        sock.connect(("192.0.2.1", 80))

def connect_ex():
    with socket.socket() as sock:
        sock.connect_ex(("192.0.2.1", 80))

def over_ssl():
    with ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="example.test") as sock:
        sock.connect(("192.0.2.1", 80))

def in_a_loop():
    asyncio.run(open_connection("192.0.2.1"))

def sock_connect():
    async def run():
        with socket.socket() as sock:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, ("192.0.2.1", 80))
    asyncio.run(run())

async def open_connection(host):
    await asyncio.open_connection(host, 80)

def look_up():
    socket.getaddrinfo("example.test", 80)

def look_up_in_a_loop():
    asyncio.run(open_connection("example.test"))

def urlopen():
    urllib.request.urlopen("http://example.test/")

def httpx():
    import httpx2
    httpx2.get("http://example.test/")

def async_httpx():
    import httpx2
    async def run():
        async with httpx2.AsyncClient() as client:
            await client.get("http://example.test/")
    asyncio.run(run())

def in_a_thread():
    def run():
        try:
            connect()
        except OSError:
            pass
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
"""

USES = "import pytest, reach\n\ndef test_it(anthropic_client):\n    {body}\n"
PLAIN = "import reach\n\ndef test_it():\n    {body}\n"
SWALLOW = "try:\n        reach.{way}()\n    except Exception:\n        pass"

OPENED = (
    "test_app.py::test_it tried to open a connection to 192.0.2.1 port 80, "
    "but in replay mode only loopback addresses are reachable\n"
)
LOOKED_UP = (
    "test_app.py::test_it tried to look up the host 'example.test', "
    "but in replay mode only loopback addresses are reachable\n"
)
HINT = "  try: let the test fake 192.0.2.1, or add it to harness_ignore_hosts if no test needs its answers"

WAYS = {
    "connect": OPENED,
    "connect_ex": OPENED,
    "over_ssl": OPENED,
    "in_a_loop": OPENED,
    "sock_connect": OPENED,
    "in_a_thread": OPENED,
    "look_up": LOOKED_UP,
    "look_up_in_a_loop": LOOKED_UP,
    "urlopen": LOOKED_UP,
    "httpx": LOOKED_UP,
    "async_httpx": LOOKED_UP,
}


def write(project: Project, test: str, body: str) -> None:
    project.write("reach.py", REACH)
    project.write("test_app.py", test.format(body=body))


@pytest.fixture(autouse=True)
def without_a_net(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    # If the guard lets a connection through by mistake, it must not reach the network either.
    project.write("conftest.py", REFUSE_NETWORK)


@pytest.mark.parametrize(("way", "message"), WAYS.items(), ids=WAYS)
def test_each_way_out_fails_the_test_though_its_code_swallows_the_error(
    way: str, message: str, project: Project
) -> None:
    write(project, USES, SWALLOW.format(way=way))

    result = project.run()

    result.assert_outcomes(failed=1)
    # The line is known only if the error was raised through the test.
    assert shown(result, "test_it", "=").removeprefix("test_app.py:5: ") == message + (
        HINT if message == OPENED else HINT.replace("192.0.2.1", "example.test")
    )


def test_error_that_is_not_swallowed_is_shown_at_its_line(project: Project) -> None:
    write(project, USES, "reach.connect()")

    result = project.run()

    result.assert_outcomes(failed=1)
    assert shown(result, "test_it", "=") == f"test_app.py:4: {OPENED}{HINT}"


def test_refusal_is_told_with_the_failure_it_causes(project: Project) -> None:
    write(project, USES, SWALLOW.format(way="connect") + "\n    assert 0")

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*prompt cache harness*", OPENED.strip(), HINT], consecutive=True)


def test_test_that_skips_for_want_of_a_network_fails(project: Project) -> None:
    write(project, USES, SWALLOW.format(way="connect").replace("pass", "pytest.skip('offline')"))

    project.run().assert_outcomes(failed=1)


def test_what_is_reached_for_in_teardown_is_an_error(project: Project) -> None:
    body = SWALLOW.format(way="connect").replace("Exception", "OSError")
    fixture = f"\n@pytest.fixture\ndef closing():\n    yield\n    {body}\n"
    write(project, USES, "pass")
    test = project.path / "test_app.py"
    test.write_text(test.read_text().replace("(anthropic_client)", "(anthropic_client, closing)") + fixture)

    result = project.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*{OPENED.strip()}"])


def test_code_under_a_suite_is_guarded(project: Project) -> None:
    project.add_suite("support", app="import reach\n\ndef ask(client, prompt, question):\n    reach.connect()\n")
    project.write("support/reach.py", REACH)

    result = project.run("-k", "parcel", "--harness-mode=emulate")

    result.assert_outcomes(failed=1, deselected=1)
    assert shown(result, "support[v1-parcel]", "=") == (OPENED + HINT).replace(
        "test_app.py::test_it", "support/suite.yaml::support[v1-parcel]"
    ).replace("replay mode", "emulate mode")


def test_fixture_that_is_asked_for_late_starts_the_guard(project: Project) -> None:
    write(project, PLAIN, "request.getfixturevalue('anthropic_client')\n    " + SWALLOW.format(way="connect"))
    test = project.path / "test_app.py"
    test.write_text(test.read_text().replace("test_it()", "test_it(request)"))

    project.run().assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("test", "arguments", "is_guarded"),
    [
        pytest.param(PLAIN, (), False, id="a-test-without-us"),
        pytest.param(PLAIN, ("-o", "harness_guard=all"), True, id="all"),
        pytest.param(USES, ("-o", "harness_guard=off"), False, id="off"),
        pytest.param(USES, ("-o", "harness_guard=used"), True, id="used"),
        pytest.param(USES, ("--harness-mode=emulate",), True, id="emulate"),
        pytest.param(USES, ("--harness-mode=record", "--harness-upstream=emulator"), True, id="record"),
        pytest.param(
            PLAIN, ("--harness-mode=record", "--harness-upstream=emulator", "-o", "harness_guard=all"), True,
            id="record-all",
        ),
        # This conftest refuses every connection, also those of pytest-rerunfailures between workers.
        pytest.param(USES, ("-n1", "-p", "no:rerunfailures"), True, id="xdist"),
    ],
)  # fmt: skip
def test_option_and_mode_say_which_tests_are_guarded(
    test: str, arguments: tuple[str, ...], is_guarded: bool, project: Project
) -> None:
    write(project, test, SWALLOW.format(way="connect"))

    result = project.run(*arguments)

    result.assert_outcomes(**{"failed" if is_guarded else "passed": 1})


def test_unknown_scope_is_refused(project: Project) -> None:
    result = project.run("-o", "harness_guard=some")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: harness_guard is 'some', expected used, all or off"])


def test_loopback_is_open_to_sockets_loops_and_names(project: Project) -> None:
    (project.path / "conftest.py").unlink()
    project.write(
        "test_app.py",
        "import asyncio, socket\n"
        "def test_it(anthropic_client):\n"
        "    async def run():\n"
        "        server = await asyncio.start_server(lambda reader, writer: writer.close(), '127.0.0.1', 0)\n"
        "        port = server.sockets[0].getsockname()[1]\n"
        "        for host in ('127.0.0.1', 'localhost'):\n"
        "            reader, writer = await asyncio.open_connection(host, port)\n"
        "            await reader.read()\n"
        "            writer.close()\n"
        "        def reach():\n"
        "            with socket.create_connection(('127.0.0.1', port)) as sock:\n"
        "                sock.recv(1)\n"
        "        await asyncio.to_thread(reach)\n"
        "        server.close()\n"
        "        await server.wait_closed()\n"
        "    asyncio.run(run())\n"
        "    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:\n"
        "        server.bind('s')\n"
        "        server.listen()\n"
        "        client.connect('s')\n",
    )

    project.run().assert_outcomes(passed=1)


def test_nothing_stays_patched(project: Project) -> None:
    state = (
        "import socket\n\ndef state():\n    return 'connect' in vars(socket.socket), socket.getaddrinfo.__module__\n"
    )
    project.write("look.py", state)
    project.write(
        "conftest.py", "from look import state\n\ndef pytest_unconfigure(config):\n    print('left:', state())\n"
    )
    project.write(
        "test_app.py",
        "from look import state\n\n"
        "def test_guarded(anthropic_client):\n"
        "    assert state() == (True, 'socket')\n"
        "    assert 0\n\n"
        "def test_after():\n    assert state() == (False, 'socket')\n",
    )

    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*assert 0", "left: (False, 'socket')"])


def test_guard_is_not_loaded_without_a_test_that_needs_it(project: Project) -> None:
    project.write(
        "conftest.py",
        "import sys\n\ndef pytest_unconfigure():\n    print('harness.network.guard' in sys.modules)\n",
    )
    project.write("test_app.py", "def test_one():\n    pass\n")

    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest")

    result.stdout.fnmatch_lines(["False"])


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard("a test", when="in replay mode")
    guard.start()
    yield guard
    guard.stop()


@pytest.mark.parametrize(
    ("family", "address", "expected"),
    [
        (socket.AF_INET, ("127.0.0.1", 1), True),
        (socket.AF_INET, ("127.255.255.254", 1), True),
        (socket.AF_INET, ("localhost", 1), True),
        (socket.AF_INET, ("LocalHost", 1), True),
        (socket.AF_INET, (b"127.0.0.1", 1), True),
        (socket.AF_INET6, ("::1", 1, 0, 0), True),
        (socket.AF_INET6, ("::ffff:127.0.0.1", 1), True),
        (socket.AF_UNIX, "/tmp/socket", True),
        (socket.AF_UNIX, b"\0abstract", True),
        (socket.AF_INET, "no address", True),
        (socket.AF_INET, (), True),
        (socket.AF_INET, ("128.0.0.1", 1), False),
        (socket.AF_INET, ("0.0.0.0", 1), False),
        (socket.AF_INET, ("10.0.0.1", 1), False),
        (socket.AF_INET, (b"10.0.0.1", 1), False),
        (socket.AF_INET, (bytearray(b"api.anthropic.com"), 443), False),
        (socket.AF_INET, ("localhost.example.com", 1), False),
        (socket.AF_INET, ("<broadcast>", 1), False),
        (socket.AF_INET6, ("::ffff:10.0.0.1", 1), False),
        (socket.AF_INET6, ("fe80::1%eth0", 1), False),
        (socket.AF_INET6, ("::", 1), False),
        (getattr(socket, "AF_VSOCK", 40), (2, 1), False),
    ],
)
def test_which_addresses_stay_on_the_machine(family: int, address: object, expected: bool) -> None:
    assert is_local(family, address) is expected


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1", b"::1", "192.0.2.1"])
def test_what_needs_no_name_server_can_be_looked_up(host: str | bytes | None, guard: Guard) -> None:
    assert socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
    assert guard.blocked == ()


def test_every_refusal_of_many_threads_is_kept_until_raised(guard: Guard) -> None:
    def reach(number: int) -> Callable[[], None]:
        def run() -> None:
            with pytest.raises(NetworkBlockedError):
                socket.getaddrinfo(f"host-{number}.test", 80)

        return run

    threads = [threading.Thread(target=reach(number)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({str(error) for error in guard.blocked}) == 50
    with pytest.raises(NetworkBlockedError):
        guard.raise_first()
    assert guard.blocked == ()
    guard.raise_first()


def test_guards_can_be_nested(guard: Guard) -> None:
    inner = Guard("another test", when="in replay mode")
    inner.start()
    with pytest.raises(NetworkBlockedError, match=r"^another test tried to look up the host 'a\.test'"):
        socket.getaddrinfo("a.test", 80)
    inner.stop()

    assert guard.blocked == ()
    with pytest.raises(NetworkBlockedError, match=r"^a test tried to look up the host 'a\.test'"):
        socket.getaddrinfo("a.test", 80)


def test_another_patch_of_the_same_method_is_put_back() -> None:
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(socket.socket, "connect", lambda *_: None)
        other = vars(socket.socket)["connect"]
        guard = Guard("a test", when="in replay mode")
        guard.start()
        assert vars(socket.socket)["connect"] is not other
        guard.stop()
        assert vars(socket.socket)["connect"] is other
