"""The state of one run: sessions opened for its tests, and what is noted of them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import CheckError
from harness.files import relative
from harness.pytest_plugin import rows, upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.cassettes.scrub import Rule
    from harness.cassettes.session import CallSession, Mode, SessionOptions
    from harness.cassettes.store import CassetteStore
    from harness.cassettes.vcr import ForeignSession
    from harness.gate.compare import Gate
    from harness.prompt.blocks import Request
    from harness.prompt.call import Call, Origin
    from harness.prompt.tokens import CountText
    from harness.promptcache.finding import Finding
    from harness.pytest_plugin.collect import CaseItem
    from harness.pytest_plugin.gate import GateKeeper
    from harness.pytest_plugin.guard import Guard
    from harness.settings import GithubSettings
    from harness.suites.runner import Function

STATE: pytest.StashKey[RunState] = pytest.StashKey()
PASSED: pytest.StashKey[bool] = pytest.StashKey()
SESSION: pytest.StashKey[CallSession] = pytest.StashKey()
GUARD: pytest.StashKey[Guard] = pytest.StashKey()

UNDECIDED = "harness_undecided"
"""Attribute of the report of a test that failed because something cannot be told."""

_FIXTURES = frozenset({"harness_session", "harness_cassette"})
"""Every fixture of ours asks for one of these."""


class RunState:
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
        scrub: tuple[Rule, ...],
        gate: GateKeeper,
        is_private: bool,
        github: GithubSettings,
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
        self._rebuilt: set[tuple[Path, str]] = set()
        """Suites that were built under other conditions: once for all their cases."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def open_session(self, item: pytest.Item, cassette: str) -> CallSession:
        """The way to an answer for one test.

        Raises:
            CassetteError: the test's cassette is unreadable or not whole.
        """
        from harness.cassettes.session import CallSession

        return self._open(CallSession, item, cassette)

    def open_foreign_session(self, item: pytest.Item, cassette: str) -> ForeignSession:
        """The way to an answer for one test whose HTTP clients are not ours.

        Raises:
            CassetteError: the test's cassette is unreadable or not whole.
        """
        from harness.cassettes.vcr import ForeignSession

        return self._open(ForeignSession, item, cassette)

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
            lines = [f"{cassette}: {line}" for line in session.find_drift()]
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
    def store(self) -> CassetteStore:
        """The cassettes of the run. Neither this nor the counter needs the SDK: a run may send nothing."""
        from harness.cassettes.store import CassetteStore

        return CassetteStore(self.cassettes)

    def note_calls(self, item: pytest.Item, calls: list[Call], *, suite: str, version: str) -> None:
        """Attach a test's calls to its report, as the one JSON string that also xdist can carry."""
        from harness.reports.run import CallRow

        lines = [CallRow.from_call(call, suite=suite, version=version).to_json() for call in calls]
        rows.note(item, "calls", json.dumps(lines))

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

    def check_gate(self, item: pytest.Item, requests: Sequence[Request]) -> None:
        """Compare a test's requests with the accepted ones, or accept them.

        Raises:
            CheckError: they changed in a way that loses what was accepted.
        """
        if self.gate.is_idle:
            return
        from harness.pytest_plugin.subjects import make_subject

        subject = make_subject(item, requests)
        for finding in self.gate.check(item, subject, self._comparison):
            self.note_finding(item, finding, hint=self.gate.accept_command(item))
        self.gate.accept(item, subject, self.store, self.count_text)

    def check_determinism(self, item: CaseItem, function: Function) -> None:
        """Build a case's requests again, with marked inputs and if it is asked for under other conditions.

        Raises:
            CheckError: its cached prefix is not the same for all inputs, or under all conditions.
        """
        wanted = item.case_run.suite.determinism
        if wanted == "off" or self.mode == "live":
            return
        from harness.pytest_plugin.determinism import find_unstable

        is_full = wanted == "full" or bool(self.config.getoption("--harness-determinism"))
        findings = find_unstable(
            item.case_run, function, root=self.config.rootpath, rebuilt=self._rebuilt, is_full=is_full
        )
        errors = tuple(finding for finding in findings if finding.level == "error")
        for finding in findings:
            if finding.level != "error":
                self.note_finding(item, finding)
        if errors:
            raise CheckError("\n".join(map(str, errors)), findings=errors)

    def explain_miss(self, item: pytest.Item, body: bytes) -> Finding | None:
        """What the lock file says of a request that is not in its cassette; ``None`` if that is nothing."""
        if self.gate.lock is None or self.gate.options.is_updating or SESSION not in item.stash:
            return None
        from harness.pytest_plugin.subjects import make_subject

        request = json.loads(body)
        number = len(item.stash[SESSION].calls)
        return self._comparison.compare_one(make_subject(item, (request,)), number)

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
        from harness.gate.compare import Gate
        from harness.gate.lockfile import Lock

        return Gate(lock=self.gate.lock or Lock(), get_text=self.store.find_text, count_text=self.count_text)

    @cached_property
    def _options(self) -> SessionOptions:
        from harness.cassettes.scrub import Scrubber
        from harness.cassettes.session import SessionOptions

        return SessionOptions(
            mode=self.mode,
            upstream=self.upstream,
            store=self.store,
            count_text=self.count_text,
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
