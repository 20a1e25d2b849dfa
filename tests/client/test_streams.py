"""Streams of text: pieces, context managers, final messages, and what is billed if the caller leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic

from harness.client.claude import AsyncClaudeClient, ClaudeClient, message_text
from harness.errors import UsageError
from harness.settings import Settings
from tests.conftest import BASE_URL

PIECES = ["Hel", "lo ", "there", "!"]
START = {"input_tokens": 7, "cache_read_input_tokens": 1_000, "output_tokens": 1}


def events(stop: str = "end_turn") -> list[dict[str, Any]]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": []}
    deltas = ({"type": "text_delta", "text": piece} for piece in PIECES)
    return [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": START}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]


class Server(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Streams the events one by one, and counts how many were read."""

    def __init__(self, shown: int | None = None, error: Exception | None = None) -> None:
        self.shown, self.error = shown, error
        self.requests = self.read = 0

    def _chunks(self) -> Iterator[bytes]:
        self.requests += 1
        for event in events()[: self.shown]:
            self.read += 1
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
        if self.error is not None:
            raise self.error

    async def _async_chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks():
            yield chunk

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._chunks())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=self._async_chunks())


def make(server: Server, folder: Path) -> ClaudeClient:
    sdk = Anthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.Client(transport=server), max_retries=0)
    return ClaudeClient(sdk, settings=Settings(local_cache_dir=folder))


def make_async(server: Server, folder: Path) -> AsyncClaudeClient:
    http = httpx2.AsyncClient(transport=server)
    sdk = AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http, max_retries=0)
    return AsyncClaudeClient(sdk, settings=Settings(local_cache_dir=folder))


@pytest.fixture
def server() -> Server:
    return Server()


def test_pieces_come_as_they_arrive(server: Server, tmp_path: Path) -> None:
    stream = make(server, tmp_path).stream_message("Be kind.", "Hello")

    assert server.requests == 0
    assert next(stream) == "Hel"
    assert server.read == 3
    assert list(stream) == PIECES[1:]


def test_a_local_hit_comes_in_the_same_pieces_with_the_same_message(server: Server, tmp_path: Path) -> None:
    client = make(server, tmp_path)
    first, second = (client.stream_message("Be kind.", "Hello") for _ in range(2))

    assert (list(first), list(second)) == (PIECES, PIECES)
    assert first.get_final_message().model_dump() == second.get_final_message().model_dump()
    assert (server.requests, client.metrics.local_hits) == (1, 1)
    assert client.create_message("Be kind.", "Hello").model_dump() == second.get_final_message().model_dump()


def test_with_a_context_manager_the_final_message_is_offered(server: Server, tmp_path: Path) -> None:
    with make(server, tmp_path).stream_message("Be kind.", "Hello") as stream:
        assert next(stream) == "Hel"
        message = stream.get_final_message()

    assert (message.id, message_text(message), message.stop_reason) == ("msg_1", "Hello there!", "end_turn")
    assert message.usage.output_tokens == 9
    assert stream.get_final_text() == "Hello there!"


def test_async_streams_do_the_same(server: Server, tmp_path: Path) -> None:
    async def run() -> None:
        client = make_async(server, tmp_path)
        assert [piece async for piece in client.stream_message("Be kind.", "Hello")] == PIECES
        async with client.stream_message("Be kind.", "Hello") as stream:
            assert await anext(stream) == "Hel"
            message = await stream.get_final_message()
        assert (message.id, await stream.get_final_text()) == ("msg_1", "Hello there!")
        assert (server.requests, client.metrics.local_hits) == (1, 1)

    asyncio.run(run())


def test_a_stream_that_the_caller_leaves_is_billed_by_what_had_arrived(server: Server, tmp_path: Path) -> None:
    client = make(server, tmp_path)
    with client.stream_message("Be kind.", "Hello") as stream:
        assert [next(stream), next(stream), next(stream)] == PIECES[:3]

    total = client.metrics.total
    assert (total.calls, total.partial, total.not_priced) == (1, 1, {})
    # One token at least for each of the three deltas.
    assert (total.usage.input_tokens, total.usage.cache_read_input_tokens, total.usage.output_tokens) == (7, 1_000, 3)
    assert total.saved > 0
    assert not list(tmp_path.iterdir())
    assert message_text(stream.get_final_message()) == "Hello the" + "re"


def test_an_async_stream_that_is_cancelled_is_billed_by_what_had_arrived(server: Server, tmp_path: Path) -> None:
    async def run() -> AsyncClaudeClient:
        client = make_async(server, tmp_path)

        async def read() -> None:
            async for _ in client.stream_message("Be kind.", "Hello"):
                raise asyncio.CancelledError

        async def leave() -> None:
            async with client.stream_message("Be kind.", "Hello") as stream:
                await anext(stream)

        with pytest.raises(asyncio.CancelledError):
            await read()
        await leave()
        await asyncio.sleep(0)
        return client

    total = asyncio.run(run()).metrics.total
    assert (total.calls, total.partial, total.usage.input_tokens) == (2, 2, 14)


def test_a_stream_that_was_never_begun_costs_nothing(server: Server, tmp_path: Path) -> None:
    client = make(server, tmp_path)
    with client.stream_message("Be kind.", "Hello") as stream:
        pass

    assert (server.requests, client.metrics.calls) == (0, 0)
    with pytest.raises(UsageError, match=r"^the stream was closed before its answer began"):
        stream.get_final_message()


def test_a_connection_that_breaks_is_billed_and_its_error_passes(tmp_path: Path) -> None:
    client = make(Server(4, httpx2.ReadError("reset")), tmp_path)

    with pytest.raises(httpx2.ReadError):
        list(client.stream_message("Be kind.", "Hello"))

    total = client.metrics.total
    assert (total.calls, total.partial, total.usage.input_tokens, total.usage.output_tokens) == (1, 1, 7, 2)


def test_an_error_before_the_answer_is_not_counted(tmp_path: Path) -> None:
    client = make(Server(0, httpx2.ReadError("reset")), tmp_path)

    with pytest.raises(httpx2.ReadError):
        list(client.stream_message("Be kind.", "Hello"))

    assert client.metrics.calls == 0
