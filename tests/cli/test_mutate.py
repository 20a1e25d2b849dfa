"""``harness mutate`` on a scratch project, in a separate process, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import APP, PROMPT

SUITE = """\
suites:
  support:
    call: app.py:ask
    client: anthropic
    prompts: {v1: {file: prompt.md}}
    cases: {parcel: {question: Where is my parcel}}
"""
PLAIN = f"""
from app import ask

def test_ask(anthropic_client):
    assert ask(anthropic_client, {PROMPT!r}, "Where is my parcel") != ""
"""


def write_project(folder: Path, files: dict[str, str]) -> None:
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (folder / "app.py").write_text(APP)
    for name, text in files.items():
        (folder / name).write_text(text)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from harness.cli import main; sys.exit(main())"
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "tokens"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code, "mutate", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def lock(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--harness-mode=emulate", "--harness-update-lock"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)


ONLY = ("--only", "timestamp", "--only", "trailing-space", "--only", "tool-reorder")


def test_suite_without_a_lock_file_lets_a_static_change_through(tmp_path: Path) -> None:
    write_project(tmp_path, {"suite.yaml": SUITE, "prompt.md": PROMPT})

    done = run(tmp_path, *ONLY)

    assert (done.returncode, done.stderr) == (1, "")
    assert (
        done.stdout
        == """\
mutation        puts into the requests                   verdict    tests    caught by
--------------  ---------------------------------------  ---------  -------  -----------
timestamp       the time in front of the system prompt   caught     1 of 1   second-call
trailing-space  a space at the end of the system prompt  survived   0 of 1   -
tool-reorder    the tools in another order               n/a        -        -

trailing-space survives in suite.yaml::support[v1-parcel]
  add: lock it: pytest --harness-update-lock, or assert_same_prefix(accepted, call)

1 caught, 0 caught by some tests only, 1 survived, 1 not applicable
"""
    )


def test_requests_are_built_without_a_network(tmp_path: Path) -> None:
    write_project(tmp_path, {"suite.yaml": SUITE, "prompt.md": PROMPT})
    function, separator, body = APP.partition("):\n")
    reach = (
        "    import socket\n"
        "    try:\n"
        "        socket.create_connection(('192.0.2.1', 80), 1)\n"
        "    except Exception as error:\n"
        "        with open('tried.txt', 'a') as file:\n"
        "            file.write(type(error).__name__ + '\\n')\n"
    )
    (tmp_path / "app.py").write_text(function + separator + reach + body)

    done = run(tmp_path, *ONLY)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no test passes in emulate mode without a mutation")
    assert {*(tmp_path / "tried.txt").read_text().split()} == {"NetworkBlockedError"}


def test_locked_suite_catches_all_that_applies(tmp_path: Path) -> None:
    write_project(tmp_path, {"suite.yaml": SUITE, "prompt.md": PROMPT})
    lock(tmp_path)

    done = run(tmp_path, "--format", "json")

    assert done.returncode == 0
    verdicts = {row["name"]: row["verdict"] for row in json.loads(done.stdout)}
    applied = [name for name, verdict in verdicts.items() if verdict == "caught"]
    assert applied == ["timestamp", "trailing-space", "marker-moved", "fifth-marker", "model", "ttl", "below-minimum"]
    assert {verdicts[name] for name in verdicts.keys() - set(applied)} == {"n/a"}


def test_plain_test_is_told_what_to_assert(tmp_path: Path) -> None:
    write_project(tmp_path, {"test_app.py": PLAIN})

    done = run(tmp_path, "--only", "timestamp", "--", "test_app.py")

    assert done.returncode == 1
    assert done.stdout.splitlines()[4:6] == [
        "timestamp survives in test_app.py::test_ask",
        "  add: call it twice, and assert_reads_prefix(second, written_by=first)",
    ]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        pytest.param(
            "def test_red():\n    assert False\n",
            "no test passes in emulate mode without a mutation\n"
            "  try: run pytest --harness-mode=emulate and fix what fails\n",
            id="red",
        ),
        pytest.param(
            "def test_green():\n    pass\n",
            "no request of these tests was changed\n  try: call Claude through a fixture or a suite\n",
            id="no-request",
        ),
    ],
)
def test_nothing_to_judge_is_said(test: str, message: str, tmp_path: Path) -> None:
    write_project(tmp_path, {"test_app.py": test})

    done = run(tmp_path, "--only", "timestamp")

    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
