"""The fixtures ``harness_emulator`` and ``harness_emulator_server``, as a project uses them."""

import pytest

pytest_plugins = ("pytester",)

CHILD = """
import json, os, sys
from urllib.request import Request, urlopen

body = {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
request = Request(url, json.dumps(body).encode(), {"x-api-key": os.environ["ANTHROPIC_API_KEY"]})
print(json.load(urlopen(request))["content"][0]["text"])
"""


def test_code_in_another_process_reaches_the_server_by_the_environment(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(child=CHILD)
    pytester.makepyfile(
        """
        import subprocess, sys
        from harness.emulator.script import Rule

        def test_child(harness_emulator, harness_emulator_server):
            harness_emulator.script.add(Rule(text="Hello", answer="Hi!"))
            said = subprocess.run([sys.executable, "child.py"], capture_output=True, text=True, check=True).stdout
            assert said == "Hi!\\n"
            (entry,) = harness_emulator.journal.entries
            assert entry.request["messages"][0]["content"] == "Hello"
            assert entry.usage["input_tokens"] > 0
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_hook_may_return_more_than_text_and_the_clock_can_be_moved(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        from harness.emulator.answers import CallTool, Plan

        def pytest_harness_answer(request):
            return Plan(CallTool("find_job"), "Found.") if request.get("tools") else None
        """
    )
    pytester.makepyfile(
        """
        import anthropic, httpx2
        from harness.emulator.transport import EmulatorTransport

        SYSTEM = [{"type": "text", "text": "Be brief. " * 500, "cache_control": {"type": "ephemeral"}}]
        TOOL = {"name": "find_job", "input_schema": {"type": "object"}}
        REQUEST = {"model": "claude-sonnet-5-5", "max_tokens": 99, "messages": [{"role": "user", "content": "Hi"}]}

        def test_in_process(emulator):
            http_client = httpx2.Client(transport=EmulatorTransport(emulator))
            client = anthropic.Anthropic(api_key="offline", http_client=http_client)
            assert client.messages.create(**REQUEST, tools=[TOOL]).stop_reason == "tool_use"
            first = client.messages.create(**REQUEST, system=SYSTEM)
            assert first.usage.cache_creation_input_tokens > 1_000
            emulator.time.advance(299)
            assert client.messages.create(**REQUEST, system=SYSTEM).usage.cache_read_input_tokens > 1_000
            emulator.time.advance(301)
            assert client.messages.create(**REQUEST, system=SYSTEM).usage.cache_read_input_tokens == 0
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
