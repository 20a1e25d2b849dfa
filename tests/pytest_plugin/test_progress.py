"""Progress of a long case: a line on a terminal after a second, nothing in a log."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import SUITE, Project

pytest_plugins = ("pytester",)

SLOW = """
import itertools
from harness.pytest_plugin import progress

ticks = itertools.count()

class Slow(progress.Progress):
    def __init__(self, item):
        super().__init__(item, clock=lambda: next(ticks) * 0.6)

import harness.pytest_plugin.collect
harness.pytest_plugin.collect.Progress = Slow
"""


def run_on_a_terminal(project: Project, *arguments: str) -> str:
    """The output of a run whose standard output is a terminal of 100 columns."""
    pty = pytest.importorskip("pty")
    main, child = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    process = subprocess.Popen(command, cwd=project.path, stdout=child, stderr=child, env=environment)
    os.close(child)
    output = b""
    # A terminal whose other end is closed is an error to read, on Linux.
    with suppress(OSError):
        while data := os.read(main, 65_536):
            output += data
    process.wait(60)
    os.close(main)
    return output.decode()


@pytest.fixture
def samples(project: Project) -> Path:
    project.add_suite("support", suite=SUITE.replace("    prompts:", "    samples: 4\n    prompts:"))
    return project.write("conftest.py", SLOW)


@pytest.mark.usefixtures("samples")
def test_a_long_case_says_which_round_it_is_in_and_clears_the_line(project: Project) -> None:
    output = run_on_a_terminal(project, "--harness-mode=emulate", "-k", "refund")

    assert "\rsupport[v1-refund]: round 3 of 4" in output
    assert "\rsupport[v1-refund]: round 4 of 4" in output
    assert "round 1 of 4" not in output
    after = output.rpartition("round 4 of 4")[2].lstrip(" ")
    assert after.startswith(f"\r{' ' * 99}\r."), repr(after[:120])
    assert "\x1b[3" not in output
    assert "1 passed" in output


@pytest.mark.usefixtures("samples")
def test_a_log_shows_no_progress(project: Project) -> None:
    result = project.run("--harness-mode=emulate")

    result.assert_outcomes(passed=2)
    assert "round" not in result.stdout.str().partition("prompt cache savings")[0]
