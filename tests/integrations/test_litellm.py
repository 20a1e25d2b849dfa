"""LiteLLM, with an HTTP stack of its own: plain, with tools, streamed; sync and async."""

import asyncio
import json
from typing import Any

import pytest

from tests.integrations.conftest import ARGUMENTS, KEY, MODEL, PARAMETERS, TOOL_MODEL, Bench

litellm = pytest.importorskip(
    "litellm", reason="litellm is not installed: pip install prompt-cache-harness[integrations]"
)

# What LiteLLM leaves open or deprecated is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore")

TOOL = {
    "type": "function",
    "function": {
        "name": "find_job",
        "description": "Find a job by its title.",
        "parameters": PARAMETERS,
    },
}


def options(url: str, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hello"}]
    return {
        "model": f"anthropic/{MODEL}",
        "api_key": KEY,
        "api_base": url,
        "max_tokens": 99,
        "messages": messages,
    } | more


def plain(url: str) -> str:
    return str(litellm.completion(**options(url)).choices[0].message.content)


def forced(url: str, **more: Any) -> dict[str, Any]:
    choice = {"type": "function", "function": {"name": "find_job"}}
    return options(url, model=f"anthropic/{TOOL_MODEL}", tools=[TOOL], tool_choice=choice, **more)


def tool_calls(answer: Any) -> list[tuple[str, Any]]:
    calls = answer.choices[0].message.tool_calls
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls]


def with_tools(url: str) -> list[tuple[str, Any]]:
    return tool_calls(litellm.completion(**forced(url)))


def with_tools_streamed(url: str) -> list[tuple[str, Any]]:
    return tool_calls(litellm.stream_chunk_builder(list(litellm.completion(**forced(url, stream=True)))))


def streamed(url: str) -> str:
    chunks = litellm.completion(**options(url, stream=True))
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def async_streamed(url: str) -> str:
    async def run() -> str:
        chunks = await litellm.acompletion(**options(url, stream=True))
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    return asyncio.run(run())


def test_plain_call(bench: Bench) -> None:
    assert "tools" not in bench.record_and_replay(plain).request


@pytest.mark.parametrize("ask", [with_tools, with_tools_streamed])
def test_call_with_tools(bench: Bench, ask: Any) -> None:
    call = bench.record_and_replay(ask, answer=[("find_job", ARGUMENTS)])
    assert call.request["tool_choice"] == {"type": "tool", "name": "find_job"}
    assert call.request.get("stream", False) is (ask is with_tools_streamed)


@pytest.mark.parametrize("ask", [streamed, async_streamed])
def test_streamed_call(bench: Bench, ask: Any) -> None:
    assert bench.record_and_replay(ask).request["stream"] is True
