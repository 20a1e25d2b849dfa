"""Suites and tests that send what the API refuses: the run says which answer it gets, in every mode."""

import json

import pytest

from tests.lock.examples import rich_request
from tests.promptcache.rejected import REJECTED, Body, request, tool, user
from tests.pytest_plugin.conftest import Project, shown
from tests.pytest_plugin.scratch import EMULATE, Desk

pytest_plugins = ("pytester",)

REPORTS = ("-o", "harness_reports=reports")
CANNOT_TELL = 2

BODIES = """
import json
from pathlib import Path

BODIES = json.loads(Path(__file__).with_name("bodies.json").read_text())

"""
BUILD = f"""{BODIES}
def ask(number):
    return BODIES[number]
"""
# Past the SDK's own checks of the arguments.
SEND = f"""{BODIES}
def ask(client, number):
    client.post("/v1/messages", body=BODIES[number], cast_to=object)
"""
SWALLOW = f"""{BODIES}
import anthropic

def ask(client, number):
    try:
        client.post("/v1/messages", body=BODIES[number], cast_to=object)
    except anthropic.BadRequestError:
        return "please try again"
"""
KINDS = {"build": (BUILD, "build"), "send": (SEND, "call"), "swallow": (SWALLOW, "call")}


def add_suite(project: Project, kind: str, *bodies: Body) -> None:
    """Create a suite with one case for each body."""
    code, key = KINDS[kind]
    cases = "\n".join(f"      case{number}: {{number: {number}}}" for number in range(len(bodies)))
    client = "    client: anthropic\n" if key == "call" else ""
    project.write("desk/app.py", code)
    project.write("desk/bodies.json", json.dumps(bodies))
    project.write(
        "desk/suite.yaml",
        f"suites:\n  desk:\n    {key}: app.py:ask\n{client}    prompts: {{v1: {{}}}}\n    cases:\n{cases}\n",
    )


def answers(result: pytest.RunResult) -> dict[str, list[str]]:
    """The lines with an answer of the API that each failed case shows, by the name of the case."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in result.outlines:
        if line.startswith(("____", "====")):
            name = line.strip("=_ ")
        elif line.startswith("  the API answers"):
            found.setdefault(name, []).append(line.strip())
    return {name: lines for name, lines in found.items() if name.startswith("desk[")}


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("build", "replay"), ("build", "emulate"), ("send", "emulate"), ("swallow", "emulate")],
)
def test_every_refused_request_is_reported_with_its_answer(kind: str, mode: str, project: Project) -> None:
    add_suite(project, kind, *[row.request for row in REJECTED])

    result = project.run(f"--harness-mode={mode}")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=len(REJECTED))
    assert answers(result) == {
        f"desk[v1-case{number}]": [f"the API answers 400: {row.answer}"] for number, row in enumerate(REJECTED)
    }


BROKEN = request(user({"type": "text", "text": "Hello"}), tools=[tool("order"), tool("look up")])


def test_refused_call_of_a_suite_is_shown_with_answer_place_and_fix(project: Project) -> None:
    add_suite(project, "send", BROKEN)

    result = project.run(EMULATE)

    assert shown(result, "desk[v1-case0]", "=") == (
        "the API refuses the request\n"
        "  the API answers 400: tools.1.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'\n"
        "  place: tools[1]\n"
        "  cost:  every call fails\n"
        "  fix:   change the request as the API's answer says"
    )


def test_refused_call_of_a_plain_test_is_a_finding(project: Project) -> None:
    body = {key: value for key, value in BROKEN.items() if key != "system"}
    project.write("test_ask.py", f"def test_ask(anthropic_client):\n    anthropic_client.messages.create(**{body!r})\n")

    result = project.run(EMULATE)

    result.assert_outcomes(failed=1)
    assert shown(result, "test_ask", "=").startswith(
        "test_ask.py:2: the API refuses the request\n  the API answers 400: "
    )


def test_expected_refusal_is_no_finding(project: Project) -> None:
    project.write(
        "test_ask.py",
        "import anthropic\nimport pytest\n\n\ndef test_ask(anthropic_client):\n"
        f"    with pytest.raises(anthropic.BadRequestError):\n        anthropic_client.messages.create(**{BROKEN!r})\n",
    )

    project.run(EMULATE).assert_outcomes(passed=1)


def test_refused_call_of_an_application_with_its_own_client_is_a_finding(project: Project) -> None:
    desk = Desk(project)
    body: Body = {**request(), "tool_choice": {"type": "tool", "name": "refund"}, "tools": [tool("order")]}
    desk.write_app(body)

    result = desk.run(EMULATE)

    result.assert_outcomes(failed=3)
    assert result.outlines.count("  the API answers 400: Tool 'refund' not found in provided tools") >= 3


def test_accepted_prompt_that_the_api_refuses_now_fails_on_replay(project: Project) -> None:
    desk = Desk(project)
    desk.accept()
    desk.write_app({**rich_request(), "stop_sequences": [" "]})

    result = desk.run()

    result.assert_outcomes(failed=3)
    assert "  the API answers 400: stop_sequences: each stop sequence must contain non-whitespace" in result.outlines


def test_body_of_another_api_cannot_be_told(project: Project) -> None:
    chat = {"model": "gpt-5", "max_completion_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
    add_suite(project, "send", chat)

    result = project.run(EMULATE)

    assert result.ret == CANNOT_TELL
    assert shown(result, "desk[v1-case0]", "=") == (
        "the body is a request of OpenAI's Chat Completions API (max_completion_tokens), not a request of the Messages "
        "API\n  try: pass the body of a POST /v1/messages, as your code or its gateway sends it to Anthropic"
    )


def test_private_run_shows_no_name_that_an_answer_quotes(project: Project) -> None:
    body = request(tools=[tool("order")], tool_choice={"type": "tool", "name": "secret_refund"})
    add_suite(project, "send", body)

    result = project.run(EMULATE, "--harness-private", *REPORTS)

    assert "secret_refund" not in "\n".join(result.outlines)
    assert "secret_refund" not in (project.path / "reports/report.json").read_text(encoding="utf-8")
    result.stdout.fnmatch_lines(
        ["FAILED desk/suite.yaml::desk[[]v1-case0[]]", "the API refuses the request", "  place: tool_choice"],
        consecutive=True,
    )
