"""Findings in the order in which people should read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.findings.finding import Finding, Severity

LEVELS: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first."""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort errors before warnings before notes; within a level the order stays."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def of_level(findings: Iterable[Finding], level: Severity) -> tuple[Finding, ...]:
    """Select the findings of one level, in the order given."""
    return tuple(finding for finding in findings if finding.level == level)


def count_levels(findings: Sequence[Finding]) -> str:
    """``2 errors, 1 note``; ``no findings`` if there are none."""
    counts = [count(len(found), level) for level in LEVELS if (found := of_level(findings, level))]
    return ", ".join(counts) or "no findings"


def next_command(findings: Iterable[Finding]) -> str:
    """Find the command of the worst finding that has one; empty if none has."""
    return next((finding.command for finding in worst_first(findings) if finding.command), "")
