"""Sessions for any other HTTP client: vcrpy intercepts its requests, which are then replayed or recorded as ours.

vcrpy patches the HTTP libraries of the process, so only one session can be open at a time. It
passes a response on only when it is complete: streams are buffered while they are recorded. The
transports for the official SDK also match, store and explain misses here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from operator import itemgetter
from threading import Lock
from typing import Any, Self
from unittest import mock

import httpx2
import vcr
from vcr.cassette import Cassette as VcrCassette
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request

from harness.cassettes.format import Chunk, Interaction, RecordedResponse
from harness.cassettes.interchange import read_body, read_response, vcr_response
from harness.cassettes.scrub import Scrubber
from harness.emulator.chunks import Chunks
from harness.emulator.core import Emulator
from harness.emulator.responder import Responder, respond
from harness.errors import CassetteError
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import API_URL, Origin
from harness.sessions.interactions import OnCall
from harness.sessions.record import RecordTransport
from harness.sessions.replay import CassetteMissError
from harness.sessions.rewrite import rewritten
from harness.sessions.session import CallSession, SessionOptions


class ForeignSession(CallSession):
    """The calls of one test through any HTTP client, while its context is open."""

    def __init__(
        self, options: SessionOptions, name: str, *, hint: str = "record it again", responder: Responder = respond
    ) -> None:
        """Open the cassette ``name``; ``hint`` is the command to try if it does not hold a request.

        Raises:
            CassetteError: in ``replay`` mode, the cassette is unreadable or damaged.
        """
        # vcrpy plays a response in one piece, so there are no gaps to keep.
        super().__init__(replace(options, is_realtime=False), name, hint=hint, responder=responder)
        self.base_url = API_URL
        """URL for a client that does not call the API by default; in ``replay`` mode the host is not matched."""
        self._refused: list[CassetteMissError] = []
        self._open = ExitStack()
        self._emulator = None if self._replay is not None or self.origin != "emulator" else self._make()
        if self._replay is None:
            self._recorder = _OrderedRecorder(
                origin=self.origin, on_call=self.calls.append, reader=options.reader, scrubber=options.scrubber
            )
            self._recorder.on_begin = self._pause.note_answer

    @property
    def misses(self) -> tuple[CassetteMissError, ...]:
        """Requests that were not answered, even if the caller swallowed the error."""
        return (*super().misses, *self._refused)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(_use(self, self.name))
            if self._replay is None:
                opening.enter_context(_plain_bodies())
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def is_replaying(self) -> bool:
        """Whether requests are answered from the cassette."""
        return self._replay is not None

    def is_emulating(self, request: Request) -> bool:
        """Whether the emulator answers a request to the API, so that the real host gets none."""
        return self._emulator is not None and str(request.uri).startswith(f"{API_URL}/")

    def play(self, request: Request, place: int) -> dict[str, Any]:
        """Answer the request with number ``place`` from the cassette or the emulator, in vcrpy's form.

        Raises:
            CassetteMissError: the cassette does not hold the request.
        """
        if self._replay is None:
            return self._emulate(request, place)
        response = self._replay.handle_request(self._read(request))
        recorded = RecordedResponse(status=response.status_code, headers=dict(response.headers), chunks=())
        return {**vcr_response(recorded), "body": {"string": response.read()}}

    def _emulate(self, request: Request, place: int) -> dict[str, Any]:
        assert self._emulator is not None
        sent = self._read(request)
        answer = self._emulator.handle(sent.method, sent.url.raw_path.decode("ascii"), sent.content)
        chunks = tuple(Chunk(chunk) for chunk in answer.chunks)
        recorded = RecordedResponse(status=answer.status, headers=answer.headers, chunks=chunks)
        assert isinstance(self._recorder, _OrderedRecorder)
        self._recorder.add(sent, recorded, place)
        return {**vcr_response(recorded), "body": {"string": recorded.body}}

    def admit(self, request: Request) -> None:
        """Allow a request to its host, unless the emulator should answer.

        Raises:
            CassetteMissError: the request bypasses the emulator.
        """
        if self._emulator is not None:
            host = httpx2.URL(request.uri).host
            raise self._refuse(
                f"{request.method} to {host} bypasses the emulator, which should answer it",
                hint="point the client at harness_cassette.base_url",
            )

    def note(self, request: Request, response: dict[str, Any], place: int) -> None:
        """Record the response to the request with number ``place``."""
        try:
            recorded = read_response(
                response["status"]["code"], response["headers"], response["body"].get("string", b"")
            )
        except CassetteError as error:
            raise self._refuse(
                error.message, hint=error.hint or "let the client ask for accept-encoding: identity"
            ) from None
        assert isinstance(self._recorder, _OrderedRecorder)
        self._recorder.add(self._read(request), recorded, place)

    def _read(self, request: Request) -> httpx2.Request:
        try:
            body = read_body(request.body)
        except CassetteError as error:
            raise self._refuse(error.message, hint="send the body as bytes") from None
        sent = httpx2.Request(request.method, request.uri, content=body)
        rewrite = self._options.rewrite
        return sent if rewrite is None else rewritten(sent, body, rewrite)

    def _refuse(self, message: str, *, hint: str) -> CassetteMissError:
        error = CassetteMissError(message, hint=hint)
        self._refused.append(error)
        return error

    def _make(self) -> Emulator:
        return Emulator(reader=self._options.reader, clock=time.monotonic, responder=self._responder)


class _Cassette(VcrCassette):  # type: ignore[misc]
    """vcrpy's cassette without its search, which compares a request with every recorded one, body by body."""

    def __init__(self, *, session: ForeignSession, **options: Any) -> None:
        super().__init__(**options)
        self._session = session
        self._places: dict[Request, int] = {}
        self._places_lock = Lock()

    def can_play_response_for(self, request: Request) -> bool:
        """Whether the cassette or the emulator answers; ``play_response`` raises for a request that is not recorded."""
        if self._session.is_replaying or self._session.is_emulating(request):
            return True
        self._session.admit(request)
        # Only works for clients whose headers vcrpy itself sends, such as requests.
        request.headers["accept-encoding"] = "identity"
        self._place(request)
        return False

    def play_response(self, request: Request) -> dict[str, Any]:
        """Take the recorded response in one step, so that two threads never get the same one."""
        return self._session.play(request, self._place(request))

    def append(self, request: Request, response: dict[str, Any]) -> None:
        """Record a response."""
        self._session.note(request, response, self._place(request))

    def _place(self, request: Request) -> int:
        with self._places_lock:
            return self._places.setdefault(request, len(self._places))


class _NoFiles:
    """Keeps vcrpy from reading and writing files: the session loads and saves them in our format."""

    @staticmethod
    def load_cassette(cassette_path: str, serializer: object) -> None:
        raise CassetteNotFoundError(cassette_path)

    @staticmethod
    def save_cassette(cassette_path: str, cassette_dict: dict[str, Any], serializer: object) -> None:
        """Do nothing."""


class _Given(httpx2.BaseTransport):
    """The upstream of a recorder, with responses that vcrpy has already fetched."""

    def __init__(self) -> None:
        self.response = RecordedResponse(status=200, headers={}, chunks=())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        chunks = tuple(chunk.data for chunk in self.response.chunks)
        return httpx2.Response(self.response.status or 200, headers=dict(self.response.headers), stream=Chunks(chunks))


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


def _use(session: ForeignSession, name: str) -> Any:
    """The context in which vcrpy intercepts requests for a session."""
    machine = vcr.VCR(record_mode=RecordMode.NONE if session.is_replaying else RecordMode.ALL)
    machine.register_persister(_NoFiles)
    return _Cassette.use_arg_getter(lambda: {**machine.get_merged_config(path=name), "session": session})


@contextmanager
def _plain_bodies() -> Iterator[None]:
    """Make the clients of ``httpx`` and ``httpx2`` ask for uncompressed bodies.

    vcrpy's hooks see copies, so they cannot change a request. aiohttp needs no change: it decodes
    a body before vcrpy sees it.
    """
    with ExitStack() as patches:
        for module in ("httpx", "httpx2"):
            for name in ("Client", "AsyncClient"):
                client = getattr(sys.modules.get(module), name, None)
                if client is not None:
                    patches.enter_context(mock.patch.object(client, "send", _asking_for_identity(client.send)))
        yield


def _asking_for_identity(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def asking(self: Any, request: Any, **options: Any) -> Any:
        request.headers["accept-encoding"] = "identity"
        return send(self, request, **options)

    return asking
