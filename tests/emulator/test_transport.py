import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic, BadRequestError, NotFoundError

from harness.emulator.core import Emulator
from harness.emulator.http import Pause
from harness.emulator.pieces import Pieces
from harness.emulator.transport import EmulatorTransport
from tests.conftest import BASE_URL, Wire

SYSTEM: Any = [
    {
        "type": "text",
        "text": "You compare resumes with jobs, carefully and briefly. " * 100,
        "cache_control": {"type": "ephemeral"},
    }
]
REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 99,
    "system": SYSTEM,
    "messages": [{"role": "user", "content": "Hello"}],
}
ANSWER = "This is the emulator's answer to a message of 5 characters."

Exchange = tuple[str, int, int]


def sync_create(transport: httpx2.BaseTransport) -> Exchange:
    with sync_sdk(transport) as client:
        message = client.messages.create(**REQUEST)
        return message.content[0].text, *cache_tokens(message.usage)


def sync_stream(transport: httpx2.BaseTransport) -> Exchange:
    with sync_sdk(transport) as client, client.messages.stream(**REQUEST) as stream:
        text = "".join(stream.text_stream)
        return text, *cache_tokens(stream.get_final_message().usage)


def async_create(transport: httpx2.AsyncBaseTransport) -> Exchange:
    async def run() -> Exchange:
        async with async_sdk(transport) as client:
            message = await client.messages.create(**REQUEST)
            return message.content[0].text, *cache_tokens(message.usage)

    return asyncio.run(run())


def async_stream(transport: httpx2.AsyncBaseTransport) -> Exchange:
    async def run() -> Exchange:
        async with async_sdk(transport) as client, client.messages.stream(**REQUEST) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            return text, *cache_tokens((await stream.get_final_message()).usage)

    return asyncio.run(run())


WAYS = pytest.mark.parametrize("exchange", [sync_create, sync_stream, async_create, async_stream])


def sync_sdk(transport: httpx2.BaseTransport) -> Anthropic:
    return Anthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.Client(transport=transport))


def async_sdk(transport: httpx2.AsyncBaseTransport) -> AsyncAnthropic:
    return AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.AsyncClient(transport=transport))


def cache_tokens(usage: Any) -> tuple[int, int]:
    return usage.cache_creation_input_tokens, usage.cache_read_input_tokens


@WAYS
def test_the_unchanged_sdk_is_answered_and_billed(emulator: Emulator, exchange: Callable[..., Exchange]) -> None:
    transport = EmulatorTransport(emulator)
    text, written, read = exchange(transport)
    assert (text, read) == (ANSWER, 0)
    assert written > 1_000
    assert exchange(transport) == (ANSWER, 0, written)


@pytest.mark.parametrize("first", [sync_create, sync_stream, async_create, async_stream])
@WAYS
def test_all_ways_share_one_prompt_cache(
    emulator: Emulator, first: Callable[..., Exchange], exchange: Callable[..., Exchange]
) -> None:
    transport = EmulatorTransport(emulator)
    _, written, _ = first(transport)
    assert exchange(transport) == (ANSWER, 0, written)


def test_the_sdk_raises_the_errors_that_it_raises_of_the_api(anthropic: Anthropic, wire: Wire) -> None:
    with pytest.raises(BadRequestError) as caught:
        anthropic.messages.create(**{**REQUEST, "system": SYSTEM * 5})
    assert caught.value.body == {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        },
        "request_id": caught.value.request_id,
    }
    assert len(wire.sent) == 1


def test_an_endpoint_that_is_not_served_is_not_found(anthropic: Anthropic) -> None:
    with pytest.raises(NotFoundError, match="Not Found"):
        anthropic.beta.files.list()


def test_the_sdk_counts_tokens(anthropic: Anthropic) -> None:
    counted = anthropic.messages.count_tokens(**{key: REQUEST[key] for key in ("model", "system", "messages")})
    message = anthropic.messages.create(**REQUEST)
    assert counted.input_tokens == message.usage.input_tokens + sum(cache_tokens(message.usage))


def test_a_stream_arrives_event_by_event(emulator: Emulator) -> None:
    with httpx2.Client(transport=EmulatorTransport(emulator)) as http:
        body = json.dumps(REQUEST | {"stream": True})
        with http.stream("POST", f"{BASE_URL}/v1/messages", content=body) as response:
            pieces = list(response.iter_raw())
    assert [piece.split(b"\n", 1)[0] for piece in pieces] == [
        b"event: message_start",
        b"event: content_block_start",
        b"event: ping",
        b"event: content_block_delta",
        b"event: content_block_stop",
        b"event: message_delta",
        b"event: message_stop",
    ]


def test_the_request_id_reaches_the_caller(anthropic: Anthropic) -> None:
    message = anthropic.messages.create(**REQUEST)
    assert str(message._request_id).startswith("req_emulated_")


def test_pieces_are_given_to_sync_and_async_readers_alike() -> None:
    pieces = Pieces((b"a", Pause(0.0), b"", b"b"))

    async def read() -> list[bytes]:
        return [piece async for piece in pieces]

    assert list(pieces) == asyncio.run(read()) == [b"a", b"", b"b"]


def test_equal_calls_sent_at_once_all_pay_the_write(emulator: Emulator) -> None:
    async def run() -> list[Exchange]:
        async with async_sdk(EmulatorTransport(emulator)) as client:
            # The first call of a process takes more turns of the event loop than the others.
            await client.messages.create(**{**REQUEST, "system": "Be brief."})
            messages = await asyncio.gather(*(client.messages.create(**REQUEST) for _ in range(3)))
            later = await client.messages.create(**REQUEST)
            return [("", *cache_tokens(message.usage)) for message in (*messages, later)]

    *at_once, later = asyncio.run(run())
    written = at_once[0][1]
    assert written > 1_000
    assert at_once == [("", written, 0)] * 3
    assert later == ("", 0, written)
