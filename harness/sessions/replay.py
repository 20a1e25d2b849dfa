"""A transport that serves a cassette to the SDK's HTTP client, sync and async.

One class is both, because both sides share one state.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Self

import httpx2
from anthropic import AnthropicError

from harness.errors import CassetteError, HarnessError
from harness.prompt.reader import PromptReader
from harness.sessions.interactions import BUILT_IN_ONLY, OnCall, make_call, recorded_request, scrubber_for

if TYPE_CHECKING:
    from harness.cassettes.format import Cassette, Interaction, RecordedRequest, RecordedResponse
    from harness.cassettes.scrub import Scrubber
    from harness.findings.finding import Finding

MakeMiss = Callable[["RecordedRequest"], "CassetteMissError"]
"""Makes the error for a request that is not in the cassette."""


class CassetteMissError(HarnessError, AnthropicError):
    """A request that the cassette does not hold.

    Also an ``AnthropicError``: the SDK retries any other exception of a transport twice and
    reports it as "Connection error.".
    """

    sent: RecordedRequest | None = None
    """The request that was not found."""
    number = 0
    """How many requests for messages the test had sent before it."""

    @classmethod
    def of(cls, finding: Finding, *, hint: str, sent: RecordedRequest, number: int = 0) -> Self:
        """Make the error of a finding; ``hint`` is the command to try."""
        error = cls(str(finding), hint=hint, findings=(finding,))
        error.sent, error.number = sent, number
        return error


class RecordedStream(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A recorded body, read chunk by chunk; it ends, or breaks, as it did when it was recorded."""

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
        """Serve ``cassette``; ``None`` means that it was never recorded."""
        self._cassette = cassette
        self._on_call = on_call
        self._reader = reader or PromptReader()
        self._make_miss = make_miss
        self._is_realtime = is_realtime
        self._scrubber = scrubber
        self.misses: list[CassetteMissError] = []
        """Every miss so far; kept because the caller may swallow the error."""
        self._lock = Lock()
        self._interactions = cassette.interactions if cassette else ()
        self._waiting: dict[tuple[str, str, str], list[Interaction]] = defaultdict(list)
        for interaction in reversed(self._interactions):
            self._waiting[interaction.request.key].append(interaction)

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The recorded interactions that have not been requested."""
        with self._lock:
            left = {id(interaction) for waiting in self._waiting.values() for interaction in waiting}
        return tuple(item for item in self._interactions if id(item) in left)

    def has_path(self, path: str) -> bool:
        """Whether the cassette holds a request with this path."""
        return any(interaction.request.path == path for interaction in self._interactions)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request from the cassette."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request from the cassette."""
        return self._answer(request, await request.aread())

    def _answer(self, sent: httpx2.Request, body: bytes) -> httpx2.Response:
        request = self._read(sent, body)
        interaction = self._take(request)
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
            # The client need not wait before it retries: the next answer is recorded too.
            headers |= {"retry-after-ms": "1"}
        stream = RecordedStream(response, is_realtime=self._is_realtime)
        return httpx2.Response(response.status or 200, headers=headers, stream=stream)

    def _read(self, sent: httpx2.Request, body: bytes) -> RecordedRequest:
        """Read a request in the form in which it was stored, without the keys of its client."""
        try:
            request = recorded_request(sent, body)
        except CassetteError as error:
            miss = CassetteMissError(f"{sent.method} to {sent.url.host} cannot be matched: {error.message}")
            self.misses.append(miss)
            raise miss from None
        scrubber = scrubber_for(self._scrubber, sent)
        known = scrubber.request(request)
        if scrubber is self._scrubber or self._holds(known):
            return known
        # The key of a recording and that of a replay differ: one of them may be a word that the prompt uses too.
        plain = self._scrubber.request(request)
        return plain if self._holds(plain) else known

    def _holds(self, request: RecordedRequest) -> bool:
        with self._lock:
            return request.key in self._waiting or request.key in self._older

    def _take(self, request: RecordedRequest) -> Interaction | None:
        with self._lock:
            waiting = self._waiting.get(request.key) or self._waiting.get(self._older.get(request.key, request.key))
            return waiting.pop() if waiting else None

    @cached_property
    def _older(self) -> dict[tuple[str, str, str], tuple[str, str, str]]:
        """The keys of stored requests that are scrubbed further today, by what they are today.

        Read only if a request is not found: cassettes that were recorded with other rules, or imported.
        """
        keys = ((self._scrubber.request(item.request).key, item.request.key) for item in self._interactions)
        return {now: stored for now, stored in keys if now != stored}


def raise_failure(response: RecordedResponse) -> None:
    """Raise the error that broke a recorded response, if any, as the HTTP client did."""
    if response.failure is not None:
        kind = getattr(httpx2, response.failure.kind, None)
        if isinstance(kind, type) and issubclass(kind, httpx2.TransportError):
            raise kind(response.failure.message)
        raise httpx2.ReadError(f"{response.failure.kind}: {response.failure.message}")
