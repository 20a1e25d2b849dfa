"""What is found by building the requests of a case again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gate.determinism import check_rebuilds, find_difference_between_cases, find_leaks_of_case
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from pathlib import Path

    from harness.promptcache.finding import Finding
    from harness.suites.runner import Function


def find_unstable(
    run: CaseRun, function: Function, *, root: Path, rebuilt: set[tuple[Path, str]], is_full: bool
) -> tuple[Finding, ...]:
    """Leaks of a case's inputs, what sets it apart from the first case, and what its suite depends on.

    The last is found for the whole suite at once, in processes of their own; ``rebuilt`` remembers
    for which suites that was done.
    """
    leaks = find_leaks_of_case(run, function)
    if leaks:
        # They are why cases differ, too.
        return leaks
    first = CaseRun(suite=run.suite, version=run.version, case=run.suite.cases[0])
    difference = None if first == run else find_difference_between_cases(first, run, function)
    if difference is not None:
        return (difference,)
    key = (run.suite.path, run.suite.name)
    if not is_full or key in rebuilt:
        return ()
    rebuilt.add(key)
    return check_rebuilds(run.suite, root=root)
