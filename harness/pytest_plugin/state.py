"""The state of one run: sessions opened for its tests, calls gathered, the summary at its end."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cassettes.session import CallSession, Mode, SessionOptions
    from harness.prompt.call import Call, Origin
    from harness.prompt.tokens import TextCounter

STATE: pytest.StashKey[RunState] = pytest.StashKey()
PASSED: pytest.StashKey[bool] = pytest.StashKey()
SESSION: pytest.StashKey[CallSession] = pytest.StashKey()

_PROPERTY = "harness_calls"


class RunState:
    """What the plugin knows of a run; one for each process."""

    def __init__(
        self, config: pytest.Config, *, mode: Mode, upstream: Origin, cassettes: Path, reports: Path | None
    ) -> None:
        self.config = config
        self.mode = mode
        self.upstream = upstream
        self.cassettes = cassettes
        self.reports = reports

    def open_session(self, item: pytest.Item, cassette: str) -> CallSession:
        """The way to an answer for one test.

        Raises:
            CassetteError: the test's cassette is unreadable or not whole.
        """
        from harness.cassettes.session import CallSession

        hint = f'pytest "{item.nodeid}" --harness-mode=record --harness-upstream={self.upstream_of(cassette)}'
        return CallSession(self._options, cassette, hint=hint, responder=lambda request: self._respond(item, request))

    def upstream_of(self, cassette: str) -> Origin:
        """Who to record a cassette from anew: where it came from, else the emulator."""
        try:
            recorded = json.loads(self._options.store.path(cassette).read_bytes())["recorded"]["from"]
        except (OSError, ValueError, KeyError, TypeError):
            return "emulator"
        return "anthropic" if recorded == "anthropic" else "emulator"

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
        elif report.failed and SESSION in item.stash:
            # The application swallowed a miss, and something else failed for it.
            report.sections += [("prompt cache harness", str(miss)) for miss in item.stash[SESSION].misses[:1]]

    def summarise(self, reporter: pytest.TerminalReporter) -> None:
        """Print the savings table and write the reports, if any test made a call."""
        rows = list(_gathered(reporter))
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

    def _relative(self, name: str) -> str:
        assert self.reports is not None
        path = self.reports / name
        start = self.config.invocation_params.dir
        return str(path.relative_to(start) if path.is_relative_to(start) else path)

    @cached_property
    def _options(self) -> SessionOptions:
        from harness.cassettes.session import SessionOptions
        from harness.cassettes.store import CassetteStore
        from harness.client.token_memo import TokenMemo
        from harness.prompt.tokens import TextCounter

        return SessionOptions(
            mode=self.mode,
            upstream=self.upstream,
            store=CassetteStore(self.cassettes),
            count_text=TextCounter(TokenMemo()),
        )

    def _respond(self, item: pytest.Item, request: Mapping[str, Any]) -> str:
        from harness.emulator.responder import respond

        answer = item.ihook.pytest_harness_answer(request=request)
        return respond(request) if answer is None else str(answer)


def _gathered(reporter: pytest.TerminalReporter) -> list[str]:
    """Calls of all tests, from their teardown reports: only these hold what fixtures added at their end."""
    rows: list[str] = []
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                for name, value in report.user_properties:
                    if name == _PROPERTY:
                        rows += json.loads(str(value))
    return rows


def _own_line(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """``path:line: `` of the last frame in the test's own file; empty for tests that are no Python."""
    assert call.excinfo is not None
    for entry in reversed(call.excinfo.traceback):
        if Path(entry.path) == item.path:
            return f"{item.path.name}:{entry.lineno + 1}: "
    return ""
