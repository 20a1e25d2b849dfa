"""The door for any other HTTP client: vcrpy catches its requests, and they are answered and recorded as ours.

vcrpy patches the HTTP libraries of the process, so one session can be open at a time, and it
hands a response on only when it is whole: streams are buffered while they are recorded. What is
matched, kept and said of a miss is decided by the transports that also serve the official SDK.
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
from harness.emulator.core import Emulator
from harness.emulator.responder import Responder, respond
from harness.emulator.transport import Chunks
from harness.errors import CassetteError
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import API_URL, Origin
from harness.sessions.interactions import OnCall
from harness.sessions.record import RecordTransport
from harness.sessions.replay import CassetteMissError
from harness.sessions.rewrite import rewritten
from harness.sessions.session import CallSession, SessionOptions


class ForeignSession(CallSession):
    """The calls of one test through whatever HTTP client, while its context is open."""

    def __init__(
        self, options: SessionOptions, name: str, *, hint: str = "record it anew", responder: Responder = respond
    ) -> None:
        """Open the cassette ``name``; ``hint`` is what to type if a request is not in it.

        Raises:
            CassetteError: in ``replay`` mode, the cassette is unreadable or not whole.
        """
        # vcrpy plays a response in one piece; there are no gaps to keep.
        super().__init__(replace(options, is_realtime=False), name, hint=hint, responder=responder)
        self.base_url = API_URL
        """Where to point a client that does not go to the API by itself; in ``replay`` mode the host is not matched."""
        self._refused: list[CassetteMissError] = []
        self._open = ExitStack()
        self._emulator = None if self._replay is not None or self.origin != "emulator" else self._make()
        if self._replay is None:
            self._recorder = _OrderedRecorder(
                origin=self.origin, on_call=self.calls.append, reader=options.reader, scrubber=options.scrubber
            )

    @property
    def misses(self) -> tuple[CassetteMissError, ...]:
        """Requests that were not answered, whether or not the caller passed the error on."""
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
        """Whether the emulator answers a request that is meant for the API: its host is never asked."""
        return self._emulator is not None and str(request.uri).startswith(f"{API_URL}/")

    def play(self, request: Request, place: int) -> dict[str, Any]:
        """The recorded or emulated response to the request that was sent as number ``place``, in vcrpy's form.

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
        """Let a request pass to its host, unless the emulator is to answer.

        Raises:
            CassetteMissError: it goes past the emulator, and would be answered by someone else.
        """
        if self._emulator is not None:
            host = httpx2.URL(request.uri).host
            raise self._refuse(
                f"{request.method} to {host} goes past the emulator, which is to answer",
                hint="point the client at harness_cassette.base_url",
            )

    def note(self, request: Request, response: dict[str, Any], place: int) -> None:
        """Record what came back for the request that was sent as number ``place``."""
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
    """vcrpy's cassette with its search replaced: that compares a request with every recorded one, body by body."""

    def __init__(self, *, session: ForeignSession, **options: Any) -> None:
        super().__init__(**options)
        self._session = session
        self._places: dict[Request, int] = {}
        self._places_lock = Lock()

    def can_play_response_for(self, request: Request) -> bool:
        """Whether the answer comes from the cassette; a request that it does not hold is told in ``play_response``."""
        if self._session.is_replaying or self._session.is_emulating(request):
            return True
        self._session.admit(request)
        # Heard by clients whose headers vcrpy itself sends on, such as requests.
        request.headers["accept-encoding"] = "identity"
        self._place(request)
        return False

    def play_response(self, request: Request) -> dict[str, Any]:
        """The recorded response: one search, one take, so that two threads never get the same."""
        return self._session.play(request, self._place(request))

    def append(self, request: Request, response: dict[str, Any]) -> None:
        """Record a response."""
        self._session.note(request, response, self._place(request))

    def _place(self, request: Request) -> int:
        with self._places_lock:
            return self._places.setdefault(request, len(self._places))


class _NoFiles:
    """Keeps vcrpy from the disk: the session loads and saves, whole and in our format."""

    @staticmethod
    def load_cassette(cassette_path: str, serializer: object) -> None:
        raise CassetteNotFoundError(cassette_path)

    @staticmethod
    def save_cassette(cassette_path: str, cassette_dict: dict[str, Any], serializer: object) -> None:
        """Nothing."""


class _Given(httpx2.BaseTransport):
    """The upstream of a recorder whose responses vcrpy has already fetched."""

    def __init__(self) -> None:
        self.response = RecordedResponse(status=200, headers={}, chunks=())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        chunks = tuple(chunk.data for chunk in self.response.chunks)
        return httpx2.Response(self.response.status or 200, headers=dict(self.response.headers), stream=Chunks(chunks))


class _OrderedRecorder(RecordTransport):
    """A recorder that is told of calls when they end, and keeps them in the order in which they began."""

    def __init__(self, *, origin: Origin, on_call: OnCall, reader: PromptReader, scrubber: Scrubber) -> None:
        self._given = _Given()
        super().__init__(self._given, origin=origin, on_call=on_call, reader=reader, scrubber=scrubber)
        self._places: list[int] = []
        self._adding = Lock()

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What was recorded so far, in the order in which the requests were sent."""
        pairs = sorted(zip(self._places, super().interactions, strict=True), key=itemgetter(0))
        return tuple(interaction for _, interaction in pairs)

    def add(self, request: httpx2.Request, response: RecordedResponse, place: int) -> None:
        """Record one call, which was sent as number ``place``."""
        with self._adding:
            self._given.response = response
            self.handle_request(request).read()
            self._places.append(place)


def _use(session: ForeignSession, name: str) -> Any:
    """The context in which vcrpy catches requests for a session."""
    machine = vcr.VCR(record_mode=RecordMode.NONE if session.is_replaying else RecordMode.ALL)
    machine.register_persister(_NoFiles)
    return _Cassette.use_arg_getter(lambda: {**machine.get_merged_config(path=name), "session": session})


@contextmanager
def _plain_bodies() -> Iterator[None]:
    """Let the clients of ``httpx`` and ``httpx2`` ask for bodies that are not compressed.

    vcrpy's hooks see copies, so they cannot change a request. aiohttp is left alone: it decodes
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
