"""`harness lock`: the accepted entries, and their difference from a git revision."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.cli import main
from tests.cli.projects import CALL, Project

Captured = pytest.CaptureFixture[str]

SAME = "no difference between the lock files; harness lock --check compares them with what is built now"


def run(capsys: Captured, *options: str) -> tuple[int, str, str]:
    code = main(["lock", *options])
    out, err = capsys.readouterr()
    return code, out, err


def git(*arguments: str) -> str:
    """Run git in the current folder, whatever the user's configuration says."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    return subprocess.run(["git", *arguments], env=environment, capture_output=True, check=True).stdout.decode().strip()


def commit(message: str = "state") -> str:
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
    return git("rev-parse", "HEAD")


@pytest.fixture
def repository(project: Project) -> Project:
    """A git repository with a suite whose requests are accepted in its first commit."""
    git("init", "--quiet", "--initial-branch=main")
    project.add_suite()
    project.accept()
    commit()
    return project


# --- what is accepted ----------------------------------------------------------------------------------------


def test_table_lists_what_is_accepted(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()

    assert run(capsys) == (
        0,
        "suite            version    case    model                prefix tokens    per 1,000 calls  reason\n"
        "---------------  ---------  ------  -----------------  ---------------  -----------------  --------\n"
        "support/support  v1         parcel  claude-sonnet-5-5            2,200            $0.2513\n"
        "support/support  v1         refund  claude-sonnet-5-5            2,200            $0.2513\n",
        "",
    )


def test_markdown_is_a_table(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()

    code, out, _ = run(capsys, "--format", "markdown")

    lines = out.splitlines()
    assert code == 0
    assert len(lines) == 4
    assert all(line.startswith("|") and line.endswith("|") for line in lines)


def test_json_has_the_entries_with_all_figures(project: Project, capsys: Captured) -> None:
    project.add_suite()
    lock = project.accept()

    code, out, _ = run(capsys, "--format", "json")

    assert code == 0
    found = json.loads(out)
    (call,) = lock.entries["support/support/v1/refund"].calls
    assert list(found) == ["support/support/v1/parcel", "support/support/v1/refund"]
    assert found["support/support/v1/refund"] == {
        "suite": "support/support",
        "version": "v1",
        "case": "refund",
        "calls": [
            {
                "model": "claude-sonnet-5-5",
                "parameters": {},
                "breakpoints": [f"system[0] 5m 2200 {call.breakpoints[0].fingerprint}"],
                "blocks": [f"system[0] - text 2200 {call.blocks[0].digest}"],
                "first_call": {
                    "input_tokens": call.tail_tokens,
                    "cache_creation_input_tokens": 2200,
                    "cache_read_input_tokens": 0,
                },
                "second_call": {
                    "input_tokens": call.tail_tokens,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 2200,
                },
                "usd_per_1000_calls": "0.2513",
            }
        ],
    }


@pytest.mark.parametrize("options", [(), ("--check",), ("--base", "HEAD")])
def test_missing_file_is_named(options: tuple[str, ...], project: Project, capsys: Captured) -> None:
    assert run(capsys, "--file", "other.lock", *options) == (
        2,
        "",
        "other.lock: no such lock file\n  try: accept today's prompts: pytest --harness-update-lock\n",
    )


def test_base_and_check_do_not_go_together(project: Project, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["lock", "--check", "--base", "main"])

    assert caught.value.code == 2
    assert "argument --base: not allowed with argument --check" in capsys.readouterr().err


def test_help_has_exit_codes_and_examples(capsys: Captured) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["lock", "--help"])

    out = capsys.readouterr().out
    assert "exit codes:\n  0  " in out
    assert (
        "examples:\n  harness lock\n  harness lock --base origin/main --format markdown\n  harness lock --check" in out
    )


# --- what changed since a revision ---------------------------------------------------------------------------


def test_nothing_changed_since_the_revision(repository: Project, capsys: Captured) -> None:
    assert run(capsys, "--base", "main") == (0, f"{SAME}\n", "")


@pytest.mark.parametrize(("style", "nothing"), [("markdown", f"{SAME}\n"), ("json", "[]\n")])
def test_nothing_changed_in_other_formats(style: str, nothing: str, repository: Project, capsys: Captured) -> None:
    assert run(capsys, "--base", "HEAD", "--format", style) == (0, nothing, "")


def test_change_under_the_same_version_fails(repository: Project, capsys: Captured) -> None:
    repository.replace("support/prompt.md", "Rule 150: be polite", "Rule 150: be polite, always")
    repository.accept()

    assert run(capsys, "--base", "HEAD") == (
        1,
        "suite            version    case    change    first difference      prefix tokens"
        "    per 1,000 calls  reason\n"
        "---------------  ---------  ------  --------  ------------------  ---------------"
        "  -----------------  --------\n"
        "support/support  v1         parcel  changed   system[0]             2,200 → 2,202"
        "  $0.2513 → $0.2515\n"
        "support/support  v1         refund  changed   system[0]             2,200 → 2,202"
        "  $0.2513 → $0.2515\n",
        "",
    )


def test_change_with_a_reason_and_new_version_pass(repository: Project, capsys: Captured) -> None:
    repository.replace("support/prompt.md", "Rule 150", "Rule 15O")
    repository.replace(
        "support/suite.yaml",
        "v1: {file: prompt.md}",
        "v1: {file: prompt.md, cache_bust: typo}\n      v2: {file: v2.md}",
    )
    repository.write("support/v2.md", "Be brief.\n" * 500)
    repository.accept()

    code, out, _ = run(capsys, "--base", "HEAD", "--format", "json")

    changes = [(row["version"], row["case"], row["change"], row["reason"]) for row in json.loads(out)]
    assert code == 0
    assert changes == [
        ("v1", "parcel", "accepted", "typo"),
        ("v1", "refund", "accepted", "typo"),
        ("v2", "parcel", "new version", None),
        ("v2", "refund", "new version", None),
    ]


def test_revision_without_a_lock_file_had_accepted_nothing(project: Project, capsys: Captured) -> None:
    git("init", "--quiet", "--initial-branch=main")
    project.add_suite()
    first = commit()
    project.accept()

    code, out, _ = run(capsys, "--base", first, "--format", "json")

    assert code == 0
    assert [row["change"] for row in json.loads(out)] == ["new", "new"]


def test_lock_file_in_a_folder_is_found_in_the_revision(project: Project, capsys: Captured) -> None:
    git("init", "--quiet", "--initial-branch=main")
    project.add_suite()
    project.accept("locks/eu/prompts.lock")
    commit()
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")
    project.accept("locks/eu/prompts.lock")

    assert run(capsys, "--file", "locks/eu/prompts.lock", "--base", "HEAD")[0] == 1


def test_link_to_a_lock_file_is_followed(project: Project, capsys: Captured) -> None:
    git("init", "--quiet", "--initial-branch=main")
    project.add_suite()
    project.accept("locks/eu.lock")
    (project.path / "prompts.lock").symlink_to("locks/eu.lock")
    commit()

    assert run(capsys, "--base", "HEAD") == (0, f"{SAME}\n", "")


@pytest.mark.parametrize("revision", ["no-such-branch", "", "--output=x", "HEAD:prompts.lock", "HEAD~1", "-"])
def test_revision_that_git_does_not_know_is_named(revision: str, repository: Project, capsys: Captured) -> None:
    code, out, err = run(capsys, f"--base={revision}")

    assert (code, out) == (2, "")
    assert err == (f"--base is {revision!r}, but git knows no such revision here\n  try: check the name, or fetch it\n")
    assert not (repository.path / "x").exists()


def test_folder_outside_of_any_repository_is_named(
    project: Project, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The temporary folder of the tests may be inside a git repository.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.path.parent))
    project.add_suite()
    project.accept()

    assert run(capsys, "--base", "main") == (
        2,
        "",
        f"--base is 'main', but {project.path} is not in a git repository\n",
    )


def test_missing_git_is_named(repository: Project, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository.path))

    assert run(capsys, "--base", "main") == (2, "", "git cannot be run: No such file or directory\n")


def test_file_of_the_revision_that_is_no_lock_file_is_named(repository: Project, capsys: Captured) -> None:
    repository.write("prompts.lock", "[]")
    commit()
    repository.accept()

    assert run(capsys, "--base", "HEAD") == (
        2,
        "",
        "HEAD:prompts.lock: the format is None, expected 1 or 2\n"
        "  try: restore the file from version control, or accept today's prompts: pytest --harness-update-lock\n",
    )


def test_text_that_the_repository_has_lost_is_no_empty_lock(repository: Project, capsys: Captured) -> None:
    digest = git("rev-parse", "HEAD:prompts.lock")
    (Path(".git") / "objects" / digest[:2] / digest[2:]).unlink()

    assert run(capsys, "--base", "HEAD") == (
        2,
        "",
        "HEAD:prompts.lock: git cannot show it\n  try: fetch it: a partial clone may lack it\n",
    )


def test_application_is_not_imported_to_list_or_compare(repository: Project, capsys: Captured) -> None:
    repository.write("support/app.py", "raise SystemExit('imported')" + CALL)

    assert run(capsys)[0] == 0
    assert run(capsys, "--base", "HEAD")[0] == 0
