"""A transport that serves a cassette to the SDK's HTTP client, sync and async.

Both in one class, since a transport's two doors lead to the same state.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Self

import httpx2
from anthropic import AnthropicError

from harness.errors import HarnessError
from harness.prompt.reader import PromptReader
from harness.sessions.interactions import BUILT_IN_ONLY, OnCall, make_call, recorded_request

if TYPE_CHECKING:
    from harness.cassettes.format import Cassette, Interaction, RecordedRequest, RecordedResponse
    from harness.cassettes.scrub import Scrubber
    from harness.findings.finding import Finding

MakeMiss = Callable[["RecordedRequest"], "CassetteMissError"]
"""The error for a request that is not in the cassette, with all that there is to say of it."""


class CassetteMissError(HarnessError, AnthropicError):
    """A request that the cassette does not hold.

    Also an ``AnthropicError``: the SDK retries any other exception of a transport twice and
    shows it as "Connection error.".
    """

    sent: RecordedRequest | None = None
    """The request."""

    @classmethod
    def of(cls, finding: Finding, *, hint: str, sent: RecordedRequest) -> Self:
        """The error for what there is to say of a miss; ``hint`` is what to type."""
        error = cls(str(finding), hint=hint, findings=(finding,))
        error.sent = sent
        return error


class RecordedStream(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A recorded body, given out chunk by chunk; ends as it ended when it was recorded."""

    def __init__(self, response: RecordedResponse, *, is_realtime: bool) -> None:
        self._response = response
        self._is_realtime = is_realtime

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._response.chunks:
            if self._is_realtime and chunk.after_ms:
                time.sleep(chunk.after_ms / 1000)
            yield chunk.data
        raise_failure(self._response)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._response.chunks:
            if self._is_realtime and chunk.after_ms:
                await asyncio.sleep(chunk.after_ms / 1000)
            yield chunk.data
        raise_failure(self._response)


class ReplayTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Serves a cassette: exact bytes in, recorded bytes out, equal requests in the order recorded."""

    def __init__(
        self,
        cassette: Cassette | None,
        *,
        on_call: OnCall,
        make_miss: MakeMiss,
        reader: PromptReader | None = None,
        is_realtime: bool = False,
        scrubber: Scrubber = BUILT_IN_ONLY,
    ) -> None:
        """Serve ``cassette``; ``None`` stands for one that was never recorded."""
        self._cassette = cassette
        self._on_call = on_call
        self._reader = reader or PromptReader()
        self._make_miss = make_miss
        self._is_realtime = is_realtime
        self._scrubber = scrubber
        self.misses: list[CassetteMissError] = []
        """Every miss so far, for whoever must not trust the caller to pass the error on."""
        self._lock = Lock()
        self._waiting: dict[tuple[str, str, str], list[Interaction]] = defaultdict(list)
        for interaction in reversed(cassette.interactions if cassette else ()):
            self._waiting[interaction.request.key].append(interaction)

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """What was recorded and has not been asked for."""
        with self._lock:
            left = {id(interaction) for waiting in self._waiting.values() for interaction in waiting}
        return tuple(item for item in (self._cassette.interactions if self._cassette else ()) if id(item) in left)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request from the cassette."""
        return self._answer(self._scrubber.request(recorded_request(request, request.read())))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request from the cassette."""
        return self._answer(self._scrubber.request(recorded_request(request, await request.aread())))

    def _answer(self, request: RecordedRequest) -> httpx2.Response:
        with self._lock:
            waiting = self._waiting.get(request.key)
            interaction = waiting.pop() if waiting else None
        if interaction is None:
            error = self._make_miss(request)
            self.misses.append(error)
            raise error
        response = interaction.response
        if response.status is None:
            raise_failure(response)
        assert self._cassette is not None
        if call := make_call(request, response, self._cassette.header.origin, self._reader):
            self._on_call(call)
        headers = dict(response.headers)
        if response.status is not None and response.status >= 400:
            # The client is not to wait before it tries again: what comes next is recorded too.
            headers |= {"retry-after-ms": "1"}
        stream = RecordedStream(response, is_realtime=self._is_realtime)
        return httpx2.Response(response.status or 200, headers=headers, stream=stream)


def raise_failure(response: RecordedResponse) -> None:
    """Raise what broke a recorded response, if anything did, as the HTTP client raised it then."""
    if response.failure is not None:
        kind = getattr(httpx2, response.failure.kind, None)
        if isinstance(kind, type) and issubclass(kind, httpx2.TransportError):
            raise kind(response.failure.message)
        raise httpx2.ReadError(f"{response.failure.kind}: {response.failure.message}")
