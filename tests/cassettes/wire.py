"""Clients of the SDK for tests, on transports that record and replay."""

import asyncio
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic

from harness.calls.call import Call
from harness.cassettes.format import Cassette, RecordedRequest
from harness.emulator.pieces import Pieces
from harness.prompt.reader import PromptReader
from harness.sessions.miss import find_miss
from harness.sessions.record import RecordTransport
from harness.sessions.replay import CassetteMissError, ReplayTransport
from tests.cassettes.examples import dump, message
from tests.conftest import BASE_URL
from tests.recordings import counter

URL = f"{BASE_URL}/v1/messages"
# In the order in which the SDK sends it.
REQUEST: dict[str, Any] = {
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello"}],
    "model": "claude-sonnet-5-5",
}
HINT = "pytest --harness-mode=record"
STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":' + dump(message("") | {"content": []}) + b"}\n\n",
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n',
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"Hi"}}\n\n',
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
    b'"usage":{"output_tokens":7}}\n\n',
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
)


def replay(recorded: Cassette | None, calls: list[Call] | None = None) -> ReplayTransport:
    def make_miss(request: RecordedRequest) -> CassetteMissError:
        finding = find_miss(request, recorded, "suite/case", reader=PromptReader(counter()), count_sharing=lambda _: 0)
        return CassetteMissError.of(finding, hint=HINT, sent=request)

    noted = [] if calls is None else calls
    return ReplayTransport(recorded, on_call=noted.append, make_miss=make_miss)


def sync_sdk(transport: httpx2.BaseTransport) -> Anthropic:
    return Anthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.Client(transport=transport))


def async_sdk(transport: httpx2.AsyncBaseTransport) -> AsyncAnthropic:
    return AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.AsyncClient(transport=transport))


def sync_create(transport: httpx2.BaseTransport) -> str:
    with sync_sdk(transport) as client:
        return client.messages.create(**REQUEST).content[0].text


def sync_stream(transport: httpx2.BaseTransport) -> str:
    with sync_sdk(transport) as client, client.messages.stream(**REQUEST) as stream:
        return "".join(stream.text_stream)


def async_create(transport: httpx2.AsyncBaseTransport) -> str:
    async def run() -> str:
        async with async_sdk(transport) as client:
            return (await client.messages.create(**REQUEST)).content[0].text

    return asyncio.run(run())


def async_stream(transport: httpx2.AsyncBaseTransport) -> str:
    async def run() -> str:
        async with async_sdk(transport) as client, client.messages.stream(**REQUEST) as stream:
            return "".join([piece async for piece in stream.text_stream])

    return asyncio.run(run())


WAYS = pytest.mark.parametrize("ask", [sync_create, sync_stream, async_create, async_stream])


# --- replay --------------------------------------------------------------------------------------------------


class Upstream(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Answers as the real API does, with headers that must not be kept."""

    def __init__(
        self, *chunks: bytes, status: int = 200, content_type: str = "application/json", encoding: str | None = None
    ) -> None:
        self.chunks = chunks
        self.status = status
        self.content_type = content_type
        self.encoding = {} if encoding is None else {"Content-Encoding": encoding}
        self.seen: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._answer(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._answer(request)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        headers = {
            "Content-Type": self.content_type,
            "Request-Id": "req_1",
            "Anthropic-Organization-Id": "org-secret",
            "Anthropic-Workspace-Id": "workspace-secret",
            "Set-Cookie": "cookie-secret",
            "CF-Ray": "ray-secret",
            **self.encoding,
        }
        return httpx2.Response(self.status, headers=headers, stream=Pieces(self.chunks))


def record(
    upstream: httpx2.BaseTransport | httpx2.AsyncBaseTransport, calls: list[Call] | None = None
) -> RecordTransport:
    return RecordTransport(upstream, origin="emulator", on_call=([] if calls is None else calls).append)
