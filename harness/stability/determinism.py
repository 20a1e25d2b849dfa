"""Find cached prefixes that bust only in production: for another user or case, in another process or elsewhere."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from harness.findings.advice import ADVICE
from harness.findings.finding import Finding, Place
from harness.findings.words import and_more, join
from harness.prompt.reader import PromptReader, try_read_once
from harness.prompt.reading import Prompt, read
from harness.prompt.text import block_text
from harness.stability.differences import find_differences
from harness.stability.judging import Judge
from harness.stability.processes import Jobs
from harness.stability.taint import Leak, find_leaks, list_fields, taint
from harness.suites.capture import capture
from harness.suites.model import Suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.suites.runner import CaseRun, SuiteFunction

_LISTED = 8
_BEFORE, _AFTER = 24, 48
_INPUT = re.compile(r"[^.\[…]+")


class _Spot(NamedTuple):
    """A leak, and the request in which it was found."""

    leak: Leak
    number: int
    """Index of the request among those of the case."""
    prompt: Prompt


def find_leaks_of_case(
    run: CaseRun, function: SuiteFunction, *, usual: Sequence[Prompt] | None = None
) -> tuple[Finding, ...]:
    """Find fields of a case's inputs that get into its cached prefix unchanged: one finding per block.

    The case is built with every text of its inputs replaced by a mark. A function that fails on
    marks in all fields gets one at a time. Leaks into a prefix that ends in the messages are
    warnings, since they may be intended. ``usual`` are the case's requests, if they are known.
    """
    inputs = run.case.inputs
    fields = [field for name, value in inputs.items() for field in list_fields(value, name)]
    if not fields:
        return ()
    known = _try_read_all(capture(run, function).bodies) if usual is None else usual
    spots: dict[tuple[str, str], _Spot] = {}
    for only in (None, *fields):
        marked = {name: taint(value, name, only=only) for name, value in inputs.items()}
        prompts = _try_read_all(capture(run, function, inputs=marked).bodies)
        for number, prompt in enumerate(prompts):
            if prompt is not None:
                for leak in find_leaks(prompt, fields if only is None else [only]):
                    spots.setdefault((leak.path, leak.field), _Spot(leak, number, prompt))
        if only is None and len(prompts) >= len(known):
            break
    by_path: dict[str, list[_Spot]] = {}
    for spot in spots.values():
        by_path.setdefault(spot.leak.path, []).append(spot)
    return tuple(_describe_leaks(found, known) for found in by_path.values())


def find_difference_between_cases(first: CaseRun, other: CaseRun, function: SuiteFunction) -> Finding | None:
    """Find a difference between the static prefixes of two cases of one version; ``None`` if they are the same.

    Messages are ignored, since conversations differ. So are calls that only one of the cases makes.
    """
    pairs = zip(*(_read_all(capture(run, function).bodies) for run in (first, other)), strict=False)
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


def _try_read_all(bodies: Iterable[bytes]) -> list[Prompt | None]:
    """Read each body; ``None`` for one that is not a request, which the run of the case itself reports."""
    return [try_read_once(body) for body in bodies]


def _describe_leaks(spots: Sequence[_Spot], usual: Sequence[Prompt | None]) -> Finding:
    """Describe all leaks into one block as one finding."""
    fields = [spot.leak.field for spot in spots]
    owners = {match[0] if (match := _INPUT.match(field)) else "case" for field in fields}
    owner = owners.pop() if len(owners) == 1 else "case"
    leak, number, prompt = spots[0]
    end = prompt.static_blocks[-1]
    point = prompt.static_end
    is_automatic = point is not None and point.is_automatic
    facts = [f"the prefix ends at the {'automatic ' if is_automatic else ''}breakpoint on {end.path}"]
    if len(fields) > 1:
        facts.append(f"fields: {join(fields, limit=_LISTED)}")
    return Finding(
        rule="leak",
        level="warning" if end.level == "messages" else "error",
        headline=f"{_name_fields(fields)} in the cached prefix, so each {owner} writes its own prefix",
        facts=tuple(facts),
        place=Place(
            path=leak.path,
            offset=leak.offset,
            first="usual",
            second="marked",
            before=_excerpt(usual[number] if number < len(usual) else None, leak),
            after=leak.excerpt,
        ),
        fix=ADVICE["automatic_after_unique_tail"].fix
        if is_automatic
        else "move it after the last breakpoint, into the user message",
        notes=(f"this is intended if several calls ask about the same {owner}",) if end.level == "messages" else (),
    )


def _name_fields(fields: Sequence[str]) -> str:
    if len(fields) == 1:
        return f"{fields[0]} is"
    if len(fields) == 2:
        return f"{fields[0]} and {fields[1]} are"
    return f"{fields[0]}{and_more(len(fields) - 1)} fields are"


def _excerpt(prompt: Prompt | None, leak: Leak) -> str:
    """The usual text at the place of a mark, shortened."""
    for part in prompt.static_parts if prompt else ():
        if part.path == leak.path:
            text, offset = (block_text(part.block), leak.offset or 0) if part.block else (str(part.value), 0)
            low, high = max(0, offset - _BEFORE), offset + _AFTER
            return f"{'…' if low else ''}{text[low:high]}{'…' if high < len(text) else ''}"
    return ""


def _is_static(prompt: Prompt) -> bool:
    """Whether the static prefix ends in tools or system."""
    blocks = prompt.static_blocks
    return bool(blocks) and blocks[-1].level != "messages"


def _without_messages(prompt: Prompt) -> Prompt:
    """A copy without messages and without the top-level breakpoint."""
    kept = {key: value for key, value in prompt.request.items() if key != "cache_control"}
    return read({**kept, "messages": []})
