"""Checks of the answers of a case: judges asked through its session, results noted, and the findings they give."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anthropic import Anthropic

from harness.evaluation.cases import CaseCheck, check_case, list_samples
from harness.evaluation.findings import find_failed, find_judge_faults, find_regressions
from harness.lock.results import LockedResult
from harness.pytest_plugin.attachments import note, note_calls, note_finding
from harness.pytest_plugin.private.names import shown_id
from harness.pytest_plugin.stash import RESULTS
from harness.reports.report import JUDGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from harness.calls.call import Call
    from harness.evaluation.check import Check
    from harness.findings.finding import Finding
    from harness.lock.entries import LockEntry
    from harness.sessions.session import CallSession
    from harness.suites.runner import CaseRun

type MayShow = Callable[[str], bool]

_WITHHELD = "withheld"


class AnswerChecks:
    """Checks the answers of one case."""

    def __init__(
        self,
        item: pytest.Item,
        run: CaseRun,
        checks: Sequence[Check],
        *,
        may_show: MayShow,
        on_verdict: Callable[[str], None],
    ) -> None:
        """Check the answers of a test.

        Of a sentence that ``may_show`` refuses, nothing is shown. ``on_verdict`` is told when a judge is asked.
        """
        self._item = item
        self._run = run
        self._checks = checks
        self._may_show = may_show
        self._on_verdict = on_verdict
        self.judged: list[Call] = []
        """The calls of judges."""

    def check(self, rounds: Sequence[Sequence[Call]], session: CallSession) -> list[CaseCheck]:
        """Check the answers of all samples, and note what the checks say."""
        samples = list_samples(self._run.case, rounds)
        results = [self._shown(one) for one in check_case(self._checks, samples, self._make_ask(session))]
        if self.judged:
            suite, version = self._run.suite.name, self._run.version.name
            note_calls(self._item, self.judged, suite=suite, version=version, plan=JUDGE)
            for finding in find_judge_faults(self.judged, title=self._run.title):
                note_finding(self._item, finding)
        self._item.stash[RESULTS] = (
            rounds[0][0].origin,
            {one.name: LockedResult.of(one.passed_samples, one.told, one.score) for one in results},
        )
        note(self._item, "checks", json.dumps(self._row(results, rounds[0][0].origin)))
        return results

    def find(self, results: Sequence[CaseCheck], entry: LockEntry | None) -> list[Finding]:
        """The findings of a case, which depend on the rules of its suite; ``entry`` is what was accepted."""
        suite, title = self._run.suite, self._run.title
        origin, _ = self._item.stash[RESULTS]
        found = find_failed(results, title=title, has_gate=suite.gate is not None)
        if suite.gate is not None and suite.gate.regressions and entry is not None and entry.answered_by == origin:
            before = {name: str(result) for name, result in entry.results.items() if result.is_passed}
            found += find_regressions(results, before, title=title)
        return found

    def _shown(self, one: CaseCheck) -> CaseCheck:
        """A check without the sentences that may not be shown."""
        results = (
            result if self._may_show(f"{result.why} {result.place}") else replace(result, why=_WITHHELD, place="")
            for result in one.results
        )
        return replace(one, results=tuple(results))

    def _make_ask(self, session: CallSession) -> Callable[[dict[str, Any]], Call]:
        def ask(request: dict[str, Any]) -> Call:
            self._on_verdict(f"verdict {len(self.judged) + 1}")
            session.await_entries()
            before = len(session.calls)
            # A suite with its own HTTP client has a session that intercepts any other too.
            client = Anthropic() if self._run.suite.client == "http" else session.anthropic()
            client.messages.create(**request)
            call = session.calls[before]
            self.judged.append(call)
            return call

        return ask

    def _row(self, results: Sequence[CaseCheck], origin: str) -> dict[str, Any]:
        suite, case = self._run.suite, self._run.case
        return {
            "id": shown_id(self._item),
            "suite": suite.name,
            "version": self._run.version.name,
            "case": case.name,
            "answered_by": origin,
            "place": [str(suite.path), suite.line],
            "fixtures": dict(case.fixtures),
            "gate": None if suite.gate is None else suite.gate.model_dump(),
            "results": [one.to_json() for one in results],
            "shown": [
                {
                    "check": one.name,
                    "passed": one.passed,
                    "score": None if one.score is None else round(one.score, 4),
                    "why": one.why,
                    "place": one.decisive.place,
                }
                for one in results
            ],
        }
