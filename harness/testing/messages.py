"""Findings about a cached prefix that is not the same in every call."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.errors import CheckError
from harness.findings.advice import ADVICE
from harness.findings.describe import add_change
from harness.findings.finding import Finding, Place
from harness.findings.words import and_more, join
from harness.prompt.reading import Prompt
from harness.promptcache.causes import Cause
from harness.stability.taint import Leak
from harness.testing.inputs import InputChange

_LISTED = 8


def check_error(finding: Finding) -> CheckError:
    """Make the error for a finding, with the whole finding as its message."""
    return CheckError(str(finding), findings=(finding,))


def describe_leaks(leaks: Sequence[Leak], prompt: Prompt) -> Finding:
    """Describe all fields whose marks are in the prefix of a request as one finding."""
    fields = list(dict.fromkeys(leak.field for leak in leaks))
    what = f"{fields[0]} is" if len(fields) == 1 else f"{len(fields)} fields of the inputs are"
    end = prompt.static_end
    is_automatic = end is not None and end.is_automatic
    first, *others = leaks
    facts = [f"the prefix ends at the {_breakpoint(prompt)}"]
    if len(fields) > 1:
        facts.append(f"fields: {join(fields, limit=_LISTED)}")
    quotes = [f"also at {_place(leak)}: {leak.excerpt!r}" for leak in others[: _LISTED - 1]]
    if len(leaks) > _LISTED:
        facts.append(f"places: {len(leaks)}, {_LISTED} of them shown")
    return Finding(
        rule="leak",
        headline=f"{what} in the cached prefix, so each input writes its own prefix",
        facts=tuple(facts),
        place=replace(_place(first), first="", second="marked", after=first.excerpt),
        quotes=tuple(quotes),
        fix=ADVICE["automatic_after_unique_tail"].fix if is_automatic else "move it after that breakpoint",
    )


def _place(leak: Leak) -> Place:
    return Place(path=leak.path, offset=leak.offset)


def add_difference(finding: Finding, before: Prompt, after: Prompt, *, first: str, second: str) -> Finding:
    """Add place, excerpts, cause and fix of the difference between two prefixes to a finding."""
    prefix, end = before.static_parts, before.static_end
    if [part.key for part in prefix] != [part.key for part in after.parts[: len(prefix)]]:
        changed = add_change(finding, before, after, first=first, second=second)
        return changed.with_cause("automatic_after_unique_tail") if end and end.is_automatic else changed
    cause: Cause = "breakpoint_moved" if after.static_end else "breakpoint_removed"
    width = max(len(first), len(second)) + 1
    facts = (
        "the same text is marked elsewhere:",
        f"  {first + ':':<{width}} {_breakpoint(before)}",
        f"  {second + ':':<{width}} {_breakpoint(after)}",
    )
    place = Place(path=before.static_blocks[-1].path)
    return replace(finding, facts=(*finding.facts, *facts), place=place).with_cause(cause)


def _breakpoint(prompt: Prompt) -> str:
    end = prompt.static_end
    if end is None:
        return "no breakpoint"
    path = prompt.static_blocks[-1].path
    return f"automatic breakpoint, on {path}" if end.is_automatic else f"breakpoint on {path}"


def list_changes(changes: Sequence[InputChange]) -> Iterator[str]:
    """One line per change of the inputs, up to a limit."""
    yield from (f"  {change}" for change in changes[:_LISTED])
    if left_out := and_more(len(changes) - _LISTED):
        yield f" {left_out}"
