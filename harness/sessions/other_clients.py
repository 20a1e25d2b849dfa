"""Sessions for any other HTTP client: its requests to Claude are replayed or recorded as ours.

Requests are taken in the HTTP libraries of the process, so only one session can be open at a time.
A response is passed on only when it is complete: streams are buffered while they are recorded.
The transports for the official SDK also match, store and explain misses here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from errno import ECONNRESET
from itertools import count
from operator import itemgetter
from os import strerror
from threading import Lock
from typing import Self
from urllib.parse import urlsplit

import httpx2

from harness.cassettes.decoding import decompress
from harness.cassettes.format import Chunk, Interaction, RecordedRequest, RecordedResponse
from harness.cassettes.interchange import read_response
from harness.cassettes.scrub import Scrubber
from harness.emulator.answers import Responder
from harness.emulator.clock import wall_clock
from harness.emulator.core import Emulator
from harness.emulator.http import read_whole
from harness.emulator.pieces import Pieces
from harness.errors import CassetteError
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import API_URL, Origin, find_endpoint, is_message_call
from harness.sessions.interactions import OnCall
from harness.sessions.interception.claims import api_path, is_claudes, is_emulated
from harness.sessions.interception.event_loop_clients import intercept_event_loop_clients
from harness.sessions.interception.http_client import intercept_http_client
from harness.sessions.interception.httpx_transports import intercept_httpx
from harness.sessions.interception.outgoing import Outgoing
from harness.sessions.record import RecordTransport
from harness.sessions.replay import CassetteMissError
from harness.sessions.rewrite import rewritten
from harness.sessions.session import CallSession, SessionOptions
from harness.settings import read_api_addresses

_OF_TRANSFER = frozenset({"host", "content-encoding", "content-length", "transfer-encoding"})
"""Headers that describe how a body was sent, not what it is."""


class ForeignSession(CallSession):
    """The calls of one test through any HTTP client, while its context is open."""

    def __init__(
        self, options: SessionOptions, name: str, *, hint: str = "record it again", responder: Responder | None = None
    ) -> None:
        """Open the cassette ``name``; ``hint`` is the command to try if it does not hold a request.

        Raises:
            CassetteError: in ``replay`` mode, the cassette is unreadable or damaged.
        """
        # A response is played in one piece, so there are no gaps to keep.
        super().__init__(replace(options, is_realtime=False), name, hint=hint, responder=responder)
        self.base_url = API_URL
        """URL for a client that does not call the API by default; in ``replay`` mode the host is not matched."""
        self._refused: list[CassetteMissError] = []
        self._open = ExitStack()
        self._is_open = False
        self._places = count()
        self._emulator = None if self._replay is not None or self.origin != "emulator" else self._make()
        if self._replay is None:
            self._recorder = _OrderedRecorder(
                origin=self.origin, on_call=self.note_call, reader=options.reader, scrubber=options.scrubber
            )
            self._recorder.on_begin = self._pause.note_answer

    @property
    def misses(self) -> tuple[CassetteMissError, ...]:
        """Requests that were not answered, even if the caller swallowed the error."""
        return (*super().misses, *self._refused)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            for intercept in (intercept_http_client, intercept_httpx, intercept_event_loop_clients):
                opening.enter_context(intercept(self))
            self._open = opening.pop_all()
        self._is_open = True
        return self

    def __exit__(self, *_: object) -> None:
        self._is_open = False
        self._open.close()

    def claims(self, request: Outgoing) -> bool | None:
        """Whether a request is Claude's, and no host that is ignored gets it; any other passes untouched."""
        if not self._is_open or self._options.is_ignored(urlsplit(request.url).hostname or ""):
            return False
        return is_claudes(request, (self.base_url, *read_api_addresses()))

    def begin(self) -> int:
        """Count a request: calls are kept in the order in which they began."""
        return next(self._places)

    def answer(self, request: Outgoing, place: int) -> RecordedResponse | None:
        """Answer a request from the cassette or the emulator; ``None`` if the real API answers.

        Raises:
            CassetteMissError: the cassette does not hold the request, or the emulator cannot answer it.
        """
        if self._replay is not None:
            response = self._replay.handle_request(self._read(request))
            return _whole(response.status_code, response.headers, response.read())
        return None if self._emulator is None else self._emulate(request, place)

    def note(self, request: Outgoing, place: int, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Record the response of the real API.

        Raises:
            CassetteMissError: the response cannot be read.
        """
        try:
            recorded = read_response(status, headers, body)
        except CassetteError as error:
            raise self._refuse(
                error.message, hint=error.hint or "let the client ask for accept-encoding: identity"
            ) from None
        self._add(self._read(request), recorded, place)

    def _emulate(self, request: Outgoing, place: int) -> RecordedResponse:
        assert self._emulator is not None
        if not is_emulated(request.method, request.url):
            raise self._refuse(
                f"{request.method} to {urlsplit(request.url).hostname} is not a call of the Messages API, "
                "so the emulator cannot answer it",
                hint="point the client at harness_cassette.base_url, and let it call the Messages API",
            )
        sent = self._read(request)
        headers = {name.lower(): value for name, value in sent.headers.items()}
        answer = self._emulator.handle(sent.method, sent.url.raw_path.decode("ascii"), sent.content, headers)
        whole = read_whole(answer, sleep=time.sleep)
        if whole.is_dropped:
            raise ConnectionResetError(ECONNRESET, strerror(ECONNRESET))
        chunks = tuple(map(Chunk, whole.chunks))
        recorded = RecordedResponse(status=answer.status, headers=answer.headers, chunks=chunks)
        self._add(sent, recorded, place)
        return recorded

    def _add(self, sent: httpx2.Request, response: RecordedResponse, place: int) -> None:
        assert isinstance(self._recorder, _OrderedRecorder)
        self._recorder.add(sent, response, place)

    def _read(self, request: Outgoing) -> httpx2.Request:
        """Read a request as one to the API itself, whatever gateway it goes to."""
        if request.body is None:
            raise self._refuse(
                f"the body of {request.method} {urlsplit(request.url).path} can be read only once, so it has no record",
                hint="send the body as bytes",
            )
        path = httpx2.URL(request.url).raw_path.decode("ascii")
        # Cassettes that were recorded with the path of a gateway are played with it.
        if self._replay is None or not self._replay.has_path(path):
            path = api_path(path)
        body = self._decode(request, request.body)
        # Headers and user info are not recorded, but they hold the keys that must not be found elsewhere.
        url = httpx2.URL(f"{API_URL}{path}").copy_with(userinfo=httpx2.URL(request.url).userinfo)
        headers = {name: value for name, value in request.headers.items() if name not in _OF_TRANSFER}
        sent = httpx2.Request(request.method, url, headers=headers, content=body)
        rewrite = self._options.rewrite
        return sent if rewrite is None else rewritten(sent, body, rewrite)

    def _decode(self, request: Outgoing, body: bytes) -> bytes:
        try:
            return decompress(body, request.headers.get("content-encoding", ""))
        except CassetteError as error:
            raise self._refuse(
                f"the body of {request.method} {urlsplit(request.url).path} cannot be read: {error.message}",
                hint="send the body without content-encoding",
            ) from None

    def _hint_for(self, request: RecordedRequest, hint: str) -> str:
        """Never name the emulator to record what it cannot answer."""
        is_known = find_endpoint(request.method, request.path) is not None
        return hint if is_known else hint.replace("=emulator", "=anthropic")

    def _count_before(self, request: RecordedRequest) -> int:
        """Count what was not answered only once: clients such as boto3 ask again."""
        numbers: dict[tuple[str, str, str], int] = {}
        for error in self.misses:
            if error.sent is not None and is_message_call(error.sent.method, error.sent.path):
                numbers.setdefault(error.sent.key, error.number)
        return numbers.get(request.key, len(self.calls) + len(numbers))

    def _refuse(self, message: str, *, hint: str) -> CassetteMissError:
        error = CassetteMissError(message, hint=hint)
        self._refused.append(error)
        return error

    def _make(self) -> Emulator:
        return Emulator(reader=self._options.reader, clock=wall_clock(), responder=self._responder)


class _Given(httpx2.BaseTransport):
    """The upstream of a recorder, with responses that have been fetched already."""

    def __init__(self) -> None:
        self.response = RecordedResponse(status=200, headers={}, chunks=())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        chunks = tuple(chunk.data for chunk in self.response.chunks)
        return httpx2.Response(self.response.status or 200, headers=dict(self.response.headers), stream=Pieces(chunks))


class _OrderedRecorder(RecordTransport):
    """A recorder that gets calls when they end, but keeps them in the order in which they began."""

    def __init__(self, *, origin: Origin, on_call: OnCall, reader: PromptReader, scrubber: Scrubber) -> None:
        self._given = _Given()
        super().__init__(self._given, origin=origin, on_call=on_call, reader=reader, scrubber=scrubber)
        self._places: list[int] = []
        self._adding = Lock()

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """The interactions recorded so far, in the order in which the requests were sent."""
        pairs = sorted(zip(self._places, super().interactions, strict=True), key=itemgetter(0))
        return tuple(interaction for _, interaction in pairs)

    def add(self, request: httpx2.Request, response: RecordedResponse, place: int) -> None:
        """Record one call, whose request has number ``place``."""
        with self._adding:
            self._given.response = response
            self.handle_request(request).read()
            self._places.append(place)


def _whole(status: int, headers: Mapping[str, str], body: bytes) -> RecordedResponse:
    return RecordedResponse(status=status, headers=dict(headers), chunks=(Chunk(body),))
