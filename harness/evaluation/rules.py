"""The rules of a suite: which results of its checks fail the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.finding import Finding
from harness.findings.words import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.evaluation.comparison import Compared
    from harness.evaluation.quality import QualityRow
    from harness.suites.gate import GateEntry

_MOST = 5


def find_broken_rules(gate: GateEntry, rows: Sequence[QualityRow], *, title: str) -> Iterator[Finding]:
    """Report each check of a version whose pass rate or mean score is below what its suite states."""
    for row in rows:
        check = row.check
        wanted = (
            ("pass rate", row.rate, gate.pass_rate_of(check)),
            ("mean score", row.mean_score, gate.mean_score.get(check)),
        )
        for what, value, least in wanted:
            if least is None:
                continue
            if value is None:
                yield Finding(
                    rule="cannot-tell",
                    headline=f"{title}: no case has a {what} of the check {check!r}, which the gate asks for",
                )
            elif value < least:
                yield Finding(
                    rule="answer-check",
                    headline=f"{title}: the {what} of the check {check!r} is {value:.4g}, below {least:.4g}",
                    facts=(_say_counts(row),),
                    fix="change the prompt, or the gate in suite.yaml",
                )


def find_worse(compared: Compared) -> Finding | None:
    """Report a version that is worse than the one before it."""
    if compared.word != "worse":
        return None
    lost = [f"cases that fail now: {join(compared.flipped, limit=_MOST)}"] if compared.flipped else []
    return Finding(
        rule="worse",
        headline=f"{compared.suite} {compared.after}: worse than {compared.before} by the check {compared.check!r}",
        facts=(compared.says, *lost),
        fix=f"change the prompt, or keep {compared.before}",
    )


def _say_counts(row: QualityRow) -> str:
    return f"{row.passed} of {row.cases} cases pass, {row.failed} fail, {row.cannot_tell} cannot be told"
