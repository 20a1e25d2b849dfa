"""Bedrock, Google Cloud and Foundry behind the emulator: by their own clients, at its socket."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.emulator.core import Emulator
from harness.emulator.server import EmulatorServer
from harness.settings import emulator_environment

SYSTEM = "You compare resumes with jobs, carefully and briefly. " * 500
MARKED: Any = [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}]
HELLO: Any = [{"role": "user", "content": "Hello"}]
BEDROCK = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
VERTEX = "claude-sonnet-4-5@20250929"
Tokens = tuple[int, int]
"""Read and written."""


@pytest.fixture
def server(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    with EmulatorServer(emulator) as running:
        given, _ = emulator_environment(running.url)
        keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k", "AWS_DEFAULT_REGION": "eu-west-1"}
        for name, value in (given | keys).items():
            monkeypatch.setenv(name, value)
        yield running


def of(usage: Any) -> Tokens:
    return usage.cache_read_input_tokens, usage.cache_creation_input_tokens


def bedrock() -> Tokens:
    from anthropic import AnthropicBedrock

    pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
    client = AnthropicBedrock(aws_access_key="k", aws_secret_key="k", aws_region="eu-west-1")
    return of(client.messages.create(model=BEDROCK, max_tokens=50, system=MARKED, messages=HELLO).usage)


def bedrock_stream() -> Tokens:
    from anthropic import AnthropicBedrock

    pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
    client = AnthropicBedrock(aws_access_key="k", aws_secret_key="k", aws_region="eu-west-1")
    with client.messages.stream(model=BEDROCK, max_tokens=50, system=MARKED, messages=HELLO) as stream:
        assert "".join(stream.text_stream)
        return of(stream.get_final_message().usage)


def vertex() -> Tokens:
    from anthropic import AnthropicVertex

    client = AnthropicVertex(access_token="t", region="europe-west1", project_id="p")
    return of(client.messages.create(model=VERTEX, max_tokens=50, system=MARKED, messages=HELLO).usage)


def vertex_async_stream() -> Tokens:
    from anthropic import AsyncAnthropicVertex

    async def ask() -> Tokens:
        client = AsyncAnthropicVertex(access_token="t", region="europe-west1", project_id="p")
        async with client, client.messages.stream(model=VERTEX, max_tokens=50, system=MARKED, messages=HELLO) as stream:
            return of((await stream.get_final_message()).usage)

    return asyncio.run(ask())


def foundry() -> Tokens:
    from anthropic import AnthropicFoundry

    client = AnthropicFoundry(api_key="k")
    return of(client.messages.create(model="claude-sonnet-4-6", max_tokens=50, system=MARKED, messages=HELLO).usage)


def converse() -> Tokens:
    boto3 = pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
    usage = boto3.client("bedrock-runtime").converse(**CONVERSE)["usage"]
    return usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]


def converse_stream() -> Tokens:
    boto3 = pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
    events = list(boto3.client("bedrock-runtime").converse_stream(**CONVERSE)["stream"])
    (usage,) = [event["metadata"]["usage"] for event in events if "metadata" in event]
    return usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]


CONVERSE: Any = {
    "modelId": BEDROCK,
    "system": [{"text": SYSTEM}, {"cachePoint": {"type": "default"}}],
    "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
}


@pytest.mark.parametrize(
    "ask", [bedrock, bedrock_stream, vertex, vertex_async_stream, foundry, converse, converse_stream]
)
@pytest.mark.usefixtures("server")
def test_a_cold_call_writes_what_a_warm_call_reads(ask: Callable[[], Tokens]) -> None:
    cold, warm = ask(), ask()
    assert cold[0] == warm[1] == 0
    assert cold[1] == warm[0] > 4_000


@pytest.mark.usefixtures("server")
def test_all_ways_to_one_surface_share_its_prompt_cache() -> None:
    written = bedrock()[1]
    assert converse() == bedrock_stream() == (written, 0)
    assert vertex()[0] == 0


def test_an_error_has_the_form_of_the_surface(server: EmulatorServer) -> None:
    boto3 = pytest.importorskip("boto3", reason="boto3 comes with the group integrations")
    client = boto3.client("bedrock-runtime", endpoint_url=server.url)
    with pytest.raises(client.exceptions.ValidationException, match="at least one message is required"):
        client.converse(**{**CONVERSE, "messages": []})
