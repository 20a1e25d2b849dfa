"""`ClaudeClient` with answers whose usage is missing, damaged or new: it answers, remembers, and hides nothing."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic

from harness.client.claude import AsyncClaudeClient, ClaudeClient, message_text
from harness.client.metrics import CacheMetrics
from harness.settings import Settings
from tests.conftest import BASE_URL

ABSENT = object()
WHOLE = {"input_tokens": 10, "output_tokens": 5}
DEEP = "nested too deeply"

Ask = Callable[[bytes, str, Settings], tuple[list[str], CacheMetrics]]


def transport(content: bytes) -> httpx2.MockTransport:
    kind = "application/json" if content.startswith(b"{") else "text/event-stream"
    return httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"content-type": kind}, content=content))


def ask_sync(content: bytes, how: str, settings: Settings) -> tuple[list[str], CacheMetrics]:
    with (
        httpx2.Client(transport=transport(content)) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
    ):
        client = ClaudeClient(sdk, settings=settings)
        if how == "stream":
            return ["".join(client.stream_message("Be kind.", "Hello")) for _ in range(2)], client.metrics
        return [message_text(client.create_message("Be kind.", "Hello")) for _ in range(2)], client.metrics


def ask_async(content: bytes, how: str, settings: Settings) -> tuple[list[str], CacheMetrics]:
    async def run() -> tuple[list[str], CacheMetrics]:
        async with (
            httpx2.AsyncClient(transport=transport(content)) as http,
            AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
        ):
            client = AsyncClaudeClient(sdk, settings=settings)
            texts = []
            for _ in range(2):
                if how == "stream":
                    texts.append("".join([text async for text in client.stream_message("Be kind.", "Hello")]))
                else:
                    texts.append(message_text(await client.create_message("Be kind.", "Hello")))
            return texts, client.metrics

    return asyncio.run(run())


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(local_cache_dir=tmp_path / "local")


def with_usage(holder: dict[str, Any], usage: Any) -> dict[str, Any]:
    return holder if usage is ABSENT else {**holder, "usage": usage}


def message(usage: Any, *content: dict[str, Any]) -> dict[str, Any]:
    fields = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": [*content]}
    return with_usage({**fields, "stop_reason": "end_turn", "stop_sequence": None}, usage)


def plain(usage: Any) -> bytes:
    return dump(message(usage, {"type": "text", "text": "Hi there"}))


def stream(start: Any, end: Any) -> bytes:
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    pieces = [{"type": "text_delta", "text": text} for text in ("Hi", " there")]
    events = [
        {"type": "message_start", "message": message(start)},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        with_usage(delta, end),
        {"type": "message_stop"},
    ]
    return b"".join(b"event: %s\ndata: %s\n\n" % (event["type"].encode(), dump(event)) for event in events)


def dump(value: Any) -> bytes:
    """JSON in which the text `DEEP` stands for a value of 1,000 levels."""
    return json.dumps(value).replace(json.dumps(DEEP), '{"a":' * 1_000 + "1" + "}" * 1_000).encode()


def wrong(fault: str) -> str:
    return f"a usage that contradicts itself ({fault})"


MISSING = "usage, which is missing"
NO_INPUT = "usage without input_tokens"
NO_END = "output_tokens, which the end of the stream does not report"
NO_OBJECT = "a usage that contradicts itself (usage is {}, expected an object)"

PLAIN: tuple[tuple[Any, str], ...] = (
    (ABSENT, MISSING),
    (None, MISSING),
    ({}, "usage without input_tokens and output_tokens"),
    ([1], NO_OBJECT.format("list")),
    ("x", NO_OBJECT.format("str")),
    (3, NO_OBJECT.format("int")),
    ({"output_tokens": 5}, NO_INPUT),
    ({**WHOLE, "input_tokens": "7"}, wrong("usage.input_tokens is '7', expected a number of tokens")),
    ({**WHOLE, "input_tokens": 7.0}, wrong("usage.input_tokens is 7.0, expected a number of tokens")),
    ({**WHOLE, "output_tokens": True}, wrong("usage.output_tokens is True, expected a number of tokens")),
    ({**WHOLE, "cache_creation": "x"}, wrong("usage.cache_creation is str, expected an object")),
    ({**WHOLE, "server_tool_use": [2]}, wrong("usage.server_tool_use is list, expected an object")),
    ({**WHOLE, "iterations": "x"}, wrong("usage.iterations is 'x', expected a list of objects")),
    ({**WHOLE, "audio": {"seconds": 4}}, "audio"),
    ({**WHOLE, "service_tier": ["x"]}, "service_tier ['x']"),
    ({**WHOLE, "new": DEEP}, "new"),
)

# Usage of message_start and of message_delta; then: what has no price.
STREAMS: tuple[tuple[Any, Any, str], ...] = (
    (ABSENT, ABSENT, MISSING),
    (None, None, MISSING),
    (ABSENT, {"output_tokens": 5}, NO_INPUT),
    (None, {"output_tokens": 5}, NO_INPUT),
    ({}, {"output_tokens": 5}, NO_INPUT),
    ([1], {"output_tokens": 5}, NO_OBJECT.format("list")),
    ("x", {"output_tokens": 5}, NO_OBJECT.format("str")),
    (WHOLE, ABSENT, NO_END),
    (WHOLE, None, NO_END),
    (WHOLE, {}, NO_END),
    (WHOLE, [1], NO_OBJECT.format("list")),
    (WHOLE, "x", NO_OBJECT.format("str")),
    ({**WHOLE, "new": DEEP}, {"output_tokens": 5}, "new"),
    (WHOLE, {"output_tokens": 5, "new": DEEP}, "new"),
    (WHOLE, {"output_tokens": 5, "input_tokens": 3}, "input_tokens, which fell from 10 to 3 within the stream"),
    (
        {**WHOLE, "server_tool_use": {"gpu_seconds": 3}},
        {"output_tokens": 5, "server_tool_use": {"web_search_requests": 0}},
        "server_tool_use.gpu_seconds",
    ),
)


@pytest.mark.parametrize(("usage", "reason"), PLAIN)
def test_answer_with_an_odd_usage_is_given_and_remembered(
    usage: Any, reason: str, ask: Ask, settings: Settings
) -> None:
    texts, metrics = ask(plain(usage), "plain", settings)

    assert (texts, metrics.local_hits) == (["Hi there"] * 2, 1)
    # The local hit names it too.
    assert (metrics.not_priced, metrics.saved) == ({reason: 2}, 0)


@pytest.mark.parametrize(("start", "end", "reason"), STREAMS)
def test_stream_with_an_odd_usage_is_given_and_remembered(
    start: Any, end: Any, reason: str, ask: Ask, settings: Settings
) -> None:
    texts, metrics = ask(stream(start, end), "stream", settings)

    assert (texts, metrics.local_hits) == (["Hi there"] * 2, 1)
    assert (metrics.not_priced, metrics.saved) == ({reason: 2}, 0)


def test_block_that_the_sdk_does_not_know_is_remembered(ask: Ask, settings: Settings) -> None:
    content = dump(message(WHOLE, {"type": "hologram_2031", "depth": 3}, {"type": "text", "text": "Hi there"}))

    texts, metrics = ask(content, "plain", settings)

    assert (texts, metrics.local_hits) == (["Hi there"] * 2, 1)


def test_answer_with_a_container_is_remembered(settings: Settings) -> None:
    container = {"id": "c", "expires_at": "2026-11-23T10:00:00.25Z"}
    content = dump({**message(WHOLE, {"type": "text", "text": "Hi there"}), "container": container})

    texts, metrics = ask_sync(content, "plain", settings)

    (stored,) = settings.local_cache_dir.iterdir()
    assert (texts, metrics.local_hits) == (["Hi there"] * 2, 1)
    assert json.loads(stored.read_bytes())["response"]["container"] == {
        **container,
        "expires_at": "2026-11-23T10:00:00.250000Z",
    }
