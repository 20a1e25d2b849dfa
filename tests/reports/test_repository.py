"""Files of findings as seen from the top of a repository."""

from pathlib import Path

import pytest

from harness.findings.finding import Finding
from harness.reports.repository import find_folder, in_repository


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_project_in_a_folder_of_a_repository(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "services" / "desk"
    root.mkdir(parents=True)
    if kind == "folder":
        (tmp_path / ".git").mkdir()
    else:
        # A worktree or a submodule has a file there.
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")

    assert find_folder(root, None) == "services/desk"
    assert find_folder(root, root) == ""
    assert find_folder(root, tmp_path / "services") == "desk"
    assert find_folder(root, tmp_path / "elsewhere") == "services/desk"


def test_a_project_that_is_the_repository_or_in_none(tmp_path: Path) -> None:
    assert find_folder(tmp_path, tmp_path) == ""
    (tmp_path / ".git").mkdir()
    assert find_folder(tmp_path, None) == ""


def test_findings_are_moved_into_the_folder() -> None:
    findings = [Finding(rule="bust", headline="a", file="app.py"), Finding(rule="bust", headline="b")]

    assert [finding.file for finding in in_repository(findings, "services/desk")] == ["services/desk/app.py", None]
    assert in_repository(findings, "") == tuple(findings)
