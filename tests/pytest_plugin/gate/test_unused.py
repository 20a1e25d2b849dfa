"""New and unused entries of the lock file."""

from typing import Any

import pytest

from tests.pytest_plugin.conftest import OTHERS_PLUGINS
from tests.pytest_plugin.gate.runs import REPORTS, facts, findings, section
from tests.pytest_plugin.scratch import CASES, EMULATE, PLAIN, SUITE, TEST, UPDATE, Desk

pytest_plugins = ("pytester",)


def test_new_case_is_told_and_passes(accepted: Desk) -> None:
    accepted.write_suite(text=f"{SUITE}      late: {{{{question: Why so late}}}}\n")

    result = accepted.run(EMULATE)

    result.assert_outcomes(passed=4)
    assert section(result).strip() == NEW.strip()


NEW = """
note: desk v1 late: not accepted yet
  support/suite.yaml:10
  cost: 3,009 tokens are written once: $0.0075 for each prefix
next: pytest --harness-update-lock
"""


def without_parcel(desk: Desk) -> None:
    desk.write_suite(text=SUITE.replace("      parcel: {{question: Where is my parcel}}\n", ""))


def without_test(desk: Desk) -> None:
    (desk.path / "support/test_app.py").unlink()


def with_another_test(desk: Desk) -> None:
    desk.write_test(text="def test_nothing():\n    pass\n")


def without_suite(desk: Desk) -> None:
    (desk.path / "support/suite.yaml").unlink()


@pytest.mark.parametrize(
    ("remove", "keys"),
    [
        pytest.param(without_parcel, CASES[:1], id="case"),
        pytest.param(without_suite, CASES, id="suite file"),
        pytest.param(without_test, (PLAIN,), id="test file"),
        pytest.param(with_another_test, (PLAIN,), id="test"),
    ],
)
def test_entry_that_no_test_sends_any_more_fails_the_run(remove: Any, keys: tuple[str, ...], accepted: Desk) -> None:
    remove(accepted)

    result = accepted.run(*REPORTS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "failed" not in result.parseoutcomes()
    assert [one["headline"] for one in findings(accepted)] == [
        f"{key}: accepted, but no test sends it any more" for key in keys
    ]

    assert accepted.run("--harness-allow-unused", *REPORTS).ret == 0
    assert facts(findings(accepted)) == {("unused", "note", None, None)}

    assert accepted.run(EMULATE, UPDATE).ret == 0
    assert set(accepted.entries) == {*CASES, PLAIN} - set(keys)


def test_entry_that_no_process_sends_any_more_fails_the_run(accepted: Desk) -> None:
    with_another_test(accepted)
    without_parcel(accepted)

    result = accepted.run("-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "failed" not in result.parseoutcomes()
    assert sum(line.endswith("accepted, but no test sends it any more") for line in result.outlines) == 2

    assert accepted.run("-n", "2", EMULATE, UPDATE).ret == 0
    assert set(accepted.entries) == {CASES[1]}


def test_unused_entry_is_told_with_what_to_do(accepted: Desk) -> None:
    without_parcel(accepted)

    assert section(accepted.run()).strip() == UNUSED.strip()


UNUSED = """
error: support/desk/v1/parcel: accepted, but no test sends it any more
  prompts.lock:1
next: pytest --harness-update-lock
"""


@pytest.fixture
def wide(desk: Desk) -> Desk:
    """The scratch project with tests in one more folder, all accepted."""
    desk.project.write(
        "conftest.py", "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path('support').resolve()))\n"
    )
    desk.project.write("other/test_more.py", TEST.format(marker=""))
    desk.accept()
    assert set(desk.entries) == {*CASES, PLAIN, "other/test_more/test_ask"}
    return desk


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("support/suite.yaml::desk[v1-refund]",), id="one case"),
        pytest.param(("support/test_app.py::test_ask",), id="one test"),
        pytest.param(("support/suite.yaml",), id="one file"),
        pytest.param(("other",), id="one folder"),
        pytest.param(("-k", "refund"), id="by word"),
        pytest.param(("-m", "not slow"), id="by marker"),
        pytest.param(("--deselect", "support/test_app.py"), id="deselected"),
        pytest.param(("--ignore", "other"), id="ignored"),
        pytest.param(("--ignore-glob", "*/suite.yaml"), id="ignored by pattern"),
        pytest.param(("--collect-only",), id="collected only"),
    ],
)
def test_tests_that_were_not_to_run_are_not_unused(arguments: tuple[str, ...], wide: Desk) -> None:
    result = wide.run(*arguments)

    assert result.ret == 0
    assert "accepted, but no test sends it any more" not in result.stdout.str()


def test_run_from_a_folder_leaves_the_rest_alone(wide: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wide.lock_file.read_bytes()
    monkeypatch.syspath_prepend(wide.path / "support")
    monkeypatch.chdir(wide.path / "other")

    result = wide.run()
    assert result.ret == 0
    assert "accepted, but no test sends it any more" not in result.stdout.str()

    wide.run(EMULATE, UPDATE).assert_outcomes(passed=1)
    assert wide.lock_file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import pytest\n\npytest.skip('not here', allow_module_level=True)\n", id="skipped"),
        pytest.param("import not_installed\n", id="broken"),
    ],
)
def test_file_that_could_not_be_collected_keeps_its_entries(text: str, wide: Desk) -> None:
    before = wide.lock_file.read_bytes()
    wide.project.write("other/test_more.py", text)

    result = wide.run("--continue-on-collection-errors")
    assert "accepted, but no test sends it any more" not in result.stdout.str()

    wide.run(EMULATE, UPDATE, "--continue-on-collection-errors")
    assert wide.lock_file.read_bytes() == before


def test_suite_that_cannot_be_loaded_keeps_its_entries(wide: Desk) -> None:
    before = wide.lock_file.read_bytes()
    wide.write_suite(text=SUITE.replace("client: http", "client: ftp"))

    result = wide.run()
    assert "accepted, but no test sends it any more" not in result.stdout.str()

    wide.run(EMULATE, UPDATE)
    assert wide.lock_file.read_bytes() == before


def test_only_the_tests_that_failed_last_are_run_and_the_others_are_not_unused(wide: Desk) -> None:
    wide.write_test(text=TEST + "\ndef test_broken():\n    assert False\n")
    arguments = (*OTHERS_PLUGINS, "-p", "cacheprovider")
    wide.project.pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=4, failed=1)

    result = wide.project.pytester.runpytest_inprocess(*arguments, "--lf")

    result.assert_outcomes(failed=1)
    assert "accepted, but no test sends it any more" not in result.stdout.str()
