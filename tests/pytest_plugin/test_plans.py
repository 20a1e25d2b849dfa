"""Cases with plans other than two equal rounds: in every mode, green if the prompt cache is read, else red."""

import json

import pytest

from harness.lock.lockfile import read_lock
from tests.pytest_plugin.conftest import APP, PROMPT, RECORD, Project, shown
from tests.pytest_plugin.live_api import LIVE, Serve, missing

pytest_plugins = ("pytester",)

EMULATE = ("--harness-mode=emulate",)
REPORTS = ("-o", "harness_reports=reports")

SUITE = """\
suites:
  {{name}}:
    {call}
    {plan}
    prompts:
      v1: {{{{file: prompt.md}}}}
    cases:
      refund: {inputs}
"""
QUESTION = "{{question: How do I get a refund}}"
QUESTIONS = "{{rounds: [{{question: How}}, {{question: When}}, {{question: Why}}]}}"
TURNS = "{{questions: [How, When, Why]}}"

CHAT = """
def send(client, prompt, messages):
    return client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=500,
        cache_control={"type": "ephemeral"},
        system=[{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        messages=messages,
    )

def ask(client, prompt, questions):
    messages = []
    for question in questions:
        messages.append({"role": "user", "content": question})
        answer = send(client, prompt, messages).content[0].text
        messages.append({"role": "assistant", "content": answer})
"""
BUILD = """
def ask(prompt, question):
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": question}],
    }
"""
BUILD_CHAT = """
def ask(prompt, questions):
    messages, requests = [], []
    for question in questions:
        messages.append({"role": "user", "content": question})
        requests.append({
            "model": "claude-sonnet-5-5",
            "max_tokens": 500,
            "cache_control": {"type": "ephemeral"},
            "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
            "messages": list(messages),
        })
        messages.append({"role": "assistant", "content": "Soon."})
    return requests
"""
COUNTED = "from itertools import count\n\nNUMBERS = count()\n"

PLANS = {
    "equal-rounds": ("plan: {{rounds: 3}}", QUESTION, APP, BUILD, 3),
    "samples": ("samples: 4", QUESTION, APP, BUILD, 4),
    "questions": ("plan: questions", QUESTIONS, APP, BUILD, 3),
    "conversation": ("plan: conversation", TURNS, CHAT, BUILD_CHAT, 3),
    "conversations": ("plan: {{kind: conversation, rounds: 2}}", TURNS, CHAT, BUILD_CHAT, 6),
}
LABELS = {
    "equal-rounds": "3 equal rounds",
    "samples": "4 samples",
    "questions": "questions",
    "conversation": "conversation",
    "conversations": "2 conversations",
}


def add(project: Project, plan: str, *, is_build: bool = False, app: str | None = None) -> None:
    """Write a suite of one case with a plan; ``app`` replaces the application that fits it."""
    line, inputs, calling, building, _ = PLANS[plan]
    call = "build: {name}_app.py:ask" if is_build else "call: {name}_app.py:ask\n    client: anthropic"
    suite = SUITE.format(call=call, plan=line, inputs=inputs)
    project.add_suite("support", app=app or (building if is_build else calling), suite=suite)


def rows(project: Project) -> list[tuple[str | None, int]]:
    """Plan and number of calls of each row of the report."""
    report = json.loads((project.path / "reports/report.json").read_text())
    return [(row["plan"], row["calls"]) for row in report["versions"]]


# --- green -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS)
def test_case_is_recorded_by_its_plan_and_replays(plan: str, project: Project) -> None:
    add(project, plan)

    project.run(*RECORD).assert_outcomes(passed=1)

    cassette = json.loads(project.files("cassettes")["support/support/v1/refund.json"])
    assert len(cassette["interactions"]) == PLANS[plan][-1]
    project.run(*REPORTS).assert_outcomes(passed=1)
    assert rows(project) == [(LABELS[plan], PLANS[plan][-1])]


@pytest.mark.parametrize("plan", PLANS)
def test_case_is_emulated_by_its_plan(plan: str, project: Project) -> None:
    add(project, plan)

    result = project.run(*EMULATE, *REPORTS)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"support  v1 *  {LABELS[plan]}  *"])
    assert rows(project) == [(LABELS[plan], PLANS[plan][-1])]


@pytest.mark.parametrize("plan", PLANS)
def test_case_is_built_by_its_plan(plan: str, project: Project) -> None:
    add(project, plan, is_build=True)

    project.run(*REPORTS).assert_outcomes(passed=1)

    assert rows(project) == [(LABELS[plan], PLANS[plan][-1])]


@pytest.mark.parametrize("plan", PLANS)
def test_case_is_proved_live_by_its_plan(plan: str, project: Project, serve: Serve) -> None:
    add(project, plan)
    api = serve()

    result = project.run(LIVE)

    result.assert_outcomes(passed=1)
    assert len(api.bodies) == PLANS[plan][-1]
    assert "= prompt cache =" not in str(result.stdout)


@pytest.mark.parametrize("plan", PLANS)
def test_second_live_run_may_find_the_cache_warm(plan: str, project: Project, serve: Serve) -> None:
    add(project, plan)
    serve()

    for _ in range(2):
        project.run(LIVE).assert_outcomes(passed=1)


def test_plans_run_in_several_processes(project: Project) -> None:
    add(project, "conversation")
    project.add_suite("account")

    arguments = ("-p", "no:cacheprovider", *EMULATE, *REPORTS, "-n", "2")
    project.pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=3)

    assert rows(project) == [("2 equal rounds", 4), ("conversation", 3)]


def test_case_may_have_a_plan_of_its_own(project: Project) -> None:
    suite = SUITE.format(
        call="call: {name}_app.py:ask\n    client: anthropic",
        plan="case_plans: {{parcel: {{rounds: 4}}}}",
        inputs=QUESTION,
    )
    project.add_suite("support", suite=suite + "      parcel: {{question: Where is it}}\n")

    project.run(*EMULATE, *REPORTS).assert_outcomes(passed=2)

    assert rows(project) == [("2 equal rounds", 2), ("4 equal rounds", 4)]


# --- red ---------------------------------------------------------------------------------------------------------

NUMBERED = ('"text": prompt', '"text": f"{next(NUMBERS)}\\n{prompt}"')
LEAKING = ('"text": prompt', '"text": prompt + question')
EDITED = (
    "for question in questions:\n",
    "for question in questions:\n        messages = [dict(m, content=m['content'] + '!') for m in messages]\n",
)

REDS = {
    "equal-rounds": (
        NUMBERED,
        "call 2 did not read the prefix that call 1 wrote\n"
        "  call 1: 2,202 written, 0 read, 13 uncached\n"
        "  call 2: 2,202 written, 0 read, 13 uncached\n"
        "  expected of call 2: 2,202 read\n"
        "  first difference: system[0] at character 0\n"
        "    call 1: '0\\nRule 0: be polite.\\nRul…'\n"
        "    call 2: '1\\nRule 0: be polite.\\nRul…'\n"
        "  cause: text_changed: the text changed\n"
        "  cost:  2,202 tokens are no longer read: $0.0053 more per call\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint\n"
        "call 3 did not read the prefix that call 1 wrote",
    ),
    "questions": (
        LEAKING,
        "call 2 did not read the static prefix that call 1 wrote\n"
        "  call 1: 2,202 written, 0 read, 7 uncached\n"
        "  call 2: 2,202 written, 0 read, 7 uncached\n"
        "  expected of call 2: 2,202 read\n"
        "  first difference: system[0] at character 4,090\n"
        "    call 1: '…e.\\nRule 199: be polite.\\nHow'\n"
        "    call 2: '…e.\\nRule 199: be polite.\\nWhen'\n"
        "  cause: text_changed: the text changed\n"
        "  cost:  2,202 tokens are no longer read: $0.0053 more per call\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint\n"
        "call 3 did not read the static prefix that call 1 wrote",
    ),
    "conversation": (
        EDITED,
        "call 2 did not read the prefix that call 1 wrote\n"
        "  call 1: 2,205 written, 0 read, 2 uncached\n"
        "  call 2: {tail} written, 2,200 read, 2 uncached\n"
        "  expected of call 2: 2,205 read\n"
        "  first difference: messages[0].content[0] at character 3\n"
        "    call 1: 'How'\n"
        "    call 2: 'How!'\n"
        "  cause: history_edit: an earlier message was changed\n"
        "  cost:  5 tokens are no longer read: $0.0000 more per call\n"
        "  fix:   append to the conversation, never rewrite what was sent\n"
        "call 3 did not read the prefix that call 2 wrote",
    ),
}


@pytest.mark.parametrize("is_build", [False, True], ids=["called", "built"])
@pytest.mark.parametrize("plan", REDS)
def test_case_that_does_not_read_by_its_plan_names_both_calls(plan: str, is_build: bool, project: Project) -> None:
    (old, new), message = REDS[plan]
    app = PLANS[plan][3 if is_build else 2]
    assert old in app
    add(project, plan, is_build=is_build, app=COUNTED + app.replace(old, new))

    result = project.run(*EMULATE)

    result.assert_outcomes(failed=1)
    # The emulator's answers are longer than those that the builder invents.
    message = message.replace("{tail}", "16" if is_build else "31")
    assert shown(result, "support[v1-refund]", "=").startswith(f"support v1, case refund: {message}")


@pytest.mark.parametrize("plan", ["equal-rounds", "samples", "questions", "conversation"])
def test_time_in_the_prefix_fails_under_every_plan(plan: str, project: Project) -> None:
    app = PLANS[plan][2].replace('"text": prompt', '"text": f"It is {datetime.now()}.\\n{prompt}"')
    add(project, plan, app=f"from datetime import datetime\n{app}")

    result = project.run(*RECORD)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["support v1, case refund: call 2 did not read the *prefix that call 1 wrote"])
    result.stdout.fnmatch_lines(["  cause: timestamp: the prefix contains a date or time that changes"])
    assert project.files("cassettes") == {}


def test_conversation_of_one_call_cannot_be_judged(project: Project) -> None:
    add(project, "conversation", app=CHAT.replace("in questions:", "in questions[:1]:"))

    result = project.run(*EMULATE)

    assert result.ret == 2
    assert shown(result, "support[v1-refund]", "=") == (
        "support v1, case refund: made 1 call, expected a conversation of two or more\n"
        "  only calls through the client that the function is given count"
    )


# --- live: a repeated round --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "draws", "calls"),
    [
        pytest.param("samples", (0.9, 0.1, 0.9, 0.9), 5, id="samples"),
        pytest.param("questions", (0.9, 0.1, 0.9), 4, id="questions"),
        # All its calls are repeated, and then the first of them reads.
        pytest.param("conversation", (0.9, 0.1, 0.9, 0.9, 0.9), 6, id="conversation"),
    ],
)
def test_round_with_a_miss_that_nothing_explains_is_made_once_more(
    plan: str, draws: tuple[float, ...], calls: int, project: Project, serve: Serve
) -> None:
    add(project, plan)
    api = serve(missing(*draws))

    result = project.run(LIVE)

    result.assert_outcomes(passed=1)
    assert len(api.bodies) == calls
    result.stdout.fnmatch_lines(
        ["note: call 3 missed, but read when it was made again: this happens occasionally on the API"]
    )


@pytest.mark.parametrize(
    ("plan", "draws"),
    [("samples", (0.1, 0.9, 0.9, 0.1)), ("questions", (0.1, 0.9, 0.1)), ("conversation", (0.1, 0.9, 0.9, 0.1, 0.9))],
)
def test_call_that_keeps_missing_without_a_reason_is_an_error(
    plan: str, draws: tuple[float, ...], project: Project, serve: Serve
) -> None:
    add(project, plan)
    serve(missing(*draws))

    result = project.run(LIVE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["support v1, case refund: call 2 did not read the *prefix that call 1 wrote"])
    result.stdout.fnmatch_lines(["  the same call, made again, did not read it either"])
    result.stdout.fnmatch_lines(
        ["*prediction, usage and diagnostics disagree on whether call 2 read what call 1 wrote"]
    )


# --- the lock file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "requests"), [("samples", 1), ("questions", 1), ("conversation", 3)])
def test_lock_file_keeps_the_requests_of_the_first_round(plan: str, requests: int, project: Project) -> None:
    add(project, plan)
    project.record("--harness-update-lock")

    (case,) = read_lock(project.path / "prompts.lock").entries.values()
    assert len(case.calls) == requests
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "= prompt cache =" not in str(result.stdout)


@pytest.mark.parametrize("plan", ["samples", "questions", "conversation"])
def test_changed_prompt_is_a_bust_under_every_plan(plan: str, project: Project) -> None:
    add(project, plan)
    project.record("--harness-update-lock")
    project.write("support/prompt.md", PROMPT.replace("Rule 150: be", "Rule 150: Be"))

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["support v1 refund: the cached prefix changed, and the version of the prompt did not"])


def test_new_turn_of_a_conversation_is_not_taken_for_another_round(project: Project) -> None:
    add(project, "conversation")
    project.record("--harness-update-lock")
    suite = project.path / "support/suite.yaml"
    suite.write_text(suite.read_text().replace("Why]", "Why, Where]"))

    result = project.run()

    # Its cassette lacks the fourth call, which the lock file does not hold.
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cassette 'support/support/v1/refund' does not hold this POST /v1/messages"])
