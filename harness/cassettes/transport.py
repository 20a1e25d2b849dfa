"""Transports for the SDK's HTTP client: replay a cassette, record one, and note every call.

Sync and async in one class, since a transport's two doors lead to the same state.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Lock
from typing import Any

import httpx2
from anthropic import AnthropicError

from harness.cassettes.format import Cassette, Interaction, RecordedRequest, RecordedResponse
from harness.cassettes.miss import describe_miss
from harness.emulator.transport import Chunks
from harness.errors import HarnessError
from harness.prompt.call import Call, Origin, read_stream_usage, read_usage
from harness.prompt.tokens import CountText

KEPT_RESPONSE_HEADERS = frozenset({"content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry"})
"""Response headers that are recorded; no other is, so that none can hold an organisation's id."""

OnCall = Callable[[Call], None]


class CassetteMissError(HarnessError, AnthropicError):
    """A request that the cassette does not hold.

    Also an ``AnthropicError``: the SDK retries any other exception of a transport twice and
    shows it as "Connection error.".
    """


class ReplayTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Serves a cassette: exact bytes in, recorded bytes out, equal requests in the order recorded."""

    def __init__(
        self, cassette: Cassette | None, *, name: str, on_call: OnCall, count_text: CountText, hint: str
    ) -> None:
        """Serve ``cassette``; ``None`` stands for one that was never recorded, and ``hint`` is how to record it."""
        self._count_text = count_text
        self._cassette = cassette
        self._name = name
        self._on_call = on_call
        self._hint = hint
        self.misses: list[CassetteMissError] = []
        """Every miss so far, for whoever must not trust the caller to pass the error on."""
        self._lock = Lock()
        self._waiting: dict[str, list[Interaction]] = defaultdict(list)
        for interaction in reversed(cassette.interactions if cassette else ()):
            self._waiting[interaction.request.key].append(interaction)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request from the cassette."""
        return self._answer(_recorded(request, request.read()))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request from the cassette."""
        return self._answer(_recorded(request, await request.aread()))

    def _answer(self, request: RecordedRequest) -> httpx2.Response:
        with self._lock:
            waiting = self._waiting.get(request.key)
            interaction = waiting.pop() if waiting else None
        if interaction is None:
            error = CassetteMissError(describe_miss(request, self._cassette, self._name, self._count_text), hint=self._hint)
            self.misses.append(error)
            raise error
        response = interaction.response
        if self._cassette is not None and (call := make_call(interaction, self._cassette.header.origin)):
            self._on_call(call)
        return httpx2.Response(response.status, headers=dict(response.headers), stream=Chunks(response.chunks))


class RecordTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Passes requests to an upstream and notes what came back, chunk by chunk, while it is read."""

    def __init__(
        self, upstream: httpx2.BaseTransport | httpx2.AsyncBaseTransport, *, origin: Origin, on_call: OnCall
    ) -> None:
        self._upstream = upstream
        self._origin = origin
        self._on_call = on_call
        self._lock = Lock()
        self._interactions: list[Interaction | None] = []

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What was recorded so far, in the order in which the requests were sent."""
        return tuple(interaction for interaction in self._interactions if interaction is not None)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request upstream."""
        if not isinstance(self._upstream, httpx2.BaseTransport):
            raise TypeError("the upstream of this recorder is async only")
        recorded, slot = self._open(request, request.read())
        response = self._upstream.handle_request(request)
        stream = response.stream
        assert isinstance(stream, httpx2.SyncByteStream)
        return _with_stream(response, _SyncTee(stream, lambda chunks: self._close(slot, recorded, response, chunks)))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request upstream."""
        if not isinstance(self._upstream, httpx2.AsyncBaseTransport):
            raise TypeError("the upstream of this recorder is sync only")
        recorded, slot = self._open(request, await request.aread())
        response = await self._upstream.handle_async_request(request)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        return _with_stream(response, _AsyncTee(stream, lambda chunks: self._close(slot, recorded, response, chunks)))

    def _open(self, request: httpx2.Request, body: bytes) -> tuple[RecordedRequest, int]:
        # Compressed bodies would be unreadable in a pull request, and several decoders are lossy.
        request.headers["accept-encoding"] = "identity"
        with self._lock:
            self._interactions.append(None)
            return _recorded(request, body), len(self._interactions) - 1

    def _close(
        self, slot: int, request: RecordedRequest, response: httpx2.Response, chunks: tuple[bytes, ...]
    ) -> None:
        headers = {
            name.lower(): value for name, value in response.headers.items() if name.lower() in KEPT_RESPONSE_HEADERS
        }
        recorded = RecordedResponse(status=response.status_code, headers=headers, chunks=chunks)
        interaction = Interaction(request=request, response=recorded)
        with self._lock:
            self._interactions[slot] = interaction
        if call := make_call(interaction, self._origin):
            self._on_call(call)


def make_call(interaction: Interaction, origin: Origin) -> Call | None:
    """The call that an interaction was; ``None`` if it was not an answered Messages request."""
    request, response = interaction.request, interaction.response
    if request.path.split("?", 1)[0] != "/v1/messages" or response.status != 200:
        return None
    body = b"".join(response.chunks)
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        usage = read_stream_usage(_events(body))
    else:
        usage = read_usage(json.loads(body))
    return Call(request=json.loads(request.body), usage=usage, status=response.status, origin=origin)


def _events(body: bytes) -> list[dict[str, Any]]:
    lines = (line for line in body.splitlines() if line.startswith(b"data:"))
    return [json.loads(line[5:]) for line in lines]


def _recorded(request: httpx2.Request, body: bytes) -> RecordedRequest:
    return RecordedRequest(method=request.method, path=request.url.raw_path.decode("ascii"), body=body)


def _with_stream(response: httpx2.Response, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> httpx2.Response:
    return httpx2.Response(
        response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
    )


class _SyncTee(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, on_end: Callable[[tuple[bytes, ...]], None]) -> None:
        self._stream = stream
        self._on_end = on_end

    def __iter__(self) -> Iterator[bytes]:
        chunks = []
        for chunk in self._stream:
            chunks.append(chunk)
            yield chunk
        self._on_end(tuple(chunks))

    def close(self) -> None:
        self._stream.close()


class _AsyncTee(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, on_end: Callable[[tuple[bytes, ...]], None]) -> None:
        self._stream = stream
        self._on_end = on_end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = []
        async for chunk in self._stream:
            chunks.append(chunk)
            yield chunk
        self._on_end(tuple(chunks))

    async def aclose(self) -> None:
        await self._stream.aclose()
