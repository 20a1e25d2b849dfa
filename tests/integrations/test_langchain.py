"""LangChain's client for Claude: plain, with tools, streamed."""

from functools import reduce
from operator import add
from typing import Any

import pytest

from tests.integrations.conftest import ARGUMENTS, KEY, MODEL, PARAMETERS, TOOL_MODEL, Bench

langchain_anthropic = pytest.importorskip(
    "langchain_anthropic",
    reason="langchain-anthropic is not installed: pip install prompt-cache-harness[integrations]",
)

# What LangChain leaves open or deprecated is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore")

TOOL = {"name": "find_job", "description": "Find a job by its title.", "input_schema": PARAMETERS}


def chat(url: str, model: str = MODEL) -> Any:
    return langchain_anthropic.ChatAnthropic(model=model, api_key=KEY, base_url=url, max_tokens=99)


def forced(url: str) -> Any:
    return chat(url, TOOL_MODEL).bind_tools([TOOL], tool_choice="find_job")


def plain(url: str) -> str:
    return str(chat(url).invoke("Hello").content)


def tool_calls(message: Any) -> list[tuple[str, Any]]:
    return [(call["name"], call["args"]) for call in message.tool_calls]


def with_tools(url: str) -> list[tuple[str, Any]]:
    return tool_calls(forced(url).invoke("Hello"))


def with_tools_streamed(url: str) -> list[tuple[str, Any]]:
    return tool_calls(reduce(add, forced(url).stream("Hello")))


def whole_round(url: str) -> str:
    """A forced call, its result, and the text that follows."""
    from langchain_core.messages import HumanMessage, ToolMessage

    asked = forced(url).invoke([question := HumanMessage("Hello")])
    result = ToolMessage("Engineer", tool_call_id=asked.tool_calls[0]["id"])
    return str(chat(url, TOOL_MODEL).bind_tools([TOOL]).invoke([question, asked, result]).text)


def streamed(url: str) -> str:
    return "".join(str(chunk.text) for chunk in chat(url).stream("Hello"))


def test_plain_call(bench: Bench) -> None:
    assert "tools" not in bench.record_and_replay(plain).request


@pytest.mark.parametrize("ask", [with_tools, with_tools_streamed])
def test_call_with_tools(bench: Bench, ask: Any) -> None:
    call = bench.record_and_replay(ask, answer=[("find_job", ARGUMENTS)])
    assert call.request["tool_choice"] == {"type": "tool", "name": "find_job"}
    assert call.request.get("stream", False) is (ask is with_tools_streamed)


def test_whole_round_of_a_tool(bench: Bench) -> None:
    answer = "This is the emulator's answer to a message of 0 characters."
    first, second = bench.record_and_replay_all(whole_round, answer)
    assert first.request["messages"] == second.request["messages"][:1]
    use, result = (message["content"][0] for message in second.request["messages"][1:])
    assert (use["type"], use["name"], use["input"]) == ("tool_use", "find_job", ARGUMENTS)
    assert (result["type"], result["tool_use_id"]) == ("tool_result", use["id"])


def test_streamed_call(bench: Bench) -> None:
    assert bench.record_and_replay(streamed).request["stream"] is True
