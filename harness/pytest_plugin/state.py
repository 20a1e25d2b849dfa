"""The state of one run: sessions opened for its tests, calls gathered, the summary at its end."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin import upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness.cassettes.scrub import Rule
    from harness.cassettes.session import CallSession, Mode, SessionOptions
    from harness.cassettes.vcr import ForeignSession
    from harness.prompt.call import Call, Origin
    from harness.prompt.tokens import TextCounter
    from harness.pytest_plugin.guard import Guard

STATE: pytest.StashKey[RunState] = pytest.StashKey()
PASSED: pytest.StashKey[bool] = pytest.StashKey()
SESSION: pytest.StashKey[CallSession] = pytest.StashKey()
GUARD: pytest.StashKey[Guard] = pytest.StashKey()

_PROPERTY = "harness_calls"
_OLD = "harness_old_cassette"
_DRIFT = "harness_drift"
_UNPLAYED = "harness_unplayed"
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
    ) -> None:
        self.config = config
        self.mode = mode
        self.upstream = upstream
        self.cassettes = cassettes
        self.reports = reports
        self.guard = guard
        self.limits = limits
        self.scrub = scrub
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
            item.user_properties.append((_UNPLAYED, upkeep.to_json(unplayed)))
            if self.limits.is_unplayed_fatal:
                unplayed.raise_error()
        if self.limits.is_verified:
            lines = [f"{cassette}: {line}" for line in session.find_drift()]
            item.user_properties.append((_DRIFT, json.dumps(lines)))
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

    @property
    def count_text(self) -> TextCounter:
        """The token counter of the run, with its memory on disk."""
        return self._options.count_text  # type: ignore[return-value]

    def note_calls(self, item: pytest.Item, calls: list[Call], *, suite: str, version: str) -> None:
        """Attach a test's calls to its report, as the one JSON string that also xdist can carry."""
        from harness.reports.run import CallRow

        rows = [CallRow.from_call(call, suite=suite, version=version).to_json() for call in calls]
        item.user_properties.append((_PROPERTY, json.dumps(rows)))

    def note_outcome(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Note whether the test's body passed; show errors of the harness without the SDK's frames."""
        if report.when == "call":
            item.stash[PASSED] = report.passed
        error = call.excinfo.value if call.excinfo else None
        if report.failed and isinstance(error, HarnessError):
            report.longrepr = f"{_own_line(item, call)}{error}"
        elif report.failed:
            # The application swallowed an error of ours, and something else failed for it.
            report.sections += [("prompt cache harness", str(error)) for error in _swallowed(item)]

    def summarise(self, reporter: pytest.TerminalReporter) -> None:
        """Print what there is to say of cassettes and the savings table, and write the reports."""
        self._summarise_cassettes(reporter)
        rows = [row for rows in _gathered(reporter, _PROPERTY) for row in json.loads(rows)]
        if not rows:
            return
        from harness.reports.run import CallRow, build_report
        from harness.reports.tables import answered_by, markdown, savings_table

        report = build_report(
            (CallRow.from_json(row) for row in rows),
            mode=self.mode,
            passed=len(reporter.stats.get("passed", ())),
            failed=len(reporter.stats.get("failed", ())) + len(reporter.stats.get("error", ())),
        )
        reporter.section("prompt cache savings")
        reporter.line(savings_table(report, style="simple"))
        reporter.line(f"{self.mode} mode; {answered_by(report)}.")
        if self.reports is not None:
            from harness.files import write_atomically

            write_atomically(self.reports / "report.json", report.to_json().encode())
            write_atomically(self.reports / "report.md", markdown(report).encode())
            reporter.line(f"written: {self._relative('report.md')}, {self._relative('report.json')}")

    def _summarise_cassettes(self, reporter: pytest.TerminalReporter) -> None:
        lines = [
            *upkeep.old_lines(_gathered(reporter, _OLD), self.limits.max_age_days or 0),
            *upkeep.unplayed_lines(_gathered(reporter, _UNPLAYED)),
            *self._drift_lines(reporter),
        ]
        if lines:
            reporter.section("cassettes")
            reporter.line("\n".join(lines))

    def _drift_lines(self, reporter: pytest.TerminalReporter) -> list[str]:
        if not self.limits.is_verified:
            return []
        lines = [line for rows in _gathered(reporter, _DRIFT) for line in json.loads(rows)]
        return [*lines, f"verified: {len(lines)} differences between the answers and the cassettes"]

    def _check_age(self, item: pytest.Item, cassette: str, *, record: str) -> None:
        max_age_days = self.limits.max_age_days
        header = self._header_of(cassette) if self.mode == "replay" and max_age_days is not None else {}
        if not header or max_age_days is None:
            return
        old = upkeep.find_old(
            cassette, str(header.get("at")), now=self.clock(), max_age_days=max_age_days, record=record
        )
        if old is not None:
            item.user_properties.append((_OLD, upkeep.to_json(old)))
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
            header = json.loads(self._options.store.path(cassette).read_bytes())["recorded"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return header if isinstance(header, dict) else {}

    def _relative(self, name: str) -> str:
        assert self.reports is not None
        path = self.reports / name
        start = self.config.invocation_params.dir
        return str(path.relative_to(start) if path.is_relative_to(start) else path)

    @cached_property
    def _options(self) -> SessionOptions:
        from harness.cassettes.scrub import Scrubber
        from harness.cassettes.session import SessionOptions
        from harness.cassettes.store import CassetteStore
        from harness.client.token_memo import TokenMemo
        from harness.prompt.tokens import TextCounter

        return SessionOptions(
            mode=self.mode,
            upstream=self.upstream,
            store=CassetteStore(self.cassettes),
            count_text=TextCounter(TokenMemo()),
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


def _gathered(reporter: pytest.TerminalReporter, key: str) -> list[str]:
    """A property of all tests, from their teardown reports: only these hold what fixtures added at their end."""
    rows: list[str] = []
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                rows += [str(value) for name, value in report.user_properties if name == key]
    return rows


def _swallowed(item: pytest.Item) -> tuple[HarnessError, ...]:
    """The first miss and the first refused connection of a test, as far as there were any."""
    misses = item.stash[SESSION].misses if SESSION in item.stash else ()
    blocked = item.stash[GUARD].blocked if GUARD in item.stash else ()
    return (*misses[:1], *blocked[:1])


def show_own_errors(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show an error of the harness by its message alone.

    Formatting the frames of the SDK takes a fifth of a second for each failure, to be thrown away.
    """
    if call.excinfo is not None and isinstance(call.excinfo.value, HarnessError):
        text = f"{_own_line(item, call)}{call.excinfo.value}"
        item.repr_failure = lambda excinfo, style=None: text  # type: ignore[method-assign]


def _own_line(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """``path:line: `` of the last frame in the test's own file; empty for tests that are no Python."""
    assert call.excinfo is not None
    for entry in reversed(call.excinfo.traceback):
        if Path(entry.path) == item.path:
            return f"{item.path.name}:{entry.lineno + 1}: "
    return ""
