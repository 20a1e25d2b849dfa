"""The state of one run: sessions opened for its tests, and what is noted of them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError, UsageError
from harness.files import relative
from harness.pytest_plugin import attachments as rows
from harness.pytest_plugin import cassette_warnings as upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from harness.calls.call import Call
    from harness.cassettes.scrub import ScrubRule
    from harness.cassettes.store import CassetteStore
    from harness.findings.finding import Finding
    from harness.lock.compare import Gate
    from harness.prompt.reader import PromptReader
    from harness.prompt.reading import Prompt
    from harness.prompt.tokens import CountText
    from harness.provider.endpoints import Origin
    from harness.pytest_plugin.guard import Guard
    from harness.pytest_plugin.lock_gate import LockGate
    from harness.sessions.budget import Budget
    from harness.sessions.other_clients import ForeignSession
    from harness.sessions.session import CallSession, Mode, SessionOptions
    from harness.settings import GithubSettings

RUN: pytest.StashKey[Run] = pytest.StashKey()
PASSED: pytest.StashKey[bool] = pytest.StashKey()
SESSION: pytest.StashKey[CallSession] = pytest.StashKey()
GUARD: pytest.StashKey[Guard] = pytest.StashKey()

CANNOT_TELL_REPORT = "harness_cannot_tell"
"""Attribute of the report of a test that failed because something cannot be told."""

_FIXTURES = frozenset({"harness_session", "harness_cassette"})
"""Every fixture of ours asks for one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """What options and environment say of calls of the real API."""

    base_url: str | None = None
    """Where it is reached, if not at its own address."""
    budget: Decimal | None = None
    """Dollars for all calls of the run."""
    unique_prefix: str = ""
    """The same for all calls of a run, and another in each run."""


class Run:
    """What the plugin knows of a run; one for each process."""

    def __init__(  # noqa: PLR0913
        self,
        config: pytest.Config,
        *,
        mode: Mode,
        upstream: Origin,
        cassettes: Path,
        reports: Path | None,
        guard: str,
        limits: upkeep.Limits,
        scrub: tuple[ScrubRule, ...],
        gate: LockGate,
        is_private: bool,
        github: GithubSettings,
        api: ApiOptions,
    ) -> None:
        self.config = config
        self.mode = mode
        self.upstream = upstream
        self.cassettes = cassettes
        self.reports = reports
        self.guard = guard
        self.limits = limits
        self.scrub = scrub
        self.gate = gate
        self.is_private = is_private
        self.github = github
        self.api = api
        self.rewrite: Callable[[bytes], bytes] | None = None
        """Changes what is sent, in a mutation test of the gate."""
        self.rebuilt: set[tuple[Path, str]] = set()
        """Suites that were built under other conditions: once for all their cases."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def open_session(self, item: pytest.Item, cassette: str) -> CallSession:
        """The way to an answer for one test.

        Raises:
            CassetteError: the test's cassette is unreadable or not whole.
        """
        from harness.sessions.session import CallSession

        return self._open(CallSession, item, cassette)

    def open_foreign_session(self, item: pytest.Item, cassette: str) -> ForeignSession:
        """The way to an answer for one test whose HTTP clients are not ours.

        Raises:
            CassetteError: the test's cassette is unreadable or not whole.
            UsageError: the options want what cannot be done to the requests of such clients.
        """
        from harness.sessions.other_clients import ForeignSession

        session = self._open(ForeignSession, item, cassette)
        if session.is_real:
            self._check_foreign()
            session.base_url = (self.api.base_url or session.base_url).rstrip("/")
        return session

    def close_session(self, item: pytest.Item, session: CallSession, cassette: str) -> None:
        """Hold a test that passed to what its session noted, and write the cassette in ``record`` mode.

        Raises:
            CassetteMissError: a request was not in the cassette, whatever the application made of it.
            CheckError: something was recorded and not sent, and that is not allowed.
        """
        session.raise_first_miss()
        unplayed = upkeep.find_unplayed(cassette, session.unplayed, record=self._record_command(item, cassette))
        if unplayed is not None:
            rows.note(item, "unplayed", upkeep.to_json(unplayed))
            if self.limits.is_unplayed_fatal:
                unplayed.raise_error()
        if self.limits.is_verified:
            lines = [f"{cassette}: {line}" for line in session.find_changed_answers()]
            rows.note(item, "drift", json.dumps(lines))
        session.save()

    @contextmanager
    def guarded(self, item: pytest.Item) -> Iterator[None]:
        """Keep a test that uses the harness from the network, as far as the options want it."""
        if self.guard == "all" or not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            self._start_guard(item)
        try:
            yield
        finally:
            # Applications seldom close a client that they were given.
            if session := item.stash.get(SESSION, None):
                session.close()
            if guard := item.stash.get(GUARD, None):
                guard.stop()
                del item.stash[GUARD]

    def raise_first_blocked(self, item: pytest.Item) -> None:
        """Raise the first connection that the guard refused, for tests whose code swallowed it."""
        if guard := item.stash.get(GUARD, None):
            guard.raise_first()

    def upstream_of(self, cassette: str) -> Origin:
        """Who to record a cassette from anew: where it came from, else the emulator."""
        return "anthropic" if self._header_of(cassette).get("from") == "anthropic" else "emulator"

    @cached_property
    def count_text(self) -> CountText:
        """The token counter of the run, with its memory on disk."""
        from harness.client.token_memo import TokenMemo
        from harness.prompt.tokens import TextCounter

        return TextCounter(TokenMemo())

    @cached_property
    def reader(self) -> PromptReader:
        """Reads and counts the requests of all tests, each distinct one once."""
        from harness.prompt.reader import PromptReader

        return PromptReader(self.count_text)

    @cached_property
    def store(self) -> CassetteStore:
        """The cassettes of the run. Neither this nor the counter needs the SDK: a run may send nothing."""
        from harness.cassettes.store import CassetteStore

        return CassetteStore(self.cassettes)

    def note_calls(self, item: pytest.Item, calls: list[Call], *, suite: str, version: str, plan: str = "") -> None:
        """Attach a test's calls to its report, as the one JSON string that also xdist can carry.

        With them goes what the checks of the calls remarked.
        """
        from harness.reports.report import CallRow

        lines = [CallRow.from_call(call, suite=suite, version=version, plan=plan).to_json() for call in calls]
        rows.note(item, "calls", json.dumps(lines))
        for remark in item.stash[SESSION].remarks if SESSION in item.stash else ():
            self.note_finding(item, remark)

    def note_finding(self, item: pytest.Item, finding: Finding, *, hint: str | None = None) -> None:
        """Attach a finding to a test's report, with the test's id and what to type: ``hint``, if it is a command."""
        file, line, _ = item.reportinfo()
        known = replace(
            finding,
            test=item.nodeid,
            file=finding.file or relative(Path(file), self.config.rootpath),
            line=finding.line or (None if line is None else line + 1),
            command=finding.command or (hint if hint and hint.startswith("pytest ") else f'pytest "{item.nodeid}"'),
        )
        rows.note(item, "finding", json.dumps(known.to_json()))

    def check_gate(self, item: pytest.Item, prompts: Sequence[Prompt]) -> None:
        """Compare a test's requests with the accepted ones, or accept them.

        Raises:
            CheckError: they changed in a way that loses what was accepted.
        """
        if self.gate.is_idle:
            return
        from harness.pytest_plugin.case_requests import make_case_requests

        case = make_case_requests(item, prompts)
        for finding in self.gate.check(item, case, self._comparison):
            self.note_finding(item, finding, hint="pytest --harness-update-lock")
        self.gate.accept(item, case, self.store)

    def explain_miss(self, item: pytest.Item, body: bytes) -> Finding | None:
        """What the lock file says of a request that was not answered; ``None`` if that is nothing."""
        if self.gate.lock is None or self.gate.options.is_updating or SESSION not in item.stash:
            return None
        from harness.pytest_plugin.case_requests import make_case_requests

        number = len(item.stash[SESSION].calls)
        try:
            return self._comparison.compare_one(make_case_requests(item, (self.reader.read(body),)), number)
        except HarnessError:
            # No request that could be judged, or no reason where one is due: the miss is what is to be told.
            pass
        return None

    def _check_foreign(self) -> None:
        """Refuse what cannot be done to requests of which we hear only when they are answered."""
        given = {"--harness-budget": self.api.budget, "--harness-unique-prefix": self.api.unique_prefix}
        for option, value in given.items():
            if value:
                raise UsageError(
                    f"{option} cannot reach the requests of other HTTP clients than the official SDK's",
                    hint="leave it out for this test, or call Claude through anthropic_client",
                )

    def _check_age(self, item: pytest.Item, cassette: str, *, record: str) -> None:
        max_age_days = self.limits.max_age_days
        header = self._header_of(cassette) if self.mode == "replay" and max_age_days is not None else {}
        if not header or max_age_days is None:
            return
        old = upkeep.find_old(
            cassette, str(header.get("at")), now=self.clock(), max_age_days=max_age_days, record=record
        )
        if old is not None:
            rows.note(item, "old", upkeep.to_json(old))
            if self.limits.is_age_fatal:
                old.raise_error(max_age_days)

    def _start_guard(self, item: pytest.Item) -> None:
        if self.guard == "off" or self.mode not in ("replay", "emulate") or GUARD in item.stash:
            return
        from harness.pytest_plugin.guard import Guard

        item.stash[GUARD] = Guard(item.nodeid, mode=self.mode)
        item.stash[GUARD].start()

    def _record_command(self, item: pytest.Item, cassette: str) -> str:
        return f'pytest "{item.nodeid}" --harness-mode=record --harness-upstream={self.upstream_of(cassette)}'

    def _header_of(self, cassette: str) -> Mapping[str, Any]:
        """What a cassette says of its recording; empty if there is none that can be read."""
        try:
            header = json.loads(self.store.path(cassette).read_bytes())["recorded"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return header if isinstance(header, dict) else {}

    @cached_property
    def _comparison(self) -> Gate:
        from harness.lock.compare import Gate
        from harness.lock.entries import Lock

        return Gate(lock=self.gate.lock or Lock(), get_text=self.store.find_text, count_text=self.count_text)

    @property
    def _budget(self) -> Budget | None:
        if self.api.budget is None:
            return None
        from harness.sessions.budget import Budget

        return Budget(self.api.budget, reader=self.reader)

    @cached_property
    def _options(self) -> SessionOptions:
        from harness.cassettes.scrub import Scrubber
        from harness.sessions.session import SessionOptions

        return SessionOptions(
            mode=self.mode,
            upstream=self.upstream,
            store=self.store,
            reader=self.reader,
            base_url=self.api.base_url,
            budget=self._budget,
            unique_prefix=self.api.unique_prefix,
            rewrite=self.rewrite,
            scrubber=Scrubber(rules=self.scrub),
            is_realtime=bool(self.config.getoption("--harness-realtime")),
        )

    def _open[Session: CallSession](self, kind: type[Session], item: pytest.Item, cassette: str) -> Session:
        self._start_guard(item)
        hint = self._record_command(item, cassette)
        session = kind(self._options, cassette, hint=hint, responder=lambda request: self._respond(item, request))
        self._check_age(item, cassette, record=hint)
        return session

    def _respond(self, item: pytest.Item, request: Mapping[str, Any]) -> str:
        from harness.emulator.responder import respond

        answer = item.ihook.pytest_harness_answer(request=request)
        return respond(request) if answer is None else str(answer)


@contextmanager
def offline_settings(session: ForeignSession) -> Iterator[None]:
    """Let clients that an application makes for itself start without a key, and ask whoever answers in the session."""
    if session.is_real:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "offline")
        patch.setenv("ANTHROPIC_BASE_URL", session.base_url)
        yield
