"""Calls to hosts that are not Claude's: mocks and ignored hosts answer, the guard refuses the rest by name."""

import importlib
import shlex

import pytest

from tests.pytest_plugin.conftest import RECORD, REFUSE_NETWORK, Project, shown
from tests.pytest_plugin.test_foreign_clients import APP

pytest_plugins = ("pytester",)

# Imported here once, not in each run; see conftest.py.
importlib.import_module("harness.sessions.other_clients")

REACHING = f"""
import urllib.request
{APP}

def test_ask(harness_cassette):
    ask(harness_cassette.base_url, "Where is my parcel")
    try:
        urllib.request.urlopen("http://metrics.example/")
    except OSError:
        pass
"""

MODES = ((), ("--harness-mode=emulate",))

MOCKED = f"""
import httpx
import pytest
{APP}

BODY = {{"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [{{"role": "user", "content": "Hi"}}]}}

def talk(url):
    assert httpx.get("https://weather.example/").text == "sunny"
    assert httpx.post(f"{{url}}/v1/messages", json=BODY).json()["type"] == "message"
    ask(url, "Hi")
"""

PYTEST_HTTPX = """
def test_{name}({fixtures}):
    httpx_mock.add_response(url="https://weather.example/", text="sunny")
    talk(harness_cassette.base_url)
    assert len(harness_cassette.calls) == 2
"""

RESPX = """
def test_{name}({fixtures}):
    respx_mock.get("https://weather.example/").respond(text="sunny")
    talk(harness_cassette.base_url)
    assert len(harness_cassette.calls) == 2
"""


@pytest.fixture(autouse=True)
def without_a_net(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    project.write("conftest.py", REFUSE_NETWORK)


def ignore(project: Project, *hosts: str) -> None:
    lines = "\n".join(f"    {host}" for host in hosts)
    ini = project.path / "pytest.ini"
    ini.write_text(f"{ini.read_text()}harness_ignore_hosts =\n{lines}\n")


@pytest.mark.parametrize("mode", [*MODES, RECORD], ids=["replay", "emulate", "record"])
def test_other_host_is_refused_by_name_and_no_command_is_suggested(mode: tuple[str, ...], project: Project) -> None:
    project.write("test_app.py", REACHING)
    ignore(project, "metrics.example")
    project.record()
    (project.path / "pytest.ini").write_text("[pytest]\n")

    result = project.run(*mode)

    result.assert_outcomes(failed=1)
    name = mode[0].removeprefix("--harness-mode=") if mode else "replay"
    assert shown(result, "test_ask", "=") == (
        f"test_app.py::test_ask tried to look up the host 'metrics.example', but in {name} mode only "
        "loopback addresses are reachable\n"
        "  try: let the test fake metrics.example, or add it to harness_ignore_hosts if no test needs its answers"
    )


@pytest.mark.parametrize("host", ["metrics.example", "*.example", "METRICS.example"])
def test_ignored_host_is_refused_and_the_test_passes(host: str, project: Project) -> None:
    project.write("test_app.py", REACHING)
    ignore(project, "telemetry.test", host)

    project.record()

    for mode in MODES:
        project.run(*mode).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "host", ["https://metrics.example", "metrics.example/path", "metrics.example:443", "two words"]
)
def test_what_is_no_host_is_refused(host: str, project: Project) -> None:
    ignore(project, host)

    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"harness_ignore_hosts holds {host!r}, expected the name of a host" in result.stderr.str()


def test_claude_past_the_fixture_is_told_to_use_one(project: Project) -> None:
    project.write(
        "test_app.py",
        "import socket\n\ndef test_ask(anthropic_client):\n    socket.create_connection(('api.anthropic.com', 443))\n",
    )

    result = project.run()

    result.assert_outcomes(failed=1)
    assert shown(result, "test_ask", "=").endswith(
        "  try: call Claude through a fixture: anthropic_client or claude, or harness_cassette for another HTTP client"
    )


@pytest.mark.parametrize("fixtures", ["harness_cassette, {mock}", "{mock}, harness_cassette"])
@pytest.mark.parametrize(("mock", "test"), [("httpx_mock", PYTEST_HTTPX), ("respx_mock", RESPX)])
def test_mock_answers_for_other_hosts_in_every_mode(fixtures: str, mock: str, test: str, project: Project) -> None:
    pytest.importorskip("respx", reason="respx comes with the group integrations")
    pytest.importorskip("pytest_httpx", reason="pytest-httpx comes with the group integrations")
    project.write("test_app.py", MOCKED + test.format(name="ask", fixtures=fixtures.format(mock=mock)))

    for mode in (RECORD, *MODES):
        project.run(*mode).assert_outcomes(passed=1)


def test_miss_that_the_emulator_cannot_fill_does_not_suggest_it(project: Project) -> None:
    project.write(
        "test_app.py",
        APP.replace("/v1/messages", "/v1/chat/completions")
        + "\n\n"
        + ("def test_ask(harness_cassette):\n    ask('https://gateway.example', 'Hi')\n"),
    )

    result = project.run()

    result.assert_outcomes(failed=1)
    assert shown(result, "test_ask", "=").endswith(
        "nothing was recorded for POST /v1/chat/completions\n"
        '  try: pytest "test_app.py::test_ask" --harness-mode=record --harness-upstream=anthropic'
    )


def test_suggested_recording_works_where_the_configuration_distributes_tests(project: Project) -> None:
    ini = project.path / "pytest.ini"
    ini.write_text(f"{ini.read_text()}addopts = -n2\n")
    project.write("test_app.py", f"{APP}\ndef test_ask(harness_cassette):\n    ask('https://gateway.example', 'Hi')\n")
    result = project.run("-n", "0")
    result.assert_outcomes(failed=1)
    command = shown(result, "test_ask", "=").rpartition("  try: pytest ")[2]
    assert command == '"test_app.py::test_ask" --harness-mode=record --harness-upstream=emulator -n 0'

    project.run(*shlex.split(command)).assert_outcomes(passed=1)
    project.run("-n", "0").assert_outcomes(passed=1)
