"""Findings from the usage of calls: figures that contradict each other or cannot be true."""

from collections.abc import Sequence

from harness.findings.finding import Finding
from harness.findings.words import printable
from harness.provider.usage import Usage


def find_contradictions(usages: Sequence[Usage]) -> list[Finding]:
    """Make one finding for each usage with faults; calls count from 1."""
    return [_describe(usage, number) for number, usage in enumerate(usages, start=1) if usage.faults]


def _describe(usage: Usage, number: int) -> Finding:
    first, *others = map(printable, usage.faults)
    return Finding(
        rule="cannot-tell",
        headline=f"the usage of call {number} contradicts itself: {first}",
        facts=(*others, "no figure of this call can be trusted, and its cost is unknown"),
        fix="record the call again; if it stays so, report it to whoever answers: the API or a gateway to it",
    )
