"""``--harness-mode=live``, with a server on loopback that stands for the API."""

import json
from typing import Any

import pytest

from harness.emulator.http import HttpAnswer
from tests.pytest_plugin.conftest import APP, Project, shown
from tests.pytest_plugin.live_api import LIVE, UNHURRIED, Serve, missing

pytest_plugins = ("pytester",)

REFUND = ("-k", "refund")
# Its input is 2,212 tokens; the budget allows for one percent and 32 tokens more.
HIGHEST = "$0.0107 for 2,267 input and 500 output tokens"


def test_second_call_is_proved_against_the_address_of_the_environment(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    result = project.run(LIVE)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["live mode; usage reported by the gateway at 127.0.0.1:*."])
    assert "= prompt cache =" not in str(result.stdout)
    written = api.usages[0][0]
    assert api.usages == [(written, 0), (0, written), (0, written), (0, written)]
    assert project.files("cassettes") == {}


def test_each_later_call_of_a_case_asks_how_it_differs_from_the_one_before(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    project.run(LIVE).assert_outcomes(passed=2)

    assert api.asked == [{"previous_message_id": previous} for previous in (None, api.ids[0], None, api.ids[2])]


def test_several_calls_of_a_case_are_compared_with_their_equals(project: Project, serve: Serve) -> None:
    twice = APP.replace("    message = ", "    ask_once(client, prompt + 'Be brief.', question)\n    message = ", 1)
    project.add_suite("support", app=APP.replace("def ask(", "def ask_once(") + twice)
    api = serve()

    result = project.run(LIVE, *REFUND)

    result.assert_outcomes(passed=1)
    assert api.asked == [{"previous_message_id": previous} for previous in (None, api.ids[0], *api.ids[:2])]
    assert "disagree" not in str(result.stdout)


def test_question_of_the_application_itself_is_left_alone(project: Project, serve: Serve) -> None:
    own = APP.replace("max_tokens=500,", "max_tokens=500, diagnostics={'previous_message_id': None},")
    project.add_suite("support", app=own)
    api = serve()

    project.run(LIVE, *REFUND).assert_outcomes(passed=1)

    assert api.asked == [{"previous_message_id": None}] * 2


def test_clients_of_other_libraries_are_pointed_at_the_address_of_the_environment(
    project: Project, serve: Serve
) -> None:
    project.write(
        "test_app.py",
        """
import json
from urllib.request import Request, urlopen

def test_ask(harness_cassette):
    request = {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    url = harness_cassette.base_url + "/v1/messages"
    with urlopen(Request(url, data=json.dumps(request).encode())) as answer:
        answer.read()
    assert len(harness_cassette.calls) == 1
""",
    )
    api = serve()

    project.run(LIVE).assert_outcomes(passed=1)

    assert len(api.bodies) == 1


def test_lock_file_is_compared_with_what_the_application_sends(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    project.record("--harness-update-lock")
    serve()

    result = project.run(LIVE, "--harness-unique-prefix")

    result.assert_outcomes(passed=2)
    assert "= prompt cache =" not in str(result.stdout)


# --- budget --------------------------------------------------------------------------------------------------


def test_call_that_could_pass_the_budget_is_not_sent(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    result = project.run(LIVE, "--harness-budget=0.0150", *REFUND)

    result.assert_outcomes(failed=1)
    assert result.ret == 2
    assert len(api.bodies) == 1
    assert shown(result, "support[v1-refund]", "=").rstrip() == "".join(
        [
            "this call could exceed the budget, so it was not sent\n",
            "  spent so far: $0.0058\n",
            f"  this call at most: {HIGHEST}\n",
            "  budget: $0.0150\n",
            "  fix:   raise --harness-budget, or run fewer tests",
        ]
    )


def test_budget_is_one_for_all_tests_of_a_run(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    result = project.run(LIVE, "--harness-budget=0.0170")

    result.assert_outcomes(passed=1, failed=1)
    assert len(api.bodies) == 3


def test_calls_within_the_budget_are_all_sent(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    project.run(LIVE, "--harness-budget=1").assert_outcomes(passed=2)

    assert len(api.bodies) == 4


def test_application_that_swallows_the_refusal_does_not_pass(project: Project, serve: Serve) -> None:
    project.write(
        "test_app.py",
        f"""
{APP}

def test_ask(anthropic_client):
    try:
        ask(anthropic_client, "Be kind.", "Where is my parcel")
    except Exception:
        pass
""",
    )
    api = serve()

    result = project.run(LIVE, "--harness-budget=0.0001")

    assert api.bodies == []
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*this call could exceed the budget, so it was not sent"])


def test_recording_from_the_api_keeps_to_the_budget_and_to_the_applications_bytes(
    project: Project, serve: Serve
) -> None:
    project.add_suite("support")
    api = serve()

    project.run("--harness-mode=record", "--harness-budget=0.0170").assert_outcomes(passed=1, failed=1)

    assert len(api.bodies) == 3
    assert api.asked == [None, None, None]
    assert list(project.files("cassettes/support")) == ["support/v1/refund.json"]
    project.run(*REFUND).assert_outcomes(passed=1)


@pytest.mark.parametrize("option", ["--harness-budget=1", "--harness-unique-prefix"])
def test_clients_of_other_libraries_are_refused_what_cannot_be_done_for_them(
    option: str, project: Project, serve: Serve
) -> None:
    project.write("test_app.py", "def test_ask(harness_cassette):\n    pass\n")
    serve()

    result = project.run(LIVE, option)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            f"{option.partition('=')[0]} does not work for HTTP clients other than the official SDK",
            "  try: leave it out for this test, or call Claude through anthropic_client",
        ]
    )


# --- unique prefix -------------------------------------------------------------------------------------------


def test_each_run_writes_its_own_prefix(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    for _ in range(2):
        project.run(LIVE, "--harness-unique-prefix", *REFUND).assert_outcomes(passed=1)

    assert [written > 0 for written, _ in api.usages] == [True, False, True, False]
    starts = [body["system"][0]["text"].partition("\n")[0] for body in api.bodies]
    assert starts[0] == starts[1] != starts[2] == starts[3]
    assert all(start.startswith("Run ") and len(start) == 37 for start in starts)


def test_all_cases_of_a_run_have_the_same_prefix(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()

    project.run(LIVE, "--harness-unique-prefix").assert_outcomes(passed=2)

    assert len({body["system"][0]["text"].partition("\n")[0] for body in api.bodies}) == 1


def test_processes_of_one_run_have_the_same_prefix(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()
    project.write("conftest.py", UNHURRIED)

    result = project.pytester.runpytest_subprocess("-p", "no:cacheprovider", LIVE, "--harness-unique-prefix", "-n", "2")

    result.assert_outcomes(passed=2)
    assert len(api.bodies) == 4
    assert len({body["system"][0]["text"].partition("\n")[0] for body in api.bodies}) == 1


# --- evidence and the third round ----------------------------------------------------------------------------


def test_second_call_that_missed_without_a_reason_is_made_once_more(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve(missing(0.1, 0.9))

    result = project.run(LIVE, *REFUND)

    result.assert_outcomes(passed=1)
    assert [read > 0 for _, read in api.usages] == [False, False, True]
    assert shown(result, "prompt cache", "no lock file").rstrip() == "\n".join(
        [
            "note: the second call missed, but the third read: this happens occasionally on the API",
            "  support/suite.yaml:8",
            'next: pytest "support/suite.yaml::support[v1-refund]"',
        ]
    )


def test_second_call_that_keeps_missing_without_a_reason_is_an_error(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve(missing(0.1, 0.1))

    result = project.run(LIVE, *REFUND)

    result.assert_outcomes(failed=1)
    assert result.ret == 1
    assert len(api.bodies) == 3
    assert shown(result, "support[v1-refund]", "=").rstrip() == "\n".join(
        [
            "support v1, case refund: the second call did not read the prefix that the first one wrote",
            "  first call: 2,200 written, 0 read, 13 uncached",
            "  second call: 2,200 written, 0 read, 13 uncached",
            "  expected of the second: 2,200 read",
            "  a third call with the same request did not read it either",
            "call 2 was not billed as the simulator predicts",
            "  reported: 2,200 written, 0 read, 13 uncached",
            "  predicted: 0 written, 2,200 read, 13 uncached",
            "prediction, usage and diagnostics disagree on whether the second call read what the first one wrote",
            "  prediction:  reads all",
            "  usage:       does not read all",
            "  diagnostics: no_divergence",
        ]
    )


def test_second_call_that_differs_from_the_first_is_not_made_again(project: Project, serve: Serve) -> None:
    app = APP.replace("def ask", "from time import perf_counter_ns\n\ndef ask")
    project.add_suite("support", app=app.replace('"text": prompt', '"text": f"{perf_counter_ns()} {prompt}"'))
    api = serve()

    result = project.run(LIVE, *REFUND)

    result.assert_outcomes(failed=1)
    assert len(api.bodies) == 2
    assert "disagree" not in str(result.stdout)


def test_diagnostics_that_see_a_change_in_equal_requests_are_a_warning(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()
    reason = {"type": "system_changed", "cache_missed_input_tokens": 2202}
    api.change = lambda answer: answer | {"diagnostics": {"cache_miss_reason": reason}}

    result = project.run(LIVE, *REFUND)

    result.assert_outcomes(passed=1)
    assert len(api.bodies) == 2
    result.stdout.fnmatch_lines(
        ["warning: prediction, usage and diagnostics disagree on whether the second call read what the first one wrote"]
    )


def test_api_that_refuses_the_question_is_asked_without_it(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve()
    answer_plainly = api.handle

    def refuse(method: str, path: str, body: bytes, headers: Any = None) -> HttpAnswer:
        answer = answer_plainly(method, path, body, headers)
        if b"diagnostics" not in body:
            return answer
        error = {"type": "invalid_request_error", "message": "diagnostics: Extra inputs are not permitted"}
        content = json.dumps({"type": "error", "error": error}).encode()
        return HttpAnswer(status=400, headers={"content-type": "application/json"}, chunks=(content,))

    api.handle = refuse  # type: ignore[method-assign]

    project.run(LIVE, "--harness-budget=0.05", *REFUND).assert_outcomes(passed=1)

    assert api.asked == [{"previous_message_id": None}, None, None]


# --- options -------------------------------------------------------------------------------------------------


def test_budget_of_several_processes_is_a_usage_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")

    result = project.run(LIVE, "--harness-budget=1", "-n", "2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[:2] == [
        "ERROR: --harness-budget cannot run in several processes: each would count only its own calls",
        "  try: leave out -n",
    ]


NEEDS_DOLLARS = "--harness-budget is {!r}, expected dollars above 0, such as 0.50"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(
            pytest.param((LIVE, f"--harness-budget={value}"), NEEDS_DOLLARS.format(value), id=f"budget-of-{value}")
            for value in ("0", "-1", "$5", "nan", "inf")
        ),
        pytest.param(
            ("--harness-budget=1",),
            "--harness-budget limits the cost of calls to the real API, but this mode makes none\n"
            "  try: add --harness-mode=live (needs a key), or leave it out",
            id="budget-without-calls-of-the-api",
        ),
        pytest.param(
            ("--harness-mode=record", "--harness-upstream=emulator", "--harness-budget=1"),
            "--harness-budget limits the cost of calls to the real API, but this mode makes none\n"
            "  try: add --harness-mode=live (needs a key), or leave it out",
            id="budget-while-recording-the-emulator",
        ),
        pytest.param(
            ("--harness-mode=record", "--harness-unique-prefix"),
            "--harness-unique-prefix keeps live calls from reading what earlier runs wrote, but this mode makes none\n"
            "  try: add --harness-mode=live (needs a key), or leave it out",
            id="prefix-while-recording",
        ),
        pytest.param(
            (LIVE, "--harness-unique-prefix", "--harness-verify"),
            "--harness-verify compares token counts with the cassettes, but --harness-unique-prefix changes them\n"
            "  try: leave out one of them",
            id="prefix-and-verify",
        ),
    ],
)
def test_options_that_cannot_work_are_a_usage_error(
    arguments: tuple[str, ...], message: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")

    with pytest.raises(pytest.UsageError) as caught:
        project.pytester.parseconfigure(*arguments)

    assert str(caught.value) == message


@pytest.mark.parametrize("address", ["api.example", "ftp://api.example", "https://", "http://[::1"])
def test_address_that_is_none_is_a_usage_error(address: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)

    with pytest.raises(pytest.UsageError) as caught:
        project.pytester.parseconfigure(LIVE)

    assert str(caught.value) == (
        f"ANTHROPIC_BASE_URL is {address!r}, expected an address that begins with https:// or http://\n"
        "  try: set ANTHROPIC_BASE_URL=https://api.anthropic.com, or unset it"
    )


def test_address_is_not_read_where_nothing_is_sent(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "none")
    project.add_suite("support")

    project.run("--harness-mode=emulate").assert_outcomes(passed=2)


# --- the pause between rounds --------------------------------------------------------------------------------

FROM_THE_API = ("--harness-mode=record", "--harness-upstream=anthropic")


@pytest.mark.parametrize(
    ("arguments", "pauses"),
    [
        pytest.param((LIVE,), 2, id="live"),
        pytest.param(FROM_THE_API, 2, id="record"),
        pytest.param(("--harness-mode=record", "--harness-upstream=emulator"), 0, id="record-from-the-emulator"),
        pytest.param(("--harness-mode=emulate",), 0, id="emulate"),
    ],
)
def test_second_round_waits_until_the_first_is_readable(
    arguments: tuple[str, ...], pauses: int, project: Project, serve: Serve
) -> None:
    project.add_suite("support")
    api = serve()

    project.run(*arguments).assert_outcomes(passed=2)

    assert len(api.pauses) == pauses
    assert all(0 < seconds <= 3 for seconds in api.pauses)


def test_replay_waits_for_nothing(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    project.record()
    api = serve()

    project.run().assert_outcomes(passed=2)

    assert (api.bodies, api.pauses) == ([], [])


def test_repeated_round_waits_too(project: Project, serve: Serve) -> None:
    project.add_suite("support")
    api = serve(missing(0.1, 0.9))

    project.run(LIVE, *REFUND).assert_outcomes(passed=1)

    assert (len(api.bodies), len(api.pauses)) == (3, 2)
