"""The fixture ``harness_cassette``: tests that use any HTTP client."""

import importlib

import pytest

from tests.pytest_plugin.conftest import RECORD, Project, shown

pytest_plugins = ("pytester",)

# Imported here once, not in each run; see conftest.py.
importlib.import_module("harness.sessions.other_clients")

APP = """
import json
import urllib.request

def ask(url, question):
    body = {"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [{"role": "user", "content": question}]}
    headers = {"authorization": "Bearer sk-ant-secret", "content-type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/messages", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)["content"][0]["text"]
"""

TEST = f"""
{APP}

def test_ask(harness_cassette):
    ask(harness_cassette.base_url, "Where is my parcel")
    assert len(harness_cassette.calls) == 1
"""

SWALLOWING = TEST.replace("    ask(", "    try: ask(").replace(
    "    assert len", "    except Exception: pass\n    assert 1 or len"
)
HINT = '  try: pytest "test_app.py::test_ask" --harness-mode=record --harness-upstream=emulator'
MISS = "no cassette 'test_app/test_ask': nothing was recorded for POST /v1/messages"


def test_records_then_replays_and_tells_the_calls(project: Project) -> None:
    project.write("test_app.py", TEST)

    recorded = project.run(*RECORD)
    recorded.assert_outcomes(passed=1)
    files = project.files("cassettes")

    assert list(files) == ["test_app/test_ask.json"]
    assert b"secret" not in files["test_app/test_ask.json"]
    assert b'"from": "emulator"' in files["test_app/test_ask.json"]
    replayed = project.run()
    replayed.assert_outcomes(passed=1)
    assert project.files("cassettes") == files
    for result in (recorded, replayed):
        result.stdout.fnmatch_lines(["*test_app.py * claude-sonnet-5-5 *1 *"])


def test_emulate_answers_and_writes_nothing(project: Project) -> None:
    project.write("test_app.py", TEST)

    project.run("--harness-mode=emulate").assert_outcomes(passed=1)
    assert project.files("cassettes") == {}


def test_projects_conftest_answers_for_the_emulator(project: Project) -> None:
    project.write("conftest.py", "def pytest_harness_answer(request):\n    return 'On its way.'\n")
    project.write(
        "test_app.py",
        f"{APP}\ndef test_ask(harness_cassette):\n    assert ask(harness_cassette.base_url, 'Hi') == 'On its way.'\n",
    )

    project.run("--harness-mode=emulate").assert_outcomes(passed=1)


def test_nothing_is_written_if_the_test_fails(project: Project) -> None:
    project.write("test_app.py", TEST + "    assert False\n")

    project.run(*RECORD).assert_outcomes(failed=1)
    assert project.files("cassettes") == {}


def test_miss_says_how_to_record(project: Project) -> None:
    project.write("test_app.py", TEST)

    result = project.run()

    result.assert_outcomes(failed=1)
    assert shown(result, "test_ask", "=") == f"test_app.py:10: {MISS}\n{HINT}"


def test_miss_that_the_application_swallows_fails_a_test_that_passes(project: Project) -> None:
    project.write("test_app.py", SWALLOWING)

    result = project.run()

    result.assert_outcomes(passed=1, errors=1)
    assert shown(result, "ERROR at teardown of test_ask", "=").endswith(f"{MISS}\n{HINT}")


def test_both_fixtures_in_one_test_are_refused(project: Project) -> None:
    project.write("test_app.py", "def test_ask(anthropic_client, harness_cassette):\n    pass\n")

    result = project.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*harness_session and harness_cassette in one test would write the same cassette",
            "  try: give the official SDK harness_cassette.base_url and a key of its own, or make two tests",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_replay_runs_in_one_process_and_in_several(arguments: tuple[str, ...], project: Project) -> None:
    project.write(
        "test_app.py", TEST + "\ndef test_again(harness_cassette):\n    ask(harness_cassette.base_url, 'Hi')\n"
    )
    project.run(*RECORD).assert_outcomes(passed=2)

    project.run(*arguments).assert_outcomes(passed=2)


def test_fixture_is_documented(project: Project) -> None:
    assert "\nharness_cassette -- " in "\n".join(project.run("--fixtures", "-q").outlines)


THREADS = """
import socket
from concurrent.futures import ThreadPoolExecutor

import requests

def test_ask(harness_cassette, monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **options: asked.append(host) or [])

    def work(worker):
        for number in range(12):
            content = f"Question {number} of {worker}"
            body = {"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [{"role": "user", "content": content}]}
            requests.post(f"{harness_cassette.base_url}/v1/messages", json=body, timeout=9).raise_for_status()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert (asked, len(harness_cassette.calls)) == ([], 48)
"""


def test_workers_that_post_at_once_never_look_up_the_real_host(project: Project) -> None:
    pytest.importorskip("requests", reason="requests comes with the group integrations")
    project.write("test_app.py", THREADS)

    for mode in (RECORD, (), ("--harness-mode=emulate",)):
        project.run(*mode).assert_outcomes(passed=1)
