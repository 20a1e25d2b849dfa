"""``--harness-list-cassettes``: which names it writes, and when it refuses to."""

import pytest

from harness.cassettes.hygiene import find_unnamed, read_used
from tests.pytest_plugin.conftest import APP, Project
from tests.pytest_plugin.test_bad_input import DUPLICATE

pytest_plugins = ("pytester",)

TESTS = f"""
{APP}
def test_ask(claude):
    assert 0, "not to be run"

def test_late(request):
    request.getfixturevalue("anthropic_client")

def test_without_us():
    pass
"""

NAMES = ["support/support/v1/parcel", "support/support/v1/refund", "test_app/test_ask", "test_app/test_late"]


@pytest.mark.parametrize("arguments", [(), ("-k", "refund")], ids=["all", "with-some-deselected"])
def test_names_of_all_collected_tests_are_written_and_none_is_run(arguments: tuple[str, ...], project: Project) -> None:
    project.add_suite("support")
    project.write("test_app.py", TESTS)

    result = project.run("--harness-list-cassettes=used.txt", *arguments)

    assert result.ret == pytest.ExitCode.OK
    assert (project.path / "used.txt").read_text().splitlines() == NAMES
    result.stdout.fnmatch_lines([f"written: {project.path}/used.txt, 4 names; no test was run"])


def test_a_list_of_what_was_recorded_leaves_nothing_to_prune(project: Project) -> None:
    project.add_suite("support")
    project.record()
    project.run("--harness-list-cassettes=used.txt")

    unnamed = find_unnamed(project.path / "cassettes", read_used(project.path / "used.txt"))

    assert (unnamed.cassettes, unnamed.blobs) == ((), ())


@pytest.mark.parametrize("continuing", [(), ("--continue-on-collection-errors",)])
@pytest.mark.parametrize("is_suite", [True, False], ids=["suite", "module"])
def test_list_that_would_not_be_whole_is_not_written(
    is_suite: bool, continuing: tuple[str, ...], project: Project
) -> None:
    if is_suite:
        project.add_suite("support", suite=DUPLICATE)
    else:
        project.write("test_app.py", "import nothing_of_the_kind\n")

    result = project.run("--harness-list-cassettes=used.txt", *continuing)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert not (project.path / "used.txt").exists()
    result.stderr.fnmatch_lines(
        [
            f"ERROR: --harness-list-cassettes: not everything could be collected*, "
            f"so {project.path}/used.txt is not written",
            "  try: run pytest --collect-only, and fix what it shows",
        ]
    )


def test_listing_in_several_processes_is_refused(project: Project) -> None:
    result = project.run("--harness-list-cassettes=used.txt", "-n2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --harness-list-cassettes cannot run in several processes: none of them sees the whole list"]
    )
