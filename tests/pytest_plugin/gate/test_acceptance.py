"""What is accepted, and what never is; what can't be told."""

import pytest

from tests.pytest_plugin.conftest import RECORD, Project
from tests.pytest_plugin.gate.runs import BUSTED, CANNOT_TELL_REPORT, REPORTS, facts, findings
from tests.pytest_plugin.scratch import APP, CASES, EMULATE, PLAIN, TEST, UPDATE, Desk

pytest_plugins = ("pytester",)


# --- what is never accepted ------------------------------------------------------------------------------


def test_test_that_fails_is_not_accepted_and_keeps_its_entry(accepted: Desk) -> None:
    before = accepted.entries
    accepted.write_app(BUSTED)
    accepted.write_test(text=f"{TEST}    assert False\n")

    result = accepted.run(EMULATE, UPDATE)

    result.assert_outcomes(passed=2, failed=1)
    assert accepted.entries[PLAIN] == before[PLAIN]
    assert all(accepted.entries[key] != before[key] for key in CASES)


def test_case_that_fails_is_not_accepted(desk: Desk) -> None:
    desk.write_app(code=APP.replace('    return ""', "    assert 'refund' not in question\n    return \"\""))

    desk.run(EMULATE, UPDATE).assert_outcomes(passed=2, failed=1)

    assert set(desk.entries) == {CASES[0], PLAIN}


def test_run_in_which_nothing_passed_writes_nothing(desk: Desk) -> None:
    result = desk.run(UPDATE)

    result.assert_outcomes(failed=3)
    assert "prompts.lock is not written: no test that passed sent a request" in result.outlines
    assert not desk.lock_file.exists()


def test_one_test_can_be_accepted_and_the_others_stay(accepted: Desk) -> None:
    before = accepted.entries
    accepted.write_app(BUSTED)

    assert accepted.run(EMULATE, UPDATE, "support/suite.yaml::desk[v1-refund]").ret == 0

    assert {key for key, entry in accepted.entries.items() if entry != before[key]} == {CASES[1]}


# --- what cannot be told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_lock_file_that_cannot_be_read_ends_the_run(arguments: tuple[str, ...], project: Project) -> None:
    path = project.write("prompts.lock", "<<<<<<< HEAD\n")
    project.write("test_app.py", "def test_nothing():\n    pass\n")

    result = project.pytester.runpytest_subprocess(*arguments)

    assert result.ret == CANNOT_TELL_REPORT
    assert result.stderr.str() == (
        f"Exit: {path}:1: an unresolved merge conflict\n"
        "  try: keep the lines of one side, or restore the file; then accept what changed: pytest --harness-update-lock"
    )


def test_lock_file_that_cannot_be_read_is_rewritten(accepted: Desk) -> None:
    before = accepted.lock_file.read_bytes()
    accepted.lock_file.write_text("<<<<<<< HEAD\n", encoding="utf-8")

    accepted.accept()

    assert accepted.lock_file.read_bytes() == before


TWICE = TEST + '    anthropic_client.messages.create(**build("And now?"))\n'


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "together"])
def test_run_that_cannot_tell_says_so_by_its_exit_code(processes: tuple[str, ...], accepted: Desk) -> None:
    accepted.write_test(text=TWICE)

    result = accepted.run(EMULATE, *processes, *REPORTS)

    assert result.ret == CANNOT_TELL_REPORT
    assert facts(findings(accepted)) == {("cannot-tell", "error", None, None)}
    assert "error: test_app test_ask: 1 request accepted, 2 requests made" in result.outlines


def test_run_that_fails_for_something_else_too_has_failed(accepted: Desk) -> None:
    accepted.write_test(text=f"{TWICE}\ndef test_broken():\n    assert False\n")

    assert accepted.run(EMULATE).ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("client.models.list()", id="no body"),
        pytest.param("client.get('/v1/messages', cast_to=object)", id="no body for messages"),
        pytest.param("client.post('/v1/messages', cast_to=object, body=[1, 2])", id="a list"),
        pytest.param(
            "client.post('/v1/messages', cast_to=object, body={'model': 'claude-opus-5', 'messages': 7})",
            id="no request",
        ),
        pytest.param(
            "client.messages.count_tokens(model='claude-sonnet-5-5', messages=[{'role': 'user', 'content': 'Hi'}])",
            id="another endpoint",
        ),
    ],
)
def test_miss_of_what_is_no_call_of_messages_is_told_as_a_miss(call: str, accepted: Desk) -> None:
    accepted.project.write(
        "support/test_app.py", f"def test_ask(anthropic_client):\n    client = anthropic_client\n    {call}\n"
    )

    result = accepted.run("support/test_app.py", *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("INTERNALERROR*")
    assert [one["rule"] for one in findings(accepted)] == ["cassette-miss"]


def test_texts_that_were_deleted_make_no_bust_pass(accepted: Desk) -> None:
    for path in (accepted.path / "cassettes/blobs").iterdir():
        path.unlink()
    accepted.write_app(BUSTED)

    result = accepted.run(EMULATE, *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert facts(findings(accepted)) == {("bust", "error", None, "system[0]")}


# --- several processes -----------------------------------------------------------------------------------


def test_several_processes_find_and_accept_the_same(desk: Desk) -> None:
    desk.run(EMULATE, UPDATE)
    alone = desk.lock_file.read_bytes()
    desk.lock_file.unlink()

    together = desk.run(EMULATE, UPDATE, "-n", "2")

    together.assert_outcomes(passed=3)
    assert desk.lock_file.read_bytes() == alone
    assert "written: prompts.lock, 3 entries" in together.outlines
    desk.write_app(BUSTED)
    desk.run(EMULATE, *REPORTS)
    expected = findings(desk)
    desk.run(EMULATE, *REPORTS, "-n", "2").assert_outcomes(failed=2, passed=1, errors=1)
    (one,), (other,) = expected, findings(desk)
    assert (one["rule"], one["cause"], one["place"]) == (other["rule"], other["cause"], other["place"])


def test_gate_holds_in_a_process_of_its_own(accepted: Desk) -> None:
    accepted.write_app(BUSTED)

    result = accepted.project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2", EMULATE)

    result.assert_outcomes(failed=2, passed=1, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["error: * the cached prefix changed, and the version of the prompt did not"])


# --- tests with parts ------------------------------------------------------------------------------------

PARTS = """\
from app import build


def test_ask(anthropic_client, subtests):
    with subtests.test("asks"):
        anthropic_client.messages.create(**build("Where is it?"))
    with subtests.test("counts"):
        assert 1 == 2
    with subtests.test("asks again"):
        anthropic_client.messages.create(**{**build("Where is it?"), "model": "claude-opus-5-5"})
"""


def test_every_part_of_a_test_fails_for_itself(accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.project.write("support/test_app.py", PARTS)

    result = accepted.run("support/test_app.py")

    assert "  cause: whitespace: only whitespace differs" in result.outlines
    assert "E           assert 1 == 2" in result.outlines
    assert "  cause: model_changed: each model has its own prompt cache" in result.outlines


def test_test_with_a_part_that_fails_is_not_accepted_and_not_recorded(desk: Desk) -> None:
    desk.project.write(
        "support/test_app.py",
        PARTS.replace("1 == 2", "1 == 2, 'broken'").replace("claude-opus-5-5", "claude-sonnet-5-5"),
    )

    desk.run(*RECORD, UPDATE)

    assert set(desk.entries) == set(CASES)
    assert not (desk.path / "cassettes/support/test_app").exists()


def test_test_with_parts_that_pass_or_are_skipped_is_accepted(desk: Desk) -> None:
    text = PARTS.replace("assert 1 == 2", "pytest.skip()").replace("from app", "import pytest\nfrom app")
    desk.project.write("support/test_app.py", text)

    desk.run(*RECORD, UPDATE)

    assert set(desk.entries) == {*CASES, PLAIN}
    assert (desk.path / "cassettes/support/test_app").exists()
