"""Cached prefixes that bust only in production: another user, another case, another process on another machine."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import RequestError
from harness.findings.advice import ADVICE
from harness.findings.finding import Finding, Place
from harness.prompt.reader import PromptReader
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
    """A leak, and the request that it was seen in."""

    leak: Leak
    number: int
    """Of the request, among those of the case."""
    prompt: Prompt


def find_leaks_of_case(
    run: CaseRun, function: SuiteFunction, *, usual: Sequence[Prompt] | None = None
) -> tuple[Finding, ...]:
    """Fields of a case's inputs that get into its cached prefix as they are: a finding for each block.

    The case is built with every text of its inputs replaced by a mark. A function that does not
    take marks for all of them is given one at a time. Leaks into a prefix that ends in the
    messages are warnings: there they may be meant. ``usual`` are the case's requests, where they are known.
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
    """That the prefix of tools and system is not the same for two cases of one version; ``None`` if it is.

    Messages are left out: conversations differ. So are calls that only one of the cases makes.
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
                else "move what differs from case to case behind the last breakpoint, into the user message",
            )
    return None


def check_rebuilds(
    suites: Suite | Sequence[Suite],
    *,
    root: Path,
    sys_path: Sequence[str] | None = None,
    timeout_seconds: float = 60,
) -> tuple[Finding, ...]:
    """What moves the prefixes of suites but their inputs: the clock, the hash seed, the machine, the process.

    Every case of every version is built in processes of their own, under usual conditions and
    under others that differ in one thing each. A block that moves is reported once, by what
    explains it best. What cannot be built under usual conditions is an error, what cannot under
    others a note.

    ``root`` is the project's folder, in which the processes run; ``sys_path`` is by default this
    process's; a process may take ``timeout_seconds``.
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
    """One for each body; ``None`` where it is not a request, which the run of the case itself reports."""
    reader = PromptReader()

    def try_read(body: bytes) -> Prompt | None:
        try:
            return reader.read(body)
        except RequestError:
            return None

    return [try_read(body) for body in bodies]


def _describe_leaks(spots: Sequence[_Spot], usual: Sequence[Prompt | None]) -> Finding:
    """One finding for the leaks into one block."""
    fields = [spot.leak.field for spot in spots]
    owners = {match[0] if (match := _INPUT.match(field)) else "case" for field in fields}
    owner = owners.pop() if len(owners) == 1 else "case"
    leak, number, prompt = spots[0]
    end = prompt.static_blocks[-1]
    point = prompt.static_end
    is_automatic = point is not None and point.is_automatic
    facts = [f"the prefix ends at the {'automatic ' if is_automatic else ''}breakpoint on {end.path}"]
    if len(fields) > 1:
        facts.append(f"fields: {', '.join(fields[:_LISTED])}" + _more(len(fields) - _LISTED))
    return Finding(
        rule="leak",
        level="warning" if end.level == "messages" else "error",
        headline=f"{_name_fields(fields)} in the cached prefix, so that each {owner} writes a prefix of its own",
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
        else "move it behind the last breakpoint, into the user message",
        notes=(f"this is as it should be where one {owner} is asked about more than once",)
        if end.level == "messages"
        else (),
    )


def _name_fields(fields: Sequence[str]) -> str:
    if len(fields) == 1:
        return f"{fields[0]} stands"
    if len(fields) == 2:
        return f"{fields[0]} and {fields[1]} stand"
    return f"{fields[0]} and {len(fields) - 1} more fields stand"


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _excerpt(prompt: Prompt | None, leak: Leak) -> str:
    """What usually stands where a mark was found."""
    for part in prompt.static_parts if prompt else ():
        if part.path == leak.path:
            text, offset = (block_text(part.block), leak.offset or 0) if part.block else (str(part.value), 0)
            low, high = max(0, offset - _BEFORE), offset + _AFTER
            return f"{'…' if low else ''}{text[low:high]}{'…' if high < len(text) else ''}"
    return ""


def _is_static(prompt: Prompt) -> bool:
    """Whether a prefix ends in tools or system."""
    blocks = prompt.static_blocks
    return bool(blocks) and blocks[-1].level != "messages"


def _without_messages(prompt: Prompt) -> Prompt:
    """The same with no breakpoint but those in tools and system."""
    kept = {key: value for key, value in prompt.request.items() if key != "cache_control"}
    return read({**kept, "messages": []})
