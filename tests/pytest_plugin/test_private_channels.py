"""Private runs: what is planted in any channel is found neither in the output nor in a file that the run wrote."""

import re
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import Project
from tests.pytest_plugin.private_attempts import CANARY, CHANNELS, Attempt
from tests.pytest_plugin.private_processes import PROCESSES, Process, find_planted, plant

pytest_plugins = ("pytester",)

PRIVATE = "--harness-private"
PLUGINS = ("-p", "no:langsmith_plugin", "-p", "no:anyio")
ALL = {f"{channel}: {name}": attempt for channel, found in CHANNELS.items() for name, attempt in found.items()}
SHOWN = {name: attempt for name, attempt in ALL.items() if not attempt.refused}
REFUSED = {name: attempt for name, attempt in ALL.items() if attempt.refused}
DOCS = Path(__file__).parents[2] / "docs" / "private.md"
ELSEWHERE = {
    "reports of the harness": "test_private.py",
    "names of cassettes and entries": "test_private_names.py",
}
"""Rows whose attempts stand in another file."""


class Outputs:
    """A project, and what its runs write."""

    def __init__(self, project: Project, attempt: Attempt) -> None:
        self.project = project
        self._attempt = attempt
        project.write("pytest.ini", "[pytest]\nfilterwarnings = default\n")
        for name, text in attempt.files.items():
            project.write(name, text)

    def run(self, *options: str) -> pytest.RunResult:
        """Run pytest in this process."""
        plugins = PLUGINS if "hypothesis" in str(self._attempt.arguments) else (*PLUGINS, "-p", "no:hypothesispytest")
        arguments = (*plugins, "--basetemp=base", *options, *self._attempt.arguments)
        return self.project.pytester.runpytest_inprocess(*arguments)

    def find(self, *options: str) -> tuple[int, list[str]]:
        """The exit code of a run, and where the canary is found: in its output, in files, in names of files."""
        before = self._files()
        result = self.run(*options)
        texts = {"stdout": result.stdout.str(), "stderr": result.stderr.str()}
        written = {name: data for name, data in self._files().items() if before.get(name) != data}
        found = [f"{name}: {line}" for name, text in texts.items() for line in text.splitlines() if CANARY in line]
        found += [f"file {name}" for name, data in written.items() if CANARY.encode() in name.encode() + data]
        return int(result.ret), found

    def _files(self) -> dict[str, bytes]:
        root = self.project.path
        return {
            path.relative_to(root).as_posix(): b"" if path.is_dir() else path.read_bytes() for path in root.rglob("*")
        }


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_leaves(name: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = SHOWN[name]
    for variable, value in attempt.variables.items():
        monkeypatch.setenv(variable, value)
        monkeypatch.syspath_prepend(project.path)
    outputs = Outputs(project, attempt)

    private = outputs.find(PRIVATE)
    public = outputs.find()

    assert private[1] == []
    assert public[1]
    assert bool(private[0]) == bool(public[0])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_withheld_is_refused_before_anything_runs(name: str, project: Project) -> None:
    outputs = Outputs(project, REFUSED[name])

    result = outputs.run(PRIVATE)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert CANARY not in result.stdout.str() + result.stderr.str()
    assert result.errlines[0].startswith("ERROR: --harness-private cannot withhold ")
    assert result.errlines[1] == f"  try: leave out {REFUSED[name].refused}"
    assert not (project.path / "imported").exists()


@pytest.mark.parametrize("name", PROCESSES)
def test_nothing_leaves_a_process(name: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    process = PROCESSES[name]
    for variable, value in process.variables.items():
        monkeypatch.setenv(variable, value)

    private = _find_in_process(process, project, PRIVATE)
    public = _find_in_process(process, project)

    assert private[1] == set()
    assert public[1] >= {canary for names in process.attempts.values() for canary in names}
    assert bool(private[0]) == bool(public[0])


def _find_in_process(process: Process, project: Project, *options: str) -> tuple[int, set[str]]:
    """The exit code of a run, and which canaries are found in what it writes."""
    folder = project.path / ("private" if options else "public")
    for name, code in process.files.items():
        project.write(f"{folder.name}/{name}", plant(code))
    arguments = (*PLUGINS, f"--rootdir={folder}", "-c", "/dev/null", folder.name, *options, *process.arguments)
    result = project.pytester.runpytest_subprocess(*arguments)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in process.files]
    texts = [path.read_bytes().decode(errors="replace") for path in files]
    return int(result.ret), find_planted("\n".join([result.stdout.str(), result.stderr.str(), *texts]))


@pytest.mark.parametrize("option", ["--harness-priv", "--harness-p", "--harness_private", "--harness-privat=1"])
def test_a_misspelled_option_is_refused_before_anything_runs(option: str, project: Project) -> None:
    outputs = Outputs(project, CHANNELS["import of a `conftest.py`"]["error"])

    code, found = outputs.find(option)

    assert (code, found) == (pytest.ExitCode.USAGE_ERROR, [])


def test_every_channel_has_attempts() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("<!-- channels:")[2].partition("\n\n")[0]
    rows = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines() if row.startswith("| ")][1:]
    processes = [attempts for process in PROCESSES.values() for attempts in process.attempts.items()]
    known = [*CHANNELS, *(channel for channel, _ in processes), *ELSEWHERE]

    assert [row for row in rows if not any(row.startswith(channel) for channel in known)] == []
    assert [channel for channel in known if not any(row.startswith(channel) for row in rows)] == []
    assert len(ALL) + sum(len(names) for _, names in processes) >= 60


def test_a_failure_is_shown_by_test_place_and_type(project: Project) -> None:
    result = Outputs(project, CHANNELS["ids"]["parameters"]).run(PRIVATE)

    lines = result.outlines
    assert lines[:2] == ["private run: texts of tests, prompts and answers are withheld", "collected 2 tests"]
    assert re.fullmatch(r"FAILED test_it.py::test_it\[[0-9a-f]{8}\]", lines[2])
    assert lines[3] == "test_it.py:12: AssertionError (its message is withheld: --harness-private)"
    assert re.fullmatch(r"=+ 1 failed, 1 passed in \d+\.\d\ds \(exit code 1\) =+", lines[4])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("modifyitems", "INTERNAL ERROR: conftest.py:11 in pytest_collection_modifyitems: RuntimeError"),
        ("unconfigure", "ERROR: conftest.py:11 in pytest_unconfigure: RuntimeError"),
        ("configure as a usage error", "ERROR: conftest.py:11 in pytest_configure: UsageError"),
    ],
)
def test_an_error_in_a_hook_is_shown_by_place_and_type(name: str, line: str, project: Project) -> None:
    result = Outputs(project, CHANNELS["errors in hooks"][name]).run(PRIVATE)

    assert f"{line} (its message is withheld: --harness-private)" in result.outlines


def test_the_reason_of_the_harness_for_ending_a_run_is_shown(project: Project) -> None:
    outputs = Outputs(project, CHANNELS["output of tests"]["print"])
    project.write("prompts.lock", "<<<<<<< ours\n")

    lines = outputs.run(PRIVATE).outlines

    assert any(line.startswith("ended early: ") and "prompts.lock:1: " in line for line in lines)
