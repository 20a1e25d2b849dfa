"""Calls of libraries that nobody here wrote, each cold and then warm; prints what each read and wrote as JSON lines.

Runs in an environment of its own, because the libraries do not all agree on their dependencies.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

URL = os.environ["ANTHROPIC_BASE_URL"]
MODEL = "claude-sonnet-4-6"
HAIKU = "claude-haiku-4-5"
TEXT = "You compare resumes with jobs, carefully and briefly. " * 200
MARKED = [{"type": "text", "text": TEXT, "cache_control": {"type": "ephemeral"}}]
HELLO = [{"role": "user", "content": "Hello"}]
TOOL = {
    "name": "find_job",
    "description": "Find a job.",
    "input_schema": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
}
Tokens = tuple[int, int]
"""Read and written."""


def system(name: str) -> list[dict[str, Any]]:
    """A prompt that no other client has, so that each begins cold."""
    return [{**MARKED[0], "text": f"{name}. {TEXT}"}]


def of(usage: Any) -> Tokens:
    return usage.cache_read_input_tokens, usage.cache_creation_input_tokens


def sdk_create() -> Tokens:
    from anthropic import Anthropic

    message = Anthropic().messages.create(model=MODEL, max_tokens=50, system=system("create"), messages=HELLO)
    return of(message.usage)


def sdk_stream() -> Tokens:
    from anthropic import Anthropic

    with Anthropic().messages.stream(model=MODEL, max_tokens=50, system=system("stream"), messages=HELLO) as stream:
        assert "".join(stream.text_stream)
        return of(stream.get_final_message().usage)


def sdk_async() -> Tokens:
    from anthropic import AsyncAnthropic

    async def ask() -> Tokens:
        async with AsyncAnthropic() as client:
            options: Any = {"model": MODEL, "max_tokens": 50, "system": system("async"), "messages": HELLO}
            return of((await client.messages.create(**options)).usage)

    return asyncio.run(ask())


def sdk_raw() -> Tokens:
    from anthropic import Anthropic

    raw = Anthropic().messages.with_raw_response.create(
        model=MODEL, max_tokens=50, system=system("raw"), messages=HELLO
    )
    assert raw.headers["request-id"].startswith("req_")
    assert raw.headers["anthropic-ratelimit-requests-limit"]
    return of(raw.parse().usage)


def sdk_parse() -> Tokens:
    from anthropic import Anthropic
    from pydantic import BaseModel

    class Score(BaseModel):
        score: int
        reason: str

    message = Anthropic().messages.parse(
        model=MODEL, max_tokens=200, system=system("parse"), messages=HELLO, output_format=Score
    )
    assert isinstance(message.parsed_output, Score)
    return of(message.usage)


def sdk_tool_runner() -> Tokens:
    from anthropic import Anthropic, beta_tool

    asked = []

    @beta_tool
    def get_weather(city: str) -> str:
        """Say how the weather is."""
        asked.append(city)
        return "cold"

    runner = Anthropic().beta.messages.tool_runner(
        model=MODEL,
        max_tokens=200,
        system=system("tool runner"),
        tools=[get_weather],
        messages=[{"role": "user", "content": "How is the weather?"}],
    )
    first, *_, last = list(runner)
    assert asked == ["x"]
    assert last.content[0].text == "It is cold."
    return of(first.usage)


def sdk_batch() -> Tokens:
    from anthropic import Anthropic

    client = Anthropic()
    params: Any = {"model": MODEL, "max_tokens": 50, "system": system("batch"), "messages": HELLO}
    batch = client.messages.batches.create(requests=[{"custom_id": "a", "params": params}])
    assert client.messages.batches.retrieve(batch.id).processing_status == "ended"
    (result,) = client.messages.batches.results(batch.id)
    return of(result.result.message.usage)


def sdk_count_and_models() -> Tokens:
    from anthropic import Anthropic

    client = Anthropic()
    prompt = system("count")
    counted = client.messages.count_tokens(model=MODEL, system=prompt, messages=HELLO).input_tokens
    usage = client.messages.create(model=MODEL, max_tokens=50, system=prompt, messages=HELLO).usage
    assert counted == usage.input_tokens + sum(of(usage))
    assert client.models.retrieve(MODEL).id == MODEL
    assert MODEL in {model.id for model in client.models.list()}
    return of(usage)


def litellm_completion() -> Tokens:
    import litellm

    usage = litellm.completion(
        model=f"anthropic/{MODEL}",
        messages=[{"role": "system", "content": system("litellm")}, *HELLO],
        api_base=URL,
        max_tokens=50,
    ).usage
    return usage.cache_read_input_tokens, usage.cache_creation_input_tokens


def litellm_json_schema() -> Tokens:
    import litellm
    from pydantic import BaseModel

    class Score(BaseModel):
        score: int

    answer = litellm.completion(
        model=f"anthropic/{MODEL}",
        messages=[{"role": "system", "content": system("litellm json")}, *HELLO],
        api_base=URL,
        max_tokens=200,
        response_format=Score,
    )
    assert isinstance(json.loads(answer.choices[0].message.content)["score"], int)
    return answer.usage.cache_read_input_tokens, answer.usage.cache_creation_input_tokens


def pydantic_ai_agent() -> Tokens:
    from pydantic import BaseModel
    from pydantic_ai import Agent
    from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
    from pydantic_ai.providers.anthropic import AnthropicProvider

    class Score(BaseModel):
        score: int

    model = AnthropicModel(MODEL, provider=AnthropicProvider(api_key="offline", base_url=URL))
    agent = Agent(
        model,
        output_type=Score,
        instructions=system("pydantic-ai")[0]["text"],
        model_settings=AnthropicModelSettings(anthropic_cache_instructions=True, max_tokens=200),
    )
    run = agent.run_sync("Hello")
    assert isinstance(run.output, Score)
    return run.usage.cache_read_tokens, run.usage.cache_write_tokens


def langchain_invoke() -> Tokens:
    from langchain_anthropic import ChatAnthropic
    from langchain_core.messages import HumanMessage, SystemMessage

    model = ChatAnthropic(model=MODEL, base_url=URL, api_key="offline", max_tokens=50)
    answer = model.invoke([SystemMessage(content=system("langchain")), HumanMessage(content="Hello")])
    details = answer.usage_metadata["input_token_details"]
    written = details.get("cache_creation", 0) + details.get("ephemeral_5m_input_tokens", 0)
    return details["cache_read"], written


def llama_index_chat() -> Tokens:
    from llama_index.core.base.llms.types import CacheControl, CachePoint, ChatMessage, TextBlock
    from llama_index.llms.anthropic import Anthropic

    llm = Anthropic(model=MODEL, base_url=URL, api_key="offline", max_tokens=50)
    # It drops markers from the system prompt.
    static, marker = TextBlock(text=TEXT), CachePoint(cache_control=CacheControl(type="ephemeral"))
    answer = llm.chat([ChatMessage(role="user", blocks=[static, marker, TextBlock(text="Hello")])])
    usage = answer.raw["usage"]
    return of(usage)


def instructor_create() -> Tokens:
    import instructor
    from anthropic import Anthropic
    from pydantic import BaseModel

    class Score(BaseModel):
        score: int

    client = instructor.from_anthropic(Anthropic())
    score, message = client.messages.create_with_completion(
        model=MODEL, max_tokens=200, system=system("instructor"), messages=HELLO, response_model=Score
    )
    assert isinstance(score, Score)
    return of(message.usage)


CLIENTS: tuple[Callable[[], Tokens], ...] = (
    sdk_create,
    sdk_stream,
    sdk_async,
    sdk_raw,
    sdk_parse,
    sdk_tool_runner,
    sdk_batch,
    sdk_count_and_models,
    litellm_completion,
    litellm_json_schema,
    pydantic_ai_agent,
    langchain_invoke,
    llama_index_chat,
    instructor_create,
)

if __name__ == "__main__":
    wanted = sys.argv[1:]
    for client in CLIENTS:
        if client.__name__ not in wanted:
            continue
        for temperature in ("cold", "warm"):
            try:
                read, written = client()
            except Exception as error:  # noqa: BLE001
                print(json.dumps({"client": client.__name__, "error": f"{type(error).__name__}: {error}"}), flush=True)
                break
            row = {"client": client.__name__, "call": temperature, "read": read, "written": written}
            print(json.dumps(row), flush=True)
