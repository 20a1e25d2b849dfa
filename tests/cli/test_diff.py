"""`harness diff`: two lock files side by side."""

import json
from collections.abc import Callable

import pytest

from harness.cli import main
from tests.cli.projects import Project

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *options: str) -> tuple[int, str, str]:
    code = main(["diff", *options])
    out, err = capsys.readouterr()
    return code, out, err


def keep(project: Project) -> None:
    """Change nothing."""


def change(project: Project) -> None:
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")


def excuse(project: Project) -> None:
    change(project)
    project.replace("support/suite.yaml", "file: prompt.md", "file: prompt.md, cache_bust: a typo")


def bump(project: Project) -> None:
    change(project)
    project.replace("support/suite.yaml", "v1:", "v2:")


def drop(project: Project) -> None:
    project.replace("support/suite.yaml", "      parcel: {question: Where is my parcel}\n", "")


@pytest.mark.parametrize(
    ("edit", "code", "changes"),
    [
        (keep, 0, []),
        (change, 1, ["changed", "changed"]),
        (excuse, 0, ["accepted", "accepted"]),
        (bump, 0, ["removed", "removed", "new version", "new version"]),
        (drop, 1, ["removed"]),
    ],
)
def test_only_a_change_that_nobody_gave_a_reason_for_fails(
    edit: Callable[[Project], None], code: int, changes: list[str], project: Project, capsys: Captured
) -> None:
    project.add_suite()
    project.accept("old.lock")
    edit(project)
    project.accept("new.lock")

    result, out, err = run(capsys, "old.lock", "new.lock", "--format", "json")

    assert (result, err) == (code, "")
    assert [row["change"] for row in json.loads(out)] == changes


def test_table_says_entry_place_tokens_and_dollars(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept("old.lock")
    project.replace("support/suite.yaml", "v1:", "v2:")
    drop(project)
    project.accept("new.lock")

    assert run(capsys, "old.lock", "new.lock") == (
        1,
        "suite            version    case    change       first difference      prefix tokens"
        "    per 1,000 calls  reason\n"
        "---------------  ---------  ------  -----------  ------------------  ---------------"
        "  -----------------  --------\n"
        "support/support  v1         parcel  removed      -                         2,200 → -"
        "        $0.2513 → -\n"
        "support/support  v1         refund  removed      -                         2,200 → -"
        "        $0.2513 → -\n"
        "support/support  v2         refund  new version  -                         - → 2,200"
        "        - → $0.2513\n",
        "",
    )


def test_markdown_shows_a_reason_as_code(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept("old.lock")
    change(project)
    project.replace("support/suite.yaml", "file: prompt.md", "file: prompt.md, cache_bust: '<b>@all</b>'")
    project.accept("new.lock")

    code, out, _ = run(capsys, "old.lock", "new.lock", "--format", "markdown")

    assert code == 0
    assert out.count("`<b>@all</b>`") == 2


def test_on_github_a_name_gives_no_commands(
    project: Project, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.add_suite()
    project.accept("old.lock")
    change(project)
    project.replace("support/suite.yaml", "file: prompt.md", "file: prompt.md, cache_bust: '##[error]'")
    project.accept("new.lock")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    _, out, _ = run(capsys, "old.lock", "new.lock")

    assert out.count("#\\x23[error]") == 2
    assert "##[" not in out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("none.lock", "old.lock", "none.lock: no such file\n"),
        ("old.lock", "none.lock", "none.lock: no such file\n"),
        (
            "old.lock",
            "bad.lock",
            "bad.lock:1: not a lock file: Expecting value\n"
            "  try: restore the file from version control, or accept today's prompts: pytest --harness-update-lock\n",
        ),
    ],
)
def test_file_that_cannot_be_judged_is_named(
    old: str, new: str, message: str, project: Project, capsys: Captured
) -> None:
    project.add_suite()
    project.accept("old.lock")
    project.write("bad.lock", "")

    assert run(capsys, old, new) == (2, "", message)
