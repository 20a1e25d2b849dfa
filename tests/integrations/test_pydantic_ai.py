"""Pydantic AI: plain, with tools, streamed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from anthropic import AsyncAnthropic
from pydantic import BaseModel, Field

from tests.integrations.conftest import ARGUMENTS, KEY, MODEL, TOOL_MODEL, Ask, Bench

pydantic_ai = pytest.importorskip(
    "pydantic_ai", reason="pydantic-ai is not installed: pip install prompt-cache-harness[integrations]"
)

# What Pydantic AI leaves open or deprecated is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore")


class Job(BaseModel):
    """An output type: its fields are the parameters of a tool that the agent forces."""

    title: str
    level: Literal["junior", "senior"]
    years: int = Field(ge=3)


def with_agent(run: Callable[[Any], Awaitable[Any]], model: str = MODEL, **more: Any) -> Ask:
    """Ask through an agent whose client is closed before its loop ends."""
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    async def ask(url: str) -> Any:
        async with AsyncAnthropic(api_key=KEY, base_url=url) as client:
            provider = AnthropicProvider(anthropic_client=client)
            return await run(pydantic_ai.Agent(AnthropicModel(model, provider=provider), **more))

    return lambda url: asyncio.run(ask(url))


async def plain(agent: Any) -> str:
    return str((await agent.run("Hello")).output)


async def with_tools(agent: Any) -> Any:
    return (await agent.run("Hello")).output


async def with_tools_streamed(agent: Any) -> Any:
    async with agent.run_stream("Hello") as stream:
        return await stream.get_output()


async def streamed(agent: Any) -> str:
    async with agent.run_stream("Hello") as stream:
        return "".join([piece async for piece in stream.stream_text(delta=True)])


def test_plain_call(bench: Bench) -> None:
    assert "tools" not in bench.record_and_replay(with_agent(plain)).request


@pytest.mark.parametrize("run", [with_tools, with_tools_streamed])
def test_call_with_tools(bench: Bench, run: Any) -> None:
    ask = with_agent(run, TOOL_MODEL, output_type=Job, model_settings={"max_tokens": 99})
    call = bench.record_and_replay(ask, answer=Job.model_validate(ARGUMENTS))
    assert (call.request["tool_choice"]["type"], call.request["tools"][0]["name"]) == ("any", "final_result")
    assert call.request.get("stream", False) is (run is with_tools_streamed)


def test_streamed_call(bench: Bench) -> None:
    assert bench.record_and_replay(with_agent(streamed)).request["stream"] is True
