"""A lock file that is missing, damaged, moved or cut short lets no bust pass."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from harness.findings.verdict import CANNOT_TELL
from harness.lock.lockfile import read_lock, write_lock
from tests.pytest_plugin.conftest import RECORD
from tests.pytest_plugin.gate.runs import BUSTED, REPORTS, findings, section
from tests.pytest_plugin.scratch import EMULATE, PLAIN, UPDATE, Desk

pytest_plugins = ("pytester",)


@pytest.fixture
def committed(accepted: Desk) -> Desk:
    """The scratch project with its lock file in git."""
    accepted.git("init", "-q")
    accepted.git("add", "-A")
    accepted.git("commit", "-q", "-m", "Accept the prompts")
    return accepted


REQUIRED = {"option": ("--harness-require-lock",), "ini": ("-o", "harness_lock=prompts.lock")}


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


ABSENT: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "misnamed": lambda path: path.with_name("prompt.lock").write_text(""),
    "dangling": link_to_nothing,
    "loop": link_to_itself,
    "empty": lambda path: path.write_text(""),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("arguments", REQUIRED.values(), ids=REQUIRED)
@pytest.mark.parametrize("make", ABSENT.values(), ids=ABSENT)
def test_a_lock_file_that_is_required_has_to_be_there(
    make: Callable[[Path], object], arguments: tuple[str, ...], accepted: Desk
) -> None:
    accepted.lock_file.unlink()
    make(accepted.lock_file)

    result = accepted.run(EMULATE, *arguments)

    assert result.errlines[0].startswith(f"Exit: {accepted.lock_file}")
    assert "  try: " in result.errlines[1]


@pytest.mark.parametrize("make", ABSENT.values(), ids=ABSENT)
def test_a_lock_file_that_was_committed_has_to_be_there(make: Callable[[Path], object], committed: Desk) -> None:
    committed.lock_file.unlink()
    make(committed.lock_file)
    committed.write_app(BUSTED)

    result = committed.run(EMULATE)

    if result.ret == CANNOT_TELL:
        assert "error: prompts.lock: no such lock file, but git's HEAD has one" in section(result)
    else:
        assert result.errlines[0].startswith(f"Exit: {committed.lock_file}")


def test_another_root_does_not_lose_the_lock_file(committed: Desk) -> None:
    (committed.path / "support/pytest.ini").write_text("[pytest]\n")

    result = committed.run(EMULATE, "--rootdir=support", "support")

    assert result.ret == CANNOT_TELL
    assert "no such lock file, but it is at " in section(result)


def test_without_any_lock_file_a_run_passes(accepted: Desk) -> None:
    accepted.lock_file.unlink()

    result = accepted.run(EMULATE)

    assert result.ret == 0
    assert "no lock file yet: accept today's prompts with pytest --harness-update-lock" in result.outlines


@pytest.mark.parametrize("key", [PLAIN, "support/desk/v1/parcel"])
@pytest.mark.parametrize("is_busted", [True, False])
def test_an_entry_that_is_gone_since_the_last_commit_fails(is_busted: bool, key: str, committed: Desk) -> None:
    lock = read_lock(committed.lock_file)
    assert lock is not None
    write_lock(committed.lock_file, lock.updated({}, removed=frozenset({key})))
    if is_busted:
        committed.write_app(BUSTED)

    result = committed.run(EMULATE, *REPORTS)

    assert result.ret == (pytest.ExitCode.TESTS_FAILED if is_busted else CANNOT_TELL)
    headlines = " ".join(one["headline"] for one in findings(committed))
    assert "accepted in git's HEAD, but its entry is gone from prompts.lock" in headlines


def test_a_damaged_lock_file_is_replaced_by_a_run_without_failures_only(accepted: Desk) -> None:
    damaged = "<<<<<<< ours\n" + accepted.lock_file.read_text()
    accepted.lock_file.write_text(damaged)
    accepted.project.write("support/test_red.py", "def test_red():\n    assert 0\n")

    result = accepted.run(*RECORD, UPDATE)

    assert result.ret != 0
    assert accepted.lock_file.read_text() == damaged
    (accepted.path / "support/test_red.py").unlink()
    accepted.accept()


@pytest.mark.parametrize("arguments", [("support",), (), ("-k", "test_ask"), ("support", "-n2")], ids=" ".join)
@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_a_file_that_is_renamed_with_a_bust_fails(mode: str, arguments: tuple[str, ...], accepted: Desk) -> None:
    (accepted.path / "support/test_app.py").rename(accepted.path / "support/test_other.py")
    accepted.write_app(BUSTED)

    result = accepted.run(f"--harness-mode={mode}", *arguments)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "support/test_app/test_ask: accepted, but no test sends it any more" in section(result)


@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_a_file_that_is_only_renamed_is_named_so_with_the_command_that_moves_its_entry(
    mode: str, accepted: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (accepted.path / "support/test_app.py").rename(accepted.path / "support/test_other.py")

    result = accepted.run(f"--harness-mode={mode}", "support", *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (unused,) = [one for one in findings(accepted) if one["rule"] == "unused"]
    assert unused["headline"] == f"{PLAIN}: renamed to support/test_other/test_ask"
    assert unused["command"] == f'harness lock --rename "{PLAIN}" "support/test_other/test_ask"'

    monkeypatch.chdir(accepted.path)
    assert main(["lock", "--rename", PLAIN, "support/test_other/test_ask"]) == 0
    assert f"renamed: {PLAIN} to support/test_other/test_ask" in capsys.readouterr().out
    accepted.run(f"--harness-mode={mode}", "support").assert_outcomes(passed=3)
    assert not (accepted.path / f"cassettes/{PLAIN}.json").exists()


def test_a_rename_that_cannot_be_is_refused(
    accepted: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(accepted.path)
    before = accepted.lock_file.read_bytes()

    for old, new in (("no/such/test", "a/b"), (PLAIN, PLAIN), (PLAIN, "x"), ("support/desk/v1/parcel", "a/b")):
        assert main(["lock", "--rename", old, new]) == CANNOT_TELL
        assert len(capsys.readouterr().err.splitlines()) <= 2
    assert accepted.lock_file.read_bytes() == before


def test_a_suite_that_is_no_file_any_more_fails(accepted: Desk) -> None:
    suite = accepted.path / "support/suite.yaml"
    suite.unlink()
    suite.mkdir()

    result = accepted.run(EMULATE)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "support/desk/v1/parcel: accepted, but no test sends it any more" in section(result)
