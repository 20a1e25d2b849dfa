"""What is found by building the requests of a case again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import CheckError
from harness.stability.determinism import check_rebuilds, find_difference_between_cases, find_leaks_of_case
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from harness.findings.finding import Finding
    from harness.prompt.reading import Prompt
    from harness.pytest_plugin.run import Run
    from harness.suites.runner import SuiteFunction


def check_determinism(
    state: Run, item: pytest.Item, run: CaseRun, function: SuiteFunction, prompts: Sequence[Prompt]
) -> None:
    """Build a case's requests again, with marked inputs and if it is asked for under other conditions.

    Raises:
        CheckError: its cached prefix is not the same for all inputs, or under all conditions.
    """
    wanted = run.suite.determinism
    if wanted == "off" or state.mode == "live" or state.rewrite is not None:
        return
    is_full = wanted == "full" or bool(item.config.getoption("--harness-determinism"))
    findings = _find_unstable(state, run, function, prompts, is_full=is_full)
    errors = tuple(finding for finding in findings if finding.level == "error")
    for finding in findings:
        if finding.level != "error":
            state.note_finding(item, finding)
    if errors:
        again = f'pytest "{item.nodeid}"{" --harness-determinism" * is_full}'
        raise CheckError("\n".join(map(str, errors)), hint=again, findings=errors)


def _find_unstable(
    state: Run, run: CaseRun, function: SuiteFunction, prompts: Sequence[Prompt], *, is_full: bool
) -> tuple[Finding, ...]:
    """Leaks of a case's inputs; else what sets it apart from the first case; else what its suite depends on."""
    leaks = find_leaks_of_case(run, function, usual=prompts)
    if leaks:
        # They are why cases differ, too.
        return leaks
    first = CaseRun(suite=run.suite, version=run.version, case=run.suite.cases[0])
    difference = None if first == run else find_difference_between_cases(first, run, function)
    if difference is not None:
        return (difference,)
    key = (run.suite.path, run.suite.name)
    if not is_full or key in state.rebuilt:
        return ()
    # Once for all cases of the suite, in processes of their own.
    state.rebuilt.add(key)
    return check_rebuilds(run.suite, root=state.config.rootpath)
