"""The session of one test: clients of the official SDK that replay, record, emulate or call live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Literal

import httpx2
from anthropic import Anthropic, AsyncAnthropic

from harness.calls.answer import answer_text
from harness.calls.call import Call
from harness.cassettes.format import Cassette, Header, Interaction, RecordedRequest
from harness.cassettes.scrub import Scrubber
from harness.cassettes.store import CassetteStore
from harness.emulator.answers import Responder
from harness.emulator.clock import wall_clock
from harness.emulator.core import Emulator
from harness.emulator.transport import EmulatorTransport
from harness.errors import CannotTellError, CassetteError, HarnessError
from harness.findings.finding import Finding
from harness.prompt.reader import PromptReader, find_doubt
from harness.provider.endpoints import API_URL, Origin, is_message_call
from harness.sessions.budget import Budget, NotSentError
from harness.sessions.interactions import BUILT_IN_ONLY, OnCall, make_call
from harness.sessions.live import LiveRoute, add_prefix
from harness.sessions.miss import find_miss
from harness.sessions.pause import Clock, Pause, Sleep
from harness.sessions.record import NotRecordedError, RecordTransport
from harness.sessions.replay import CassetteMissError, ReplayTransport
from harness.sessions.rewrite import Rewrite, RewritingTransport
from harness.sessions.verification import find_changed_answers

Mode = Literal["replay", "emulate", "record", "live"]

# Parsed once, because each test has its own client.
_BASE_URL = httpx2.URL(API_URL)


_INVALID = 400
"""Status of the API's ``invalid_request_error``."""
_NOT_JUDGED = (_INVALID, 404)
"""Statuses with which the emulator answers a request that it cannot judge, such as one of an unknown model."""


class _Impatient:
    """Retries at once: the next answer is recorded too, and a test should not wait for it.

    A dropped connection has no response that could carry ``retry-after-ms``, so the SDK's own
    delay has to be overridden; a test proves that it still is.
    """

    def _calculate_retry_timeout(self, *_: Any, **__: Any) -> float:
        return 0.0


class _ImpatientAnthropic(_Impatient, Anthropic):
    """`Anthropic` without delays between retries."""


class _ImpatientAsyncAnthropic(_Impatient, AsyncAnthropic):
    """`AsyncAnthropic` without delays between retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """The options shared by all sessions of a run."""

    mode: Mode
    upstream: Origin
    """The upstream that answers in ``record`` mode."""
    store: CassetteStore
    reader: PromptReader
    """Reads and counts the requests of all tests."""
    scrubber: Scrubber = BUILT_IN_ONLY
    is_realtime: bool = False
    """Whether streams are replayed with their recorded gaps."""
    base_url: str | None = None
    """Address of the real API, if it is not the default one."""
    budget: Budget | None = None
    """Limit on the cost of all calls to the real API."""
    unique_prefix: str = ""
    """In ``live`` mode, put before every prompt, so that no run reads what an earlier one wrote."""
    rewrite: Rewrite | None = None
    """Changes the requests, in a mutation test of the gate."""
    is_ignored: Callable[[str], bool] = lambda _: False
    """Whether requests to a host are none of ours, whatever they look like."""
    clock: Clock = time.monotonic
    sleep: Sleep = time.sleep
    """Waits between the rounds of a case if the real API answers."""
    today: Callable[[], datetime] = lambda: datetime.now(UTC)
    max_age: timedelta | None = None
    """Recorded again, an unchanged cassette keeps its date, unless it is older."""


class CallSession:
    """The calls of one test, answered in the run's mode and recorded in order."""

    def __init__(
        self, options: SessionOptions, name: str, *, hint: str = "record it again", responder: Responder | None = None
    ) -> None:
        """Open the cassette ``name``; ``hint`` is the command to try if it does not hold a request.

        Raises:
            CassetteError: in ``replay`` mode, the cassette is unreadable or damaged.
        """
        self.calls: list[Call] = []
        self.name = name
        """Name of the cassette."""
        self.remarks: list[Finding] = []
        """Findings of checks of the calls that are not errors."""
        self._options = options
        self._recorder: RecordTransport | None = None
        self._replay: ReplayTransport | None = None
        self._responder = responder
        self._on_late_miss: Callable[[CassetteMissError], None] | None = None
        self._on_late_call: OnCall | None = None
        self._pause = Pause(options.clock, options.sleep)
        if options.mode == "replay":
            cassette = options.store.load(name)

            def make_miss(request: RecordedRequest) -> CassetteMissError:
                sharing = options.store.count_sharing
                finding = find_miss(request, cassette, name, reader=options.reader, count_sharing=sharing)
                error = CassetteMissError.of(
                    finding, hint=self._hint_for(request, hint), sent=request, number=self._count_before(request)
                )
                if self._on_late_miss is not None:
                    self._on_late_miss(error)
                return error

            self._replay = ReplayTransport(
                cassette,
                on_call=self.note_call,
                make_miss=make_miss,
                reader=options.reader,
                is_realtime=options.is_realtime,
                scrubber=options.scrubber,
            )
        self._base_url = httpx2.URL(options.base_url) if self.is_real and options.base_url else _BASE_URL
        self._route = self._make_route() if self.is_real else None

    @property
    def origin(self) -> Origin:
        """The upstream that answers requests that are not replayed."""
        if self._options.mode == "emulate":
            return "emulator"
        return self._options.upstream if self._options.mode == "record" else "anthropic"

    @property
    def is_real(self) -> bool:
        """Whether the real API answers."""
        return self._replay is None and self.origin == "anthropic"

    @property
    def is_live(self) -> bool:
        """Whether the real API answers and nothing is recorded."""
        return self._options.mode == "live"

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The recorded interactions that have not been requested; empty in any mode but ``replay``."""
        return self._replay.unplayed if self._replay else ()

    @property
    def misses(self) -> tuple[CassetteMissError, ...]:
        """Requests that the cassette did not hold, even if the caller swallowed the error."""
        return tuple(self._replay.misses) if self._replay else ()

    @property
    def not_sent(self) -> tuple[NotSentError, ...]:
        """Requests that were not sent to the real API, even if the caller swallowed the error."""
        return tuple(self._route.refused) if self._route else ()

    @property
    def not_recorded(self) -> tuple[NotRecordedError, ...]:
        """Answers that cannot be recorded, even if the caller swallowed the error."""
        return tuple(self._recorder.refused) if self._recorder else ()

    @property
    def rejected(self) -> tuple[bytes, ...]:
        """Bodies of the requests that the upstream rejected as invalid, as those of Messages requests."""
        interactions = self._recorder.interactions if self._recorder else ()
        return tuple(item.request.message_body for item in interactions if item.response.status == _INVALID)

    @property
    def unjudged(self) -> tuple[CannotTellError, ...]:
        """Why the emulator refused requests that it cannot judge, even if the caller swallowed the error."""
        if self.is_real or self._recorder is None:
            return ()
        return tuple(
            error
            for interaction in self._recorder.interactions
            if interaction.response.status in _NOT_JUDGED
            and (error := find_doubt(interaction.request.message_body, self._options.reader)) is not None
        )

    def find_changed_answers(self) -> list[str]:
        """List where the answers differ from the cassette; empty if nothing was recorded.

        Raises:
            CassetteError: the cassette is unreadable or damaged.
        """
        recorded = self._options.store.load(self.name)
        return (
            find_changed_answers(recorded, self._recorder.interactions, self._options.reader)
            if recorded and self._recorder
            else []
        )

    def accepted_answers(self) -> list[str]:
        """Texts of the answers that the cassette holds, call by call; empty unless the same upstream gives new ones."""
        if self._options.mode not in ("record", "live"):
            return []
        try:
            recorded = self._options.store.load(self.name)
        except CassetteError:
            return []
        if recorded is None or recorded.header.origin != self.origin:
            return []
        calls = (
            make_call(item.request, item.response, self.origin, self._options.reader) for item in recorded.interactions
        )
        return [answer_text(call.answer) for call in calls if call is not None]

    @property
    def unanswered(self) -> tuple[HarnessError, ...]:
        """Why requests got no real answer, even if the caller swallowed the errors."""
        return (*self.misses, *self.not_sent, *self.not_recorded, *self.unjudged)

    def raise_first_miss(self) -> None:
        """Raise the error of the first request that got no real answer, if any: the caller may have swallowed it."""
        for error in self.unanswered:
            raise error

    def await_entries(self) -> None:
        """Wait until what the real API has written to its prompt cache is readable; offline, it is at once."""
        if self.is_real:
            self._pause.wait()

    def as_billed(self, call: Call) -> Call:
        """Copy a call with the body that was billed: with the unique prefix of a live run."""
        prefix = self._options.unique_prefix if self.is_live else ""
        body = add_prefix(call.body, prefix) if prefix else None
        return call if body is None else replace(call, body=body)

    def anthropic(self) -> Anthropic:
        """Make a sync client of the official SDK; in all modes but ``live`` and ``record`` it needs no key."""
        transport = self._transport(httpx2.HTTPTransport)
        assert isinstance(transport, httpx2.BaseTransport)
        client = _ImpatientAnthropic if self._replay else Anthropic
        return client(api_key=self._key, base_url=self._base_url, http_client=httpx2.Client(transport=transport))

    def async_anthropic(self) -> AsyncAnthropic:
        """Make an async client of the official SDK; close it before its event loop ends."""
        transport = self._transport(httpx2.AsyncHTTPTransport)
        assert isinstance(transport, httpx2.AsyncBaseTransport)
        client = _ImpatientAsyncAnthropic if self._replay else AsyncAnthropic
        http_client = httpx2.AsyncClient(transport=transport)
        return client(api_key=self._key, base_url=self._base_url, http_client=http_client)

    def note_call(self, call: Call) -> None:
        """Add an answered call."""
        self.calls.append(call)
        if self._on_late_call is not None:
            self._on_late_call(call)

    def end(self, *, on_late_miss: Callable[[CassetteMissError], None], on_late_call: OnCall) -> None:
        """Tell of the requests that threads of the test send from now on."""
        self._on_late_miss, self._on_late_call = on_late_miss, on_late_call

    def _count_before(self, request: RecordedRequest) -> int:
        """Count the requests for messages before one that was not answered."""
        missed = (error.sent for error in self.misses if error.sent is not None)
        return len(self.calls) + sum(is_message_call(sent.method, sent.path) for sent in missed)

    def close(self) -> None:
        """Close the connections of sync clients that were left open."""
        if self._recorder is not None:
            self._recorder.close()

    def save(self) -> None:
        """In ``record`` mode, write the cassette, unless nothing was recorded or nothing changed.

        Raises:
            SecretError: it holds a secret; nothing is written.
        """
        if self._options.mode != "record" or self._recorder is None or not self._recorder.interactions:
            return
        today, max_age = self._options.today(), self._options.max_age
        header = Header(origin=self.origin, recorded_at=_stamp(today), sdk=f"anthropic {version('anthropic')}")
        self._options.store.update(
            self.name,
            Cassette(header=header, interactions=self._recorder.interactions),
            oldest="" if max_age is None else _stamp(today - max_age),
        )

    @property
    def _key(self) -> str | None:
        # None lets the SDK read the environment. Offline no key is needed, and a real one must not be used.
        return None if self.is_real else "offline"

    def _hint_for(self, request: RecordedRequest, hint: str) -> str:
        """The command to try for one request that the cassette does not hold."""
        return hint

    def _make_route(self) -> LiveRoute:
        # In record mode nothing is added: recorded requests must equal those of the application, to the byte.
        return LiveRoute(
            base_path=self._base_url.path,
            prefix=self._options.unique_prefix if self.is_live else "",
            is_asking=self.is_live,
            budget=self._options.budget,
        )

    def _make_emulator(self) -> EmulatorTransport:
        reader = self._options.reader
        return EmulatorTransport(Emulator(reader=reader, clock=wall_clock(), responder=self._responder))

    def _transport(
        self, real: type[httpx2.HTTPTransport | httpx2.AsyncHTTPTransport]
    ) -> httpx2.BaseTransport | httpx2.AsyncBaseTransport:
        if self._replay is not None:
            return self._replay
        if self._recorder is None:
            upstream = self._make_emulator() if self.origin == "emulator" else real()
            self._recorder = RecordTransport(
                upstream,
                origin=self.origin,
                on_call=self.note_call,
                reader=self._options.reader,
                scrubber=self._options.scrubber,
                route=self._route,
            )
            self._recorder.on_begin = self._pause.note_answer
        rewrite = self._options.rewrite
        return self._recorder if rewrite is None else RewritingTransport(self._recorder, rewrite)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
