"""LangChain's client for Claude: plain, with tools, streamed."""

from typing import Any

import pytest

from tests.integrations.conftest import KEY, MODEL, Bench

langchain_anthropic = pytest.importorskip(
    "langchain_anthropic",
    reason="langchain-anthropic is not installed: pip install prompt-cache-harness[integrations]",
)

# What LangChain leaves open or deprecated is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore")

TOOL = {
    "name": "find_job",
    "description": "Find a job by its title.",
    "input_schema": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
}


def chat(url: str) -> Any:
    return langchain_anthropic.ChatAnthropic(model=MODEL, api_key=KEY, base_url=url, max_tokens=64)


def plain(url: str) -> str:
    return str(chat(url).invoke("Hello").content)


def with_tools(url: str) -> str:
    return str(chat(url).bind_tools([TOOL]).invoke("Hello").text)


def streamed(url: str) -> str:
    return "".join(str(chunk.text) for chunk in chat(url).stream("Hello"))


def test_plain_call(bench: Bench) -> None:
    assert "tools" not in bench.record_and_replay(plain).request


def test_call_with_tools(bench: Bench) -> None:
    assert bench.record_and_replay(with_tools).request["tools"][0]["name"] == "find_job"


def test_streamed_call(bench: Bench) -> None:
    assert bench.record_and_replay(streamed).request["stream"] is True
