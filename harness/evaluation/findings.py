"""What the checks of answers give to report: of one case, and of a suite by its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UnknownModelError
from harness.findings.finding import Finding
from harness.findings.words import count
from harness.suites.case_checks import find_faults
from harness.suites.checks import check_rules
from harness.suites.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.calls.call import Call
    from harness.evaluation.cases import CaseCheck


def find_failed(results: Sequence[CaseCheck], *, title: str, has_gate: bool) -> list[Finding]:
    """Report checks that failed, unless the suite has other rules, and those that are broken."""
    broken = [one for one in results if one.is_broken]
    failed = [] if has_gate else [one for one in results if one.passed is False and not one.is_broken]
    return [
        *(
            Finding(
                rule="answer-check",
                headline=f"{title}: the check {one.name!r} fails",
                quotes=_quotes(one),
                fix="change the prompt; or, if the check asks for too much, change the check in suite.yaml",
            )
            for one in failed
        ),
        *(
            Finding(
                rule="cannot-tell",
                headline=f"{title}: the check {one.name!r} cannot tell, because it failed itself",
                quotes=_quotes(one),
                fix="correct the check",
            )
            for one in broken
        ),
    ]


def find_regressions(results: Sequence[CaseCheck], passed_before: Mapping[str, str], *, title: str) -> list[Finding]:
    """Report checks that fail now and passed when the answers were accepted, with what they said then."""
    return [
        Finding(
            rule="regression",
            headline=f"{title}: the check {one.name!r} passed when it was accepted, and fails now",
            facts=(f"accepted: {passed_before[one.name]}",),
            quotes=_quotes(one),
            fix="undo the change of the prompt, or accept the new results: pytest --harness-update-lock",
        )
        for one in results
        if one.passed is False and one.name in passed_before
    ]


def find_judge_faults(calls: Sequence[Call], *, title: str) -> list[Finding]:
    """Check that every call of a judge after the first reads its rubric from the prompt cache."""
    by_rubric: dict[str, list[Call]] = {}
    for call in calls:
        by_rubric.setdefault(repr((call.model, call.request.get("system"))), []).append(call)
    return [finding for group in by_rubric.values() for finding in _find_group_faults(group, title)]


def _find_group_faults(calls: Sequence[Call], title: str) -> list[Finding]:
    first = calls[0]
    if (too_short := _find_short_rubric(first, title)) is not None:
        return [too_short]
    if len(calls) == 1:
        fault = check_rules(first)
        return [] if fault is None else [fault]
    return find_faults(Plan(kind="questions", rounds=len(calls)), [[call] for call in calls])


def _find_short_rubric(call: Call, title: str) -> Finding | None:
    """A note for a rubric that is too short to be cached."""
    prompt = call.prompt
    tokens = max((prompt.count.prefixes[point.block_index] for point in prompt.breakpoints), default=0)
    try:
        minimum = prompt.model.min_cacheable_tokens
    except UnknownModelError:
        return None
    if tokens >= minimum:
        return None
    return Finding(
        rule="never-cached",
        level="note",
        headline=f"{title}: the rubric of the judge is too short to be cached",
        facts=(f"{count(tokens, 'token')}, and {call.model} caches {minimum:,} or more",),
    )


def _quotes(one: CaseCheck) -> tuple[str, ...]:
    place = one.decisive.place
    return (one.why, f"at {place}") if place else (one.why,)
