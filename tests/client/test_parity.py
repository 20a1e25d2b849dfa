"""The two clients differ only in ``await``: the same methods, the same requests, the same metrics."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic

from harness.client.claude import AsyncClaudeClient, ClaudeClient
from harness.client.streams import AsyncTextStream, TextStream
from harness.client.totals import Snapshot
from harness.settings import Settings
from tests.client.conversation import RULES, TOOLS, requests
from tests.conftest import BASE_URL, Wire

SYSTEM: list[dict[str, Any]] = [{"type": "text", "text": RULES}, {"type": "text", "text": "Be brief."}]
HISTORY = list(requests("claude-sonnet-5-5", turns=3))[-1]["messages"]

# Method, arguments, options
CALLS: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("create_message", (RULES, "Hello"), {}),
    ("create_message", (SYSTEM, HISTORY), {"tools": TOOLS, "breakpoints": ("tools", "system", "conversation")}),
    ("create_message", (SYSTEM, iter(HISTORY)), {"tools": tuple(TOOLS), "breakpoints": "automatic"}),
    ("stream_message", (RULES, "Hello"), {"prompt_version": "v2", "breakpoints": {"system": "1h"}}),
    ("stream_message", (SYSTEM, HISTORY), {"tools": TOOLS, "breakpoints": "conversation", "stop_sequences": ["END"]}),
    ("prewarm", (RULES,), {"tools": TOOLS, "tool_choice": {"type": "any"}, "breakpoints": ("tools", "conversation")}),
    ("count_tokens", (RULES, "Hello"), {"tools": TOOLS, "stop_sequences": ["END"]}),
    ("create_message", (RULES, "Hello"), {"metadata": {"user_id": "7"}, "extra_body": {"temperature": 1}}),
)


def names(method: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    return [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_") or name == "__init__"}


@pytest.mark.parametrize(
    ("one", "other", "renamed"),
    [(ClaudeClient, AsyncClaudeClient, {}), (TextStream, AsyncTextStream, {"close": "aclose"})],
)
def test_both_have_the_same_methods_with_the_same_parameters(one: type, other: type, renamed: dict[str, str]) -> None:
    assert {renamed.get(name, name) for name in public(one)} == public(other)
    for name in public(one):
        assert names(getattr(one, name)) == names(getattr(other, renamed.get(name, name)))


def copy(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(iter(HISTORY) if isinstance(one, type(iter([]))) else one for one in arguments)


def run_sync(wire: Wire, settings: Settings) -> Snapshot:
    with (
        httpx2.Client(transport=wire) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
    ):
        client = ClaudeClient(sdk, settings=settings, explain_misses=True, validate=True)
        for name, arguments, options in CALLS:
            result = getattr(client, name)(*copy(arguments), **options)
            if name == "stream_message":
                list(result)
        return client.metrics.snapshot()


def run_async(wire: Wire, settings: Settings) -> Snapshot:
    async def read(result: Awaitable[Any] | AsyncIterator[str]) -> None:
        if isinstance(result, AsyncIterator):
            _ = [piece async for piece in result]
        else:
            await result

    async def run() -> Snapshot:
        async with (
            httpx2.AsyncClient(transport=wire) as http,
            AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
        ):
            client = AsyncClaudeClient(sdk, settings=settings, explain_misses=True, validate=True)
            for name, arguments, options in CALLS:
                await read(getattr(client, name)(*copy(arguments), **options))
            return client.metrics.snapshot()

    return asyncio.run(run())


def test_both_send_the_same_bytes_and_count_the_same(wire: Wire, tmp_path: Path) -> None:
    first = run_sync(wire, Settings(local_cache_dir=tmp_path / "one"))
    sent = [(request.url.path, neutral(request.content)) for request in wire.sent]
    wire.sent.clear()
    second = run_async(wire, Settings(local_cache_dir=tmp_path / "two"))

    assert sent == [(request.url.path, neutral(request.content)) for request in wire.sent]
    # The second run reads what the first one wrote.
    assert {key: totals.calls for key, totals in first.parts.items()} == {
        key: totals.calls for key, totals in second.parts.items()
    }
    assert first.total.usage.total_input_tokens == second.total.usage.total_input_tokens
    assert {path: [one for one, _ in sent].count(path) for path in dict(sent)} == {
        "/v1/messages": 7,
        "/v1/messages/count_tokens": 1,
    }


def neutral(content: bytes) -> bytes:
    """A body without the id of the answer before, which differs from run to run."""
    head, found, rest = content.partition(b'"previous_message_id":')
    return head + found + (b"" if rest.startswith(b"null") or not found else b"id")


def test_a_warming_call_has_no_answer_and_only_tools_and_system_are_marked(wire: Wire, tmp_path: Path) -> None:
    settings = Settings(local_cache_dir=tmp_path)
    with (
        httpx2.Client(transport=wire) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
    ):
        client = ClaudeClient(sdk, settings=settings, breakpoints=("tools", "system", "conversation"))
        message = client.prewarm(
            RULES,
            tools=TOOLS,
            stream=True,
            tool_choice={"type": "tool", "name": "title"},
            thinking={"type": "enabled", "budget_tokens": 2_000},
        )
        written = client.metrics.usage.cache_creation_input_tokens
        client.create_message(RULES, "Hello", tools=TOOLS)

    assert message.content == []
    assert b'"max_tokens":0' in wire.sent[0].content
    assert not any(word in wire.sent[0].content for word in (b'"stream"', b'"thinking"', b'"tool_choice"'))
    assert wire.sent[0].content.count(b"cache_control") == 2
    assert (written > 0, client.metrics.usage.cache_read_input_tokens) == (True, written)
    assert len(list(tmp_path.glob("*.json"))) == 1
