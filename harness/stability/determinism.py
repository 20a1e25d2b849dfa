"""Find cached prefixes that bust only in production: for another user or case, in another process or elsewhere."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.findings.advice import ADVICE
from harness.findings.finding import Finding
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt, read
from harness.stability.differences import find_differences
from harness.stability.judging import Judge
from harness.stability.leaks import find_leaks_of_case
from harness.stability.processes import Jobs
from harness.suites.capture import capture
from harness.suites.model import Suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.suites.runner import CaseRun, SuiteFunction


def find_unstable(
    run: CaseRun, function: SuiteFunction, prompts: Sequence[Prompt] | None, *, is_sdk_allowed: bool = True
) -> tuple[Finding, ...]:
    """Find leaks of a case's inputs or, without any, the difference from the first case of its suite.

    ``prompts`` are the case's requests, if they are known. Without ``is_sdk_allowed``, requests that only the SDK
    can make are not compared.
    """
    leaks = find_leaks_of_case(run, function, usual=prompts, is_sdk_allowed=is_sdk_allowed)
    if any(finding.level != "note" for finding in leaks):
        # They also explain why cases differ.
        return leaks
    first = replace(run, case=run.suite.cases[0])
    if first == run:
        return leaks
    difference = find_difference_between_cases(first, run, function, is_sdk_allowed=is_sdk_allowed)
    return leaks if difference is None else (*leaks, difference)


def find_difference_between_cases(
    first: CaseRun, other: CaseRun, function: SuiteFunction, *, is_sdk_allowed: bool = True
) -> Finding | None:
    """Find a difference between the static prefixes of two cases of one version; ``None`` if they are the same.

    Messages are ignored, since conversations differ. So are calls that only one of the cases makes.
    """
    captured = (capture(run, function, is_sdk_allowed=is_sdk_allowed) for run in (first, other))
    pairs = zip(*(_read_all(one.bodies) for one in captured), strict=False)
    for before, after in pairs:
        if not _is_static(before) and not _is_static(after):
            continue
        if not (_is_static(before) and _is_static(after)):
            before, after = (_without_messages(prompt) for prompt in (before, after))  # noqa: PLW2901
        differences = find_differences(before, after, first=first.case.name, second=other.case.name)
        if differences:
            place, cause = differences[0]
            return Finding(
                rule="unstable",
                headline=f"the cached prefix of {first.suite.name} {first.version.name} is not the same "
                f"in the cases {first.case.name} and {other.case.name}",
                place=place,
                cause=cause,
                fix=ADVICE[cause].fix
                if cause
                else "move what differs from case to case after the last breakpoint, into the user message",
            )
    return None


def check_rebuilds(
    suites: Suite | Sequence[Suite],
    *,
    root: Path,
    sys_path: Sequence[str] | None = None,
    timeout_seconds: float = 60,
) -> tuple[Finding, ...]:
    """Find prefixes that depend on more than their inputs: the clock, the hash seed, the machine, the process.

    Every case of every version is built in separate processes, under the usual conditions and
    under others that differ in one thing each. A block that changes is reported once, with the
    most specific cause. A case that cannot be built is an error under the usual conditions, and a
    note under others.

    The processes run in ``root``, the project folder. ``sys_path`` defaults to that of this
    process. Each process may take ``timeout_seconds``.
    """
    group = (suites,) if isinstance(suites, Suite) else tuple(suites)
    jobs = Jobs(
        suites=group,
        root=root.absolute(),
        sys_path=sys.path if sys_path is None else sys_path,
        timeout_seconds=timeout_seconds,
    )
    usual, rebuilt = jobs.run_all()
    judges = [Judge(suite=suite, root=root, usual=usual, rebuilt=rebuilt) for suite in group]
    return tuple(finding for judge in judges for finding in judge.find_all())


def _read_all(bodies: Iterable[bytes]) -> list[Prompt]:
    reader = PromptReader()
    return [reader.read(body) for body in bodies]


def _is_static(prompt: Prompt) -> bool:
    """Whether the static prefix ends in tools or system."""
    blocks = prompt.static_blocks
    return bool(blocks) and blocks[-1].level != "messages"


def _without_messages(prompt: Prompt) -> Prompt:
    """A copy without messages and without the top-level breakpoint."""
    kept = {key: value for key, value in prompt.request.items() if key != "cache_control"}
    return read({**kept, "messages": []})
