"""Run one case: make the calls of its rounds, and check them against its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.calls.call import Call
from harness.suites.case_checks import find_faults, raise_findings
from harness.suites.live import find_live_faults
from harness.suites.runner import CaseRun, SuiteFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.sessions.session import CallSession


def run_case(
    run: CaseRun, function: SuiteFunction, session: CallSession, *, on_round: Callable[[str], None] = lambda _: None
) -> list[list[Call]]:
    """Make the calls of a case round by round and check them; return the calls of each round.

    ``on_round`` is told which round begins. Findings of ``live`` mode that are not errors are added to
    ``session.remarks``.

    Raises:
        CheckError: a check fails; its message holds all findings.
    """

    def make_round(number: int) -> list[Call]:
        on_round(f"round {number + 1} of {run.case.plan.rounds}")
        session.await_entries()
        before = len(session.calls)
        sdk = None if run.suite.client == "http" else session.anthropic()
        run.invoke(function, sdk, inputs=run.case.round_inputs(number))
        return session.calls[before:]

    plan = run.case.plan
    rounds = [make_round(number) for number in range(plan.rounds)]
    if session.is_live:
        findings = find_live_faults(plan, rounds, make_round, as_billed=session.as_billed)
    else:
        findings = find_faults(plan, rounds)
    session.remarks += [finding for finding in findings if finding.level != "error"]
    raise_findings(run.title, [finding for finding in findings if finding.level == "error"])
    return rounds
