"""Findings from rebuilding a case's requests: with marked inputs, and under other conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.stability.determinism import check_rebuilds, find_difference_between_cases, find_leaks_of_case
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.findings.finding import Finding
    from harness.prompt.reading import Prompt
    from harness.suites.model import Suite
    from harness.suites.runner import SuiteFunction


def find_unstable(case: CaseRun, function: SuiteFunction, prompts: Sequence[Prompt]) -> tuple[Finding, ...]:
    """Find leaks of a case's inputs or, without any, the difference from the first case of its suite."""
    leaks = find_leaks_of_case(case, function, usual=prompts)
    if leaks:
        # They also explain why cases differ.
        return leaks
    first = CaseRun(suite=case.suite, version=case.version, case=case.suite.cases[0])
    difference = None if first == case else find_difference_between_cases(first, case, function)
    return () if difference is None else (difference,)


def rebuild_suite(suite: Suite, *, root: Path, rebuilt: set[tuple[Path, str]]) -> tuple[Finding, ...]:
    """Find what a suite's prefixes depend on besides their inputs; ``rebuilt`` holds the suites already done.

    All cases are built once, in separate processes that run in the folder ``root``.
    """
    key = (suite.path, suite.name)
    if key in rebuilt:
        return ()
    rebuilt.add(key)
    return check_rebuilds(suite, root=root)
