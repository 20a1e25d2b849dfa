"""Pydantic AI: plain, with tools, streamed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from tests.integrations.conftest import KEY, MODEL, Ask, Bench

pydantic_ai = pytest.importorskip(
    "pydantic_ai", reason="pydantic-ai is not installed: pip install prompt-cache-harness[integrations]"
)

# What Pydantic AI leaves open or deprecated is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore")


def with_agent(run: Callable[[Any], Awaitable[str]]) -> Ask:
    """Ask through an agent whose client is closed before its loop ends."""
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    async def ask(url: str) -> str:
        async with AsyncAnthropic(api_key=KEY, base_url=url) as client:
            provider = AnthropicProvider(anthropic_client=client)
            return await run(pydantic_ai.Agent(AnthropicModel(MODEL, provider=provider)))

    return lambda url: asyncio.run(ask(url))


async def plain(agent: Any) -> str:
    return str((await agent.run("Hello")).output)


async def with_tools(agent: Any) -> str:
    @agent.tool_plain
    def find_job(title: str) -> str:
        return title

    return str((await agent.run("Hello")).output)


async def streamed(agent: Any) -> str:
    async with agent.run_stream("Hello") as stream:
        return "".join([piece async for piece in stream.stream_text(delta=True)])


def test_plain_call(bench: Bench) -> None:
    assert "tools" not in bench.record_and_replay(with_agent(plain)).request


def test_call_with_tools(bench: Bench) -> None:
    assert bench.record_and_replay(with_agent(with_tools)).request["tools"][0]["name"] == "find_job"


def test_streamed_call(bench: Bench) -> None:
    assert bench.record_and_replay(with_agent(streamed)).request["stream"] is True
