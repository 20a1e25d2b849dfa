"""Suggested commands: what they do when they are pasted into a shell, and where they are run."""

import ast
import shlex
import subprocess
from pathlib import Path

import pytest

import harness
from harness.findings.commands import UNDO, from_here, next_lines, pytest_command, run_all
from harness.findings.finding import Finding

HOSTILE = [
    "test_a.py::test[`touch x`]", "test_a.py::test[$(touch x)]", "test_a.py::test[$HOME]", "test_a.py::test[a\"b]",
    "test_a.py::test[a'b]", "test_a.py::test[!!]", "test_a.py::test[a\\\\b]", "test_a.py::test[a;touch x]",
    "test_a.py::test[a\nb]", "test_a.py::test[a b|c&d>e<f*g?h#i~j]", "test a.py::test", "-k.py::test",
]  # fmt: skip


@pytest.mark.parametrize("test", HOSTILE, ids=range(len(HOSTILE)))
def test_a_shell_takes_any_test_as_one_argument_and_runs_none_of_it(test: str, tmp_path: Path) -> None:
    command = pytest_command(test, "--harness-update-lock")

    program = 'pytest() { printf "%s\\0" "$@"; }\n'
    done = subprocess.run(["bash", "-c", program + command], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.split("\0")[:-1] == [test, "--harness-update-lock"]
    assert list(tmp_path.iterdir()) == []
    assert shlex.split(command) == ["pytest", test, "--harness-update-lock"]


def test_an_ordinary_test_stands_in_double_quotes() -> None:
    assert pytest_command("a/suite.yaml::s[v1-c]", "-x") == 'pytest "a/suite.yaml::s[v1-c]" -x'
    assert pytest_command() == "pytest"


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("/home/me/app", "a/test_b.py::test[c/d]"),
        ("/home/me/app/a", "test_b.py::test[c/d]"),
        ("/home/me/app/other", "../a/test_b.py::test[c/d]"),
        ("/", "home/me/app/a/test_b.py::test[c/d]"),
    ],
)
def test_a_test_is_named_as_seen_from_the_current_folder(here: str, expected: str) -> None:
    assert from_here("a/test_b.py::test[c/d]", Path("/home/me/app"), Path(here)) == expected


def test_the_command_for_many_tests_names_the_file_that_they_share() -> None:
    command = 'pytest "../a.py::x" --flag'
    assert run_all(command, ["a.py::x", "a.py::y"]) == 'pytest "../a.py" --flag'
    assert run_all(command, ["a.py::x", "b.py::y"]) == "pytest --flag"
    assert run_all("pytest --flag", ["a.py::x", "b.py::y"]) == "pytest --flag"
    hostile = pytest_command("a.py::x[$y'z]", "--flag")
    assert run_all(hostile, ["a.py::x[$y'z]", "a.py::y"]) == 'pytest "a.py" --flag'


@pytest.mark.parametrize(("test", "has_version"), [("a/suite.yaml::s[v1-c]", True), ("a/test_b.py::test", False)])
def test_a_lost_prefix_is_undone_before_it_is_accepted(test: str, has_version: bool) -> None:
    first, second = next_lines(Finding(rule="bust", headline="lost", test=test, command="pytest --harness-update-lock"))

    assert first == UNDO
    assert second.endswith(": pytest --harness-update-lock")
    assert ("new version" in second) is has_version


def test_other_findings_have_one_command_or_none() -> None:
    assert next_lines(Finding(rule="unused", headline="x", command="pytest")) == ["next: pytest"]
    assert next_lines(Finding(rule="bust", level="warning", headline="x", command="pytest")) == ["next: pytest"]
    assert next_lines(Finding(rule="bust", headline="x")) == []


def test_no_other_module_puts_a_test_into_a_command() -> None:
    package = Path(harness.__file__).parent
    found = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        and isinstance(start := node.values[0], ast.Constant)
        and str(start.value).startswith("pytest ")
    ]
    assert found == ["findings/commands.py"]
