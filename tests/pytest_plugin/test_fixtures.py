"""The fixtures for plain tests: clients that need no key, and a cassette for each test."""

import pytest

from tests.pytest_plugin.conftest import APP, PROMPT, RECORD, Project

pytest_plugins = ("pytester",)

PROMPT_MODULE = f"PROMPT = {PROMPT!r}\n"

SYNC = (
    APP
    + """
from support_prompt import PROMPT

def test_second_call_reads(anthropic_client, harness_session):
    ask(anthropic_client, PROMPT, "Where is my parcel")
    ask(anthropic_client, PROMPT, "Where is my refund")
    first, second = harness_session.calls
    assert second.usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens > 0
"""
)

ASYNC = """
import asyncio
from support_prompt import PROMPT

def test_second_call_reads(async_anthropic_client, harness_session):
    async def ask():
        async with async_anthropic_client as client:
            for question in ("Where is my parcel", "Where is my refund"):
                await client.messages.create(
                    model="claude-sonnet-5-5",
                    max_tokens=500,
                    system=[{"type": "text", "text": PROMPT, "cache_control": {"type": "ephemeral"}}],
                    messages=[{"role": "user", "content": question}],
                )

    asyncio.run(ask())
    first, second = harness_session.calls
    assert second.usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens > 0
"""

CLAUDE = """
from support_prompt import PROMPT

def test_claude(claude, harness_session):
    assert claude.create_message(PROMPT, "Where is my parcel").content[0].text
    assert "".join(claude.stream_message(PROMPT, "Where is my refund"))
    assert claude.metrics.calls == len(harness_session.calls) == 2
    assert claude.metrics.local_hits == 0
    assert harness_session.calls[1].usage.cache_read_input_tokens > 0
"""

ASYNC_CLAUDE = """
import asyncio
from support_prompt import PROMPT

def test_async_claude(async_claude, async_anthropic_client, harness_session):
    async def ask():
        async with async_anthropic_client:
            assert (await async_claude.create_message(PROMPT, "Where is my parcel")).content[0].text
            assert [piece async for piece in async_claude.stream_message(PROMPT, "Where is my refund")]

    asyncio.run(ask())
    assert harness_session.calls[1].usage.cache_read_input_tokens > 0
"""


def test_each_client_records_and_replays(project: Project) -> None:
    project.write("support_prompt.py", PROMPT_MODULE)
    for name, text in {"sync": SYNC, "async": ASYNC, "claude": CLAUDE, "async_claude": ASYNC_CLAUDE}.items():
        project.write(f"test_{name}.py", text)

    project.run(*RECORD).assert_outcomes(passed=4)

    recorded = project.files("cassettes")
    assert sorted(name for name in recorded if name.endswith(".json")) == [
        "test_async/test_second_call_reads.json",
        "test_async_claude/test_async_claude.json",
        "test_claude/test_claude.json",
        "test_sync/test_second_call_reads.json",
    ]
    assert len([name for name in recorded if name.startswith("blobs/")]) == 1
    project.run().assert_outcomes(passed=4)
    assert project.files("cassettes") == recorded


def test_settings_of_the_developer_do_not_change_what_the_claude_fixture_sends(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("support_prompt.py", PROMPT_MODULE)
    project.write("test_claude.py", CLAUDE)
    project.record()
    monkeypatch.setenv("CLAUDE_MODEL", "claude-opus-4-1")
    monkeypatch.setenv("USE_ANTHROPIC_CACHE", "false")

    project.run().assert_outcomes(passed=1)


def test_ids_that_differ_in_what_a_file_name_cannot_hold_have_cassettes_of_their_own(project: Project) -> None:
    project.write("support_prompt.py", PROMPT_MODULE)
    project.write(
        "test_app.py",
        APP
        + """
import pytest
from support_prompt import PROMPT

@pytest.mark.parametrize("topic", ["a/b", "a-b"])
def test_ask(anthropic_client, topic):
    ask(anthropic_client, PROMPT, f"What of {topic}")
""",
    )

    project.run(*RECORD).assert_outcomes(passed=2)

    cassettes = [name for name in project.files("cassettes/test_app") if name.startswith("test_ask-a-b-")]
    assert len(cassettes) == 2
    project.run().assert_outcomes(passed=2)


def test_methods_and_folders_are_part_of_the_cassettes_name(project: Project) -> None:
    project.write("support_prompt.py", PROMPT_MODULE)
    project.write(
        "eu/test_app.py",
        APP + "\nfrom support_prompt import PROMPT\n\nclass TestSupport:\n    def test_ask(self, anthropic_client):\n"
        "        ask(anthropic_client, PROMPT, 'Where is my parcel')\n",
    )

    project.run(*RECORD, "-o", "pythonpath=.").assert_outcomes(passed=1)

    assert "TestSupport.test_ask.json" in project.files("cassettes/eu/test_app")


def test_two_tests_share_no_prompt_cache(project: Project) -> None:
    project.write("support_prompt.py", PROMPT_MODULE)
    ask_once = "    ask(anthropic_client, PROMPT, 'Where')\n    assert not harness_session.calls[0].usage.{}\n"
    usage = "cache_read_input_tokens"
    project.write(
        "test_app.py",
        APP
        + "\nfrom support_prompt import PROMPT\n\n"
        + "".join(
            f"def test_{number}(anthropic_client, harness_session):\n{ask_once.format(usage)}\n" for number in range(2)
        ),
    )

    project.run("--harness-mode=emulate").assert_outcomes(passed=2)


def test_projects_conftest_answers_for_the_emulator(project: Project) -> None:
    project.write("support_prompt.py", PROMPT_MODULE)
    project.write(
        "conftest.py",
        "def pytest_harness_answer(request):\n"
        "    question = request['messages'][-1]['content']\n"
        "    return 'On its way.' if 'parcel' in question else None\n",
    )
    project.write(
        "test_app.py",
        APP
        + """
from support_prompt import PROMPT

def test_answers(anthropic_client):
    assert ask(anthropic_client, PROMPT, "Where is my parcel") == "On its way."
    assert ask(anthropic_client, PROMPT, "Hello") == "This is the emulator's answer to a message of 5 characters."
""",
    )

    project.run("--harness-mode=emulate").assert_outcomes(passed=1)


def test_fixtures_are_documented(project: Project) -> None:
    result = project.run("--fixtures", "-q")

    shown = "\n".join(result.outlines)
    for name in ("anthropic_client", "async_anthropic_client", "async_claude", "claude", "harness_session"):
        assert f"\n{name} -- " in shown
