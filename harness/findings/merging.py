"""The findings of a whole run, with what several tests found counted once."""

from collections.abc import Sequence
from dataclasses import replace

from harness.findings.finding import Finding
from harness.findings.ranking import worst_first


def merge(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """One finding for each thing found, with the number of other tests that found it; errors first."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    return tuple(worst_first(_count_tests(group) for group in groups.values()))


def _key(finding: Finding) -> object:
    if finding.place is None:
        return finding
    # Each prompt file is to have its own; the case in a test file or suite file is only where it was found.
    prompt = None if finding.file and finding.test.startswith(finding.file) else finding.file
    # A time stamp is another text in every test, and differs from another digit on.
    is_moment = finding.cause == "timestamp"
    place = replace(finding.place, offset=None, before="", after="") if is_moment else finding.place
    return finding.rule, finding.level, place, finding.cause, finding.costs, prompt


def _count_tests(group: list[Finding]) -> Finding:
    first, tests = group[0], {finding.test for finding in group}
    others = len(tests) - 1
    if others < 1:
        return first
    note = f"the same in {others:,} more {'test' if others == 1 else 'tests'}"
    # What to type for all of them: their file, or everything.
    files = {test.partition("::")[0] for test in tests}
    where = f'"{files.pop()}" ' if len(files) == 1 else ""
    command = first.command.replace(f'"{first.test}" ', where)
    return replace(first, notes=(*first.notes, note), command=command)
