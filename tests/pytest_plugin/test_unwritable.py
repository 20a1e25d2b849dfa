"""What cannot be written is named in one line; the rest is written, and the run does not pass."""

import errno
import os
from pathlib import Path

import pytest

from harness.client import token_memo
from harness.lock.lockfile import read_lock
from harness.reports.formats import FORMATS
from tests.pytest_plugin.conftest import RECORD, Project

pytest_plugins = ("pytester",)

UPDATE = (*RECORD, "--harness-update-lock", "-o", "harness_reports=reports")
FULL = "No space left on device"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of folders and files for which the disk is full."""
    names: list[str] = []
    replace = os.replace

    def refuse_some(source: Path, target: Path) -> None:
        if {*names} & {*target.parts}:
            raise OSError(errno.ENOSPC, FULL, str(source))
        replace(source, target)

    monkeypatch.setattr(Path, "replace", refuse_some)
    return names


def lines_with(result: pytest.RunResult, text: str) -> list[str]:
    return [line for line in result.outlines if text in line]


def test_a_full_disk_for_the_reports_does_not_lose_the_lock(project: Project, disk: list[str]) -> None:
    project.add_suite("support")
    disk.append("reports")

    result = project.run(*UPDATE)

    result.assert_outcomes(passed=2)
    assert result.ret == 2
    names = ("report.md", "report.json", "report.sarif", "report.html", "badge.json")
    folder = project.path / "reports"
    assert lines_with(result, "error: ") == [f"error: {folder / name} cannot be written: {FULL}" for name in names]
    assert lines_with(result, "written: reports") == []
    lock = read_lock(project.path / "prompts.lock")
    assert lock is not None
    assert len(lock.entries) == 2


def test_one_report_that_cannot_be_written_leaves_the_others(project: Project, disk: list[str]) -> None:
    project.add_suite("support")
    disk.append("report.json")

    result = project.run(*UPDATE)

    assert result.ret == 2
    assert (
        "written: reports/report.md, reports/report.sarif, reports/report.html, reports/badge.json" in result.outlines
    )


def test_a_full_disk_for_the_lock_is_named_and_the_old_one_stays(project: Project, disk: list[str]) -> None:
    project.add_suite("support")
    project.run(*UPDATE)
    old = (project.path / "prompts.lock").read_bytes()
    project.add_suite("account")
    disk.append("prompts.lock")

    result = project.run(*UPDATE)

    assert result.ret == 2
    assert lines_with(result, "error: ") == [f"error: {project.path}/prompts.lock cannot be written: {FULL}"]
    assert (project.path / "prompts.lock").read_bytes() == old
    assert [path.name for path in project.path.iterdir() if path.suffix == ".tmp"] == []


def test_a_full_disk_for_a_cassette_fails_its_test_in_one_line(project: Project, disk: list[str]) -> None:
    project.add_suite("account")
    project.add_suite("support")
    disk.append("account")

    result = project.run(*RECORD)

    result.assert_outcomes(passed=2, failed=2)
    path = project.path / "cassettes/account/account/v1/refund.json"
    assert f"{path} cannot be written: {FULL}" in result.outlines


@pytest.mark.parametrize(("name", "reason"), [("file", "is no folder"), ("/proc/nowhere", "No such file or directory")])
def test_a_report_folder_that_cannot_be_made_is_named(name: str, reason: str, project: Project) -> None:
    project.add_suite("support")
    project.write("file", "")

    result = project.run("--harness-mode=emulate", "-o", f"harness_reports={name}")

    result.assert_outcomes(passed=2)
    assert result.ret == 2
    assert len(lines_with(result, f"report.md cannot be written: {'' if name[0] == '/' else project.path}")) == 1
    assert len(lines_with(result, reason)) == len(FORMATS)


@pytest.mark.parametrize(
    ("name", "reason"), [("/dev/full", FULL), ("folder", "Is a directory"), ("fifo", "No such device or address")]
)
def test_a_step_summary_that_cannot_be_written_is_named(
    name: str, reason: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.path / "folder").mkdir()
    os.mkfifo(project.path / "fifo")
    path = project.path / name
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    project.add_suite("support")

    result = project.run("--harness-mode=emulate", "-o", "harness_reports=reports")

    assert result.ret == 2
    assert lines_with(result, "error: ") == [f"error: {path} cannot be written: {reason}"]
    assert (project.path / "reports/report.md").exists()


def test_the_step_summary_of_several_processes_is_written_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    project.add_suite("support")

    assert project.run("--harness-mode=emulate", "-n", "2").ret == 0

    assert path.read_text().count("## ") == 1


def test_token_counts_that_cannot_be_remembered_are_a_warning(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("file", "") / "tokens.txt"
    monkeypatch.setattr(token_memo, "default_path", lambda: path)
    project.add_suite("support")

    result = project.run("--harness-mode=emulate")

    assert result.ret == 0
    assert lines_with(result, "warning: ") == [
        f"warning: {path} cannot be written: {path.parent} is no folder; token counts are not remembered"
    ]


def test_a_list_of_cassettes_that_cannot_be_written_is_named(project: Project) -> None:
    project.add_suite("support")

    result = project.run("--harness-list-cassettes=support")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if "cannot be written" in line]
    assert line == f"ERROR: --harness-list-cassettes: {project.path}/support cannot be written: Is a directory"
