"""LiteLLM, with an HTTP stack of its own: plain, with tools, streamed; sync and async."""

import asyncio
from typing import Any

import pytest

from tests.integrations.conftest import KEY, MODEL, Bench

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
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}


def options(url: str, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hello"}]
    return {
        "model": f"anthropic/{MODEL}",
        "api_key": KEY,
        "api_base": url,
        "max_tokens": 64,
        "messages": messages,
    } | more


def plain(url: str) -> str:
    return str(litellm.completion(**options(url)).choices[0].message.content)


def with_tools(url: str) -> str:
    return str(litellm.completion(**options(url, tools=[TOOL])).choices[0].message.content)


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


def test_call_with_tools(bench: Bench) -> None:
    assert bench.record_and_replay(with_tools).request["tools"][0]["name"] == "find_job"


@pytest.mark.parametrize("ask", [streamed, async_streamed])
def test_streamed_call(bench: Bench, ask: Any) -> None:
    assert bench.record_and_replay(ask).request["stream"] is True
