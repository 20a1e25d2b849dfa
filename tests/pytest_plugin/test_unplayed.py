"""Recorded requests that a test does not send: listed in the summary, and with an option a failure."""

import pytest

from tests.pytest_plugin.conftest import APP, Project, shown

pytest_plugins = ("pytester",)

ASK = "    ask(anthropic_client, 'Be kind.', '{}')\n"
TEST = APP + "\ndef test_ask(anthropic_client):\n" + "".join(ASK.format(question) for question in "abc")

RECORD_TEST = 'pytest "test_app.py::test_ask" --harness-mode=record --harness-upstream=emulator'
TOLD = "'test_app/test_ask' holds 2 requests not sent, the first: POST /v1/messages (claude-sonnet-5-5)"


@pytest.fixture
def recorded(project: Project) -> Project:
    """A test whose cassette holds two requests that the test no longer sends."""
    project.write("test_app.py", TEST)
    project.record()
    project.write("test_app.py", TEST.replace(ASK.format("a"), "").replace(ASK.format("c"), ""))
    return project


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["plain", "xdist"])
def test_unplayed_requests_of_a_test_that_passes_are_told_of(arguments: tuple[str, ...], recorded: Project) -> None:
    result = recorded.run(*arguments)

    result.assert_outcomes(passed=1)
    assert shown(result, "cassettes", "=") == f"recorded but not sent:\n  {TOLD}; {RECORD_TEST}"


def test_test_that_leaves_requests_unplayed_fails_if_it_is_to(recorded: Project) -> None:
    result = recorded.run("--harness-fail-unplayed")

    result.assert_outcomes(passed=1, errors=1)
    assert shown(result, "ERROR at teardown of test_ask", "=") == f"cassette {TOLD}\n  try: {RECORD_TEST}"


def test_test_that_sends_all_passes(project: Project) -> None:
    project.write("test_app.py", TEST)
    project.record()

    result = project.run("--harness-fail-unplayed")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*not sent*")


@pytest.mark.parametrize("mode", ["emulate", "record"])
def test_only_replay_can_leave_anything_unplayed(mode: str, recorded: Project) -> None:
    result = recorded.run("--harness-fail-unplayed", f"--harness-mode={mode}", "--harness-upstream=emulator")

    result.assert_outcomes(passed=1)


def test_test_that_fails_is_not_told_of_what_it_did_not_come_to(recorded: Project) -> None:
    test = recorded.path / "test_app.py"
    test.write_text(test.read_text() + "    assert 0\n")

    result = recorded.run("--harness-fail-unplayed")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*not sent*")


def test_miss_is_told_rather_than_what_it_left(recorded: Project) -> None:
    recorded.write("test_app.py", TEST.replace(ASK.format("c"), ASK.format("d")))

    result = recorded.run("--harness-fail-unplayed")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*not sent*")


def test_case_of_a_suite_fails_too(project: Project) -> None:
    app = APP.replace("def ask(", "CALLS = 2\n\ndef ask(").replace("    return", "    " + "return", 1)
    twice = app.replace("    message = client", "    for _ in range(CALLS):\n        message = client")
    project.add_suite("support", app=twice)
    project.record()
    project.write("support/support_app.py", twice.replace("CALLS = 2", "CALLS = 1"))

    result = project.run("-k", "parcel", "--harness-fail-unplayed")

    result.assert_outcomes(failed=1, deselected=1)
    assert shown(result, "support[v1-parcel]", "=").startswith(
        "cassette 'support/support/v1/parcel' holds 2 requests not sent, the first: POST /v1/messages (claude-"
    )
