"""Suites of applications that create their own client, and suites of prompts without a file."""

import pytest

from tests.pytest_plugin.conftest import PROMPT, RECORD, REFUSE_NETWORK, Project, shown

pytest_plugins = ("pytester",)

SUITE = """\
suites:
  desk:
    {kind}: desk_app.py:ask
    client: {client}
    prompts:
      v1: {{}}
    cases:
      refund: {{question: How do I get a refund}}
      parcel: {{question: Where is my parcel}}
"""

BUILD = f"""
PROMPT = {PROMPT!r}

def build(question):
    return {{
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "system": [{{"type": "text", "text": PROMPT, "cache_control": {{"type": "ephemeral"}}}}],
        "messages": [{{"role": "user", "content": question}}],
    }}
"""

SDK = """
import anthropic

def ask(question):
    return anthropic.Anthropic().messages.create(**build(question)).content[0].text
"""

ASYNC_SDK = """
import anthropic

async def ask(question):
    async with anthropic.AsyncAnthropic() as client, client.messages.stream(**build(question)) as stream:
        return await stream.get_final_text()
"""

HTTPX = """
import httpx

def ask(question):
    headers = {"x-api-key": "of the application", "anthropic-version": "2023-06-01"}
    url = "https://api.anthropic.com/v1/messages"
    return httpx.post(url, json=build(question), headers=headers).raise_for_status().json()["content"][0]["text"]
"""

RETURN = "\nask = build\n"


def add_desk(project: Project, app: str, *, kind: str = "call", client: str = "http") -> None:
    project.write("desk/suite.yaml", SUITE.format(kind=kind, client=client))
    project.write("desk/desk_app.py", BUILD + app)


@pytest.mark.parametrize("app", [SDK, ASYNC_SDK, HTTPX], ids=["sdk", "async-sdk", "httpx"])
def test_application_with_its_own_client_is_recorded_and_replays_without_network(app: str, project: Project) -> None:
    add_desk(project, app)

    project.run(*RECORD).assert_outcomes(passed=2)

    recorded = project.files("cassettes/desk")
    assert sorted(recorded) == ["desk/v1/parcel.json", "desk/v1/refund.json"]
    assert b"of the application" not in b"".join(recorded.values())
    project.write("conftest.py", REFUSE_NETWORK)
    result = project.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["desk     v1 *claude-sonnet-5-5 *4 *4,400 *4,400 *"])
    assert project.files("cassettes/desk") == recorded


def test_changed_prompt_in_the_code_is_named_with_its_character(project: Project) -> None:
    add_desk(project, SDK)
    project.record()
    project.write("desk/desk_app.py", (BUILD + SDK).replace("Rule 150: be", "Rule 150: Be"))

    result = project.run("desk/suite.yaml::desk[v1-parcel]")

    result.assert_outcomes(failed=1)
    assert shown(result, "desk[v1-parcel]", "=") == (
        "cassette 'desk/desk/v1/parcel' does not hold this POST /v1/messages\n"
        f"  first difference: system[0] at character {PROMPT.index('be', PROMPT.index('Rule 150')):,}\n"
        "    recorded: '…9: be polite.\\nRule 150: be polite.\\nRule 151: be …'\n"
        "    now:      '…9: be polite.\\nRule 150: Be polite.\\nRule 151: be …'\n"
        "  cause: text_changed: the text changed\n"
        "  cost:  2,200 tokens are no longer read: $0.0053 more per call\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint\n"
        "  shared: 1 more cassette has the recorded text\n"
        '  try: pytest "desk/suite.yaml::desk[v1-parcel]" --harness-mode=record --harness-upstream=emulator'
    )


def test_miss_that_the_application_swallows_fails_all_the_same(project: Project) -> None:
    add_desk(project, SDK)
    project.record()
    swallow = (
        SDK.replace("    return", "    try:\n        return").rstrip() + "\n    except Exception:\n        return ''\n"
    )
    project.write("desk/desk_app.py", (BUILD + swallow).replace("Rule 150", "Rule 15O"))

    result = project.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["cassette 'desk/desk/v1/refund' does not hold this POST /v1/messages"])


def test_application_that_makes_no_call_fails(project: Project) -> None:
    add_desk(project, "\ndef ask(question):\n    return question\n")

    result = project.run("--harness-mode=emulate", "-k", "refund")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(
        ["desk v1, case refund: made 0 calls the first time and 0 the second, expected the same number"]
    )


def test_prompt_that_moves_between_the_calls_fails(project: Project) -> None:
    counted = "\nfrom itertools import count\n\n_numbers = count()\n" + SDK.replace(
        "**build(question)",
        "**{**build(question), 'system': [{**build('')['system'][0], 'text': f'{next(_numbers)} {PROMPT}'}]}",
    )
    add_desk(project, counted)

    result = project.run("--harness-mode=emulate", "-k", "refund")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*the second call did not read the prefix that the first one wrote"])


@pytest.mark.parametrize("client", ["http", "anthropic", "claude"])
def test_builder_without_a_prompt_file_needs_no_cassette(client: str, project: Project) -> None:
    add_desk(project, RETURN, kind="build", client=client)

    result = project.run()

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["desk     v1 *claude-sonnet-5-5 *4 *4,400 *4,400 *"])
    assert not (project.path / "cassettes").exists()


@pytest.mark.parametrize("kind", ["call", "build"])
def test_prompt_in_the_code_is_accepted_and_its_change_fails(kind: str, project: Project) -> None:
    app = SDK if kind == "call" else RETURN
    add_desk(project, app, kind=kind)
    mode = ("--harness-mode=emulate",) if kind == "call" else ()
    assert project.run(*mode, "--harness-update-lock").ret == 0
    assert project.run(*mode).ret == 0
    project.write("desk/desk_app.py", (BUILD + app).replace("Rule 150: be", "Rule 150: Be"))

    result = project.run(*mode)

    assert result.ret == 1
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "desk v1 refund: the cached prefix changed, and the version of the prompt did not",
            "  first difference: system[[]0] at character 3,050",
            "    accepted: *Rule 150: be polite*",
            "    now: *Rule 150: Be polite*",
        ]
    )


def test_suite_with_its_own_client_beside_one_of_ours(project: Project) -> None:
    add_desk(project, SDK)
    project.add_suite("support")

    project.run(*RECORD).assert_outcomes(passed=4)
    project.run().assert_outcomes(passed=4)
