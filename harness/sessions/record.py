"""A transport that passes requests to an upstream and records the answers, chunk by chunk, as they are read.

One class is both sync and async, because both sides share one state.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

import httpx2
from anthropic import AnthropicError

from harness.cassettes.aws_streams import as_text
from harness.cassettes.decoding import is_text
from harness.cassettes.format import (
    KEPT_RESPONSE_HEADERS,
    Chunk,
    Failure,
    Interaction,
    RecordedRequest,
    RecordedResponse,
)
from harness.emulator.pieces import Pieces
from harness.errors import CassetteError, HarnessError
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import is_message_call
from harness.sessions.decoded import decoded, with_stream
from harness.sessions.interactions import BUILT_IN_ONLY, OnCall, make_call, recorded_request, scrubber_for

if TYPE_CHECKING:
    from harness.cassettes.scrub import Scrubber
    from harness.provider.endpoints import Origin
    from harness.sessions.live import LiveRequest, LiveRoute

_ABANDONED = httpx2.ReadError("the recording ends here: its reader stopped reading")
"""Ends the recording of a stream that was not read to its end, so that a replay does not look complete."""


class NotRecordedError(HarnessError, AnthropicError):
    """An answer that cannot be recorded. Also an ``AnthropicError``, so that the SDK does not ask again."""


class RecordTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Passes requests to an upstream and records the answers, chunk by chunk, as they are read."""

    def __init__(
        self,
        upstream: httpx2.BaseTransport | httpx2.AsyncBaseTransport,
        *,
        origin: Origin,
        on_call: OnCall,
        reader: PromptReader | None = None,
        scrubber: Scrubber = BUILT_IN_ONLY,
        route: LiveRoute | None = None,
    ) -> None:
        """Record the answers of ``upstream``; if that is the real API, ``route`` prepares the requests."""
        self.on_begin: Callable[[], object] = lambda: None
        """Called when an answer begins."""
        self._scrubber = scrubber
        self._route = route
        self._upstream = upstream
        self._origin = origin
        self._on_call = on_call
        self._reader = reader or PromptReader()
        self._lock = Lock()
        self._interactions: list[Interaction | None] = []
        self.refused: list[NotRecordedError] = []
        """Answers that cannot be recorded; kept because the caller may swallow the error."""

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """The interactions recorded so far, in the order in which the requests were sent."""
        return tuple(interaction for interaction in self._interactions if interaction is not None)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request upstream."""
        if not isinstance(self._upstream, httpx2.BaseTransport):
            raise TypeError("the upstream of this recorder is async only")
        recording, request = self._open(request, request.read())
        try:
            response = decoded(self._upstream.handle_request(request))
            if recording.is_doubtful(response.status_code):
                assert isinstance(response.stream, httpx2.SyncByteStream)
                answer = b"".join(response.stream)
                response.stream.close()
                again = recording.retry_without_question(request, answer)
                if again:
                    response = decoded(self._upstream.handle_request(again))
                else:
                    response = with_stream(response, Pieces((answer,)))
        except httpx2.TransportError as error:
            recording.end(error)
            raise
        except CassetteError as error:
            raise recording.refuse(error) from None
        assert isinstance(response.stream, httpx2.SyncByteStream)
        self._begin(recording, response)
        return with_stream(response, _SyncTee(response.stream, recording))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request upstream."""
        if not isinstance(self._upstream, httpx2.AsyncBaseTransport):
            raise TypeError("the upstream of this recorder is sync only")
        recording, request = self._open(request, await request.aread())
        try:
            response = decoded(await self._upstream.handle_async_request(request))
            if recording.is_doubtful(response.status_code):
                assert isinstance(response.stream, httpx2.AsyncByteStream)
                answer = b"".join([chunk async for chunk in response.stream])
                await response.stream.aclose()
                again = recording.retry_without_question(request, answer)
                if again:
                    response = decoded(await self._upstream.handle_async_request(again))
                else:
                    response = with_stream(response, Pieces((answer,)))
        except httpx2.TransportError as error:
            recording.end(error)
            raise
        except CassetteError as error:
            raise recording.refuse(error) from None
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        self._begin(recording, response)
        return with_stream(response, _AsyncTee(response.stream, recording))

    def close(self) -> None:
        """Close the upstream's connections; it opens new ones for the next request."""
        if isinstance(self._upstream, httpx2.BaseTransport):
            self._upstream.close()

    async def aclose(self) -> None:
        """Close the upstream's connections, which belong to the running event loop."""
        if isinstance(self._upstream, httpx2.AsyncBaseTransport):
            await self._upstream.aclose()

    def _open(self, request: httpx2.Request, body: bytes) -> tuple[_Recording, httpx2.Request]:
        """Start the recording of a request, and return it with the request to send."""
        # Compressed bodies would be unreadable in a pull request, and several decoders are lossy.
        request.headers["accept-encoding"] = "identity"
        recorded, live_request = self._read(request, body), None
        if self._route is not None:
            recorded = self._route.localise(recorded)
            live_request = self._route.admit(recorded)
            request = _with_body(request, live_request.body)
        with self._lock:
            self._interactions.append(None)
            slot = len(self._interactions) - 1
        scrubber = scrubber_for(self._scrubber, request)
        recorded = scrubber.request(recorded)
        return _Recording(
            recorded,
            lambda interaction, refusal: self._close(slot, interaction, refusal, live_request, scrubber),
            live_request,
        ), request

    def _read(self, request: httpx2.Request, body: bytes) -> RecordedRequest:
        try:
            return recorded_request(request, body)
        except CassetteError as error:
            refusal = NotRecordedError(
                f"{request.method} to {request.url.host} cannot be recorded: {error.message}",
                hint="send the body without content-encoding",
            )
            self.refused.append(refusal)
            raise refusal from None

    def _begin(self, recording: _Recording, response: httpx2.Response) -> None:
        recording.begin(response)
        self.on_begin()

    def _close(
        self,
        slot: int,
        interaction: Interaction,
        refusal: NotRecordedError | None,
        live_request: LiveRequest | None,
        scrubber: Scrubber,
    ) -> None:
        diagnostics = live_request.end(interaction.response) if live_request is not None else None
        if refusal is not None:
            self.refused.append(refusal)
            return
        interaction = replace(interaction, response=scrubber.response(interaction.response))
        with self._lock:
            self._interactions[slot] = interaction
        if call := make_call(interaction.request, interaction.response, self._origin, self._reader):
            self._on_call(replace(call, diagnostics=diagnostics))


class _Recording:
    """One interaction while it is being recorded."""

    def __init__(
        self,
        request: RecordedRequest,
        on_end: Callable[[Interaction, NotRecordedError | None], None],
        live_request: LiveRequest | None,
    ) -> None:
        self._request = request
        self._on_end = on_end
        self._live_request = live_request
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._chunks: list[Chunk] = []
        self._latest = time.monotonic()
        self._is_ended = False

    def is_doubtful(self, status: int) -> bool:
        """Whether an answer may reject only what was added to the request."""
        return self._live_request is not None and self._live_request.is_doubtful(status)

    def retry_without_question(self, request: httpx2.Request, answer: bytes) -> httpx2.Request | None:
        """The request to send instead, if the answer rejects only that; else ``None``."""
        body = self._live_request.retry_without_question(answer) if self._live_request is not None else None
        return None if body is None else _with_body(request, body)

    def begin(self, response: httpx2.Response) -> None:
        """Record the status and the headers that hold no secret."""
        self._status = response.status_code
        names = ((name.lower(), value) for name, value in response.headers.items())
        self._headers = {name: value for name, value in names if name in KEPT_RESPONSE_HEADERS}
        self._latest = time.monotonic()

    def add(self, data: bytes) -> None:
        """Record a chunk and the time since the previous one."""
        now = time.monotonic()
        self._chunks.append(Chunk(data, round((now - self._latest) * 100) * 10))
        self._latest = now

    def end(self, error: httpx2.TransportError | None = None) -> None:
        """Close the interaction; later calls do nothing.

        Raises:
            NotRecordedError: the answer is not what its headers say.
        """
        if self._is_ended:
            return
        if error is None and is_message_call(self._request.method, self._request.path) and not self._is_text():
            raise self.refuse(CassetteError("it is not text, and no content-encoding says how to decode it"))
        self._end(Failure(type(error).__name__, str(error)) if error is not None else None, None)

    def refuse(self, error: CassetteError) -> NotRecordedError:
        """Close the interaction without recording it; return the error to raise."""
        refusal = NotRecordedError(
            f"the answer to {self._request.method} {self._request.path} cannot be recorded: {error.message}",
            hint="ask the owner of the upstream to respect accept-encoding: identity",
        )
        self._end(Failure(type(refusal).__name__, error.message), refusal)
        return refusal

    def _end(self, failure: Failure | None, refusal: NotRecordedError | None) -> None:
        self._is_ended = True
        chunks = tuple(self._chunks) or ((Chunk(b""),) if self._status is not None else ())
        response = RecordedResponse(status=self._status, headers=self._headers, chunks=chunks, failure=failure)
        self._on_end(Interaction(request=self._request, response=response), refusal)

    def _is_text(self) -> bool:
        response = RecordedResponse(status=self._status, headers=self._headers, chunks=tuple(self._chunks))
        return is_text(as_text(response).body)


class _SyncTee(httpx2.SyncByteStream):
    """Passes chunks on as they arrive, and records them."""

    def __init__(self, stream: httpx2.SyncByteStream, recording: _Recording) -> None:
        self._stream = stream
        self._taking = recording

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._stream:
                self._taking.add(chunk)
                yield chunk
        except httpx2.TransportError as error:
            self._taking.end(error)
            raise
        except CassetteError as error:
            raise self._taking.refuse(error) from None
        self._taking.end()

    def close(self) -> None:
        self._stream.close()
        self._taking.end(_ABANDONED)


class _AsyncTee(httpx2.AsyncByteStream):
    """`_SyncTee` for asyncio."""

    def __init__(self, stream: httpx2.AsyncByteStream, recording: _Recording) -> None:
        self._stream = stream
        self._taking = recording

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                self._taking.add(chunk)
                yield chunk
        except httpx2.TransportError as error:
            self._taking.end(error)
            raise
        except CassetteError as error:
            raise self._taking.refuse(error) from None
        self._taking.end()

    async def aclose(self) -> None:
        await self._stream.aclose()
        self._taking.end(_ABANDONED)


def _with_body(request: httpx2.Request, body: bytes) -> httpx2.Request:
    if body == request.content:
        return request
    headers = httpx2.Headers(request.headers)
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        headers.pop(name, None)
    return httpx2.Request(request.method, request.url, headers=headers, content=body, extensions=request.extensions)
