"""Merge the findings of a run, so that what several tests found is reported once."""

from collections.abc import Sequence
from dataclasses import replace

from harness.findings.commands import run_all
from harness.findings.finding import Finding
from harness.findings.ranking import worst_first


def merge(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Merge equal findings into one that says how many more tests found it; errors first."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    return tuple(worst_first(_count_tests(group) for group in groups.values()))


def _key(finding: Finding) -> object:
    if finding.place is None:
        # Errors stay with their tests; a note of many tests is read once.
        return replace(finding, test="", line=None) if finding.level == "note" else finding
    # Each prompt file gets its own finding; a test or suite file only says where the case is.
    prompt = None if finding.file and finding.test.startswith(finding.file) else finding.file
    # A timestamp has a different text in every test, and first differs at a different digit.
    is_moment = finding.cause == "timestamp"
    place = replace(finding.place, offset=None, before="", after="") if is_moment else finding.place
    # The place of a leak may be the same for several fields, as both decide on the same sentence; other headlines
    # name the case.
    fields = (finding.headline, finding.facts) if finding.rule == "leak" else None
    return finding.rule, finding.level, place, finding.cause, finding.costs, prompt, fields


def _count_tests(group: list[Finding]) -> Finding:
    first, tests = group[0], {finding.test for finding in group}
    others = len(tests) - 1
    if others < 1:
        return first
    note = f"the same in {others:,} more {'test' if others == 1 else 'tests'}"
    return replace(first, notes=(*first.notes, note), command=run_all(first.command, tests))
