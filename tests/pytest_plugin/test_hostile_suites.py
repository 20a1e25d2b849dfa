"""Hostile suites, cassettes and lock files in a run: each fails by itself, in one line, and the others run."""

import pytest

from tests.hostile import FILES, NO_FILES
from tests.pytest_plugin.conftest import Project

pytest_plugins = ("pytester",)

SUITES = [name for name in FILES if name not in NO_FILES]
"""pytest itself passes over what is no file."""


def test_each_hostile_suite_is_one_failing_item(project: Project) -> None:
    project.add_suite("support")
    for name in SUITES:
        (project.path / name).mkdir()
        FILES[name](project.path / name / "suite.yaml")

    result = project.run("--harness-mode=emulate")

    result.assert_outcomes(passed=2, failed=len(SUITES))
    assert result.ret == 2
    assert "Traceback" not in result.stdout.str()


KINDS = ["fifo", "folder", "link-to-a-device", "sparse", "zeros", "deep-lists", "nan"]


@pytest.mark.parametrize("name", [*KINDS, "loop"])
def test_a_hostile_cassette_fails_its_case_only(name: str, project: Project) -> None:
    project.add_suite("support")
    project.record()
    cassette = project.path / "cassettes/support/support/v1/refund.json"
    cassette.unlink()
    FILES[name](cassette)

    result = project.run()

    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 2
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize("name", KINDS)
def test_a_hostile_lock_file_ends_the_run_in_one_line(name: str, project: Project) -> None:
    lock = project.path / "prompts.lock"
    FILES[name](lock)
    project.write("test_app.py", "def test_one():\n    pass\n")

    result = project.run()

    # pytester itself has no answer to a run that ends before it began, which follows on these lines.
    assert result.errlines[0].startswith(f"Exit: {lock}: ") or result.errlines[0].startswith(f"Exit: {lock}:1: ")
    assert result.errlines[1].startswith("  try: ")


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_prompt_outside_the_project_is_read_only_if_that_is_allowed(is_allowed: bool, project: Project) -> None:
    outside = project.path.parent / "outside.md"
    outside.write_text("The secret.\n" * 300)
    project.add_suite("support")
    suite = (project.path / "support/suite.yaml").read_text()
    project.write("support/suite.yaml", suite.replace("prompt.md", "../../outside.md"))
    allowed = ("-o", "harness_allow_outside=true") * is_allowed

    result = project.run("--harness-mode=record", "--harness-upstream=emulator", *allowed)

    assert result.ret == (0 if is_allowed else 2)
    stored = [data for name, data in project.files(".").items() if name.startswith("cassettes/")]
    assert any(b"The secret." in data for data in stored) is is_allowed
    outside.unlink()
