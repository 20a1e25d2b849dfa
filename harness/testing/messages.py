"""What to say of a cached prefix that is not the same in every call."""

from collections.abc import Iterable, Iterator, Sequence

from harness.findings.advice import ADVICE
from harness.findings.describe import describe_change
from harness.prompt.blocks import Request, read_blocks
from harness.prompt.diff import read_parts
from harness.prompt.prefix import prefix_blocks, prefix_end, prefix_parts
from harness.promptcache.causes import Cause
from harness.stability.taint import Leak
from harness.testing.inputs import InputChange

_LISTED = 8


def describe_leaks(leaks: Sequence[Leak], request: Request) -> str:
    """The whole message for fields whose marks stand in the prefix of a request."""
    fields = list(dict.fromkeys(leak.field for leak in leaks))
    what = f"{fields[0]} is" if len(fields) == 1 else f"{len(fields)} fields of the inputs are"
    facts = [f"{_place(leak)}: {leak.excerpt!r}" for leak in leaks[:_LISTED]]
    if len(leaks) > _LISTED:
        facts.append(f"and at {len(leaks) - _LISTED} more places")
    end = prefix_end(request)
    is_automatic = end is not None and end.is_automatic
    fix = ADVICE["automatic_after_unique_tail"][1] if is_automatic else "move it behind that breakpoint"
    facts += [
        f"the prefix ends at the {_breakpoint(request)}",
        "cause: text from the inputs stands in front of the breakpoint, so that each input writes a prefix of its own",
        f"fix:   {fix}",
    ]
    return lines(f"{what} in the cached prefix", facts)


def _place(leak: Leak) -> str:
    return leak.path if leak.offset is None else f"{leak.path} at character {leak.offset:,}"


def describe_difference(before: Request, after: Request, *, first: str, second: str) -> list[str]:
    """Place, both sides, and as the last two lines cause and fix."""
    prefix = prefix_parts(before)
    parts = read_parts(after, read_blocks(after))
    if [part.key for part in prefix] != [part.key for part in parts[: len(prefix)]]:
        facts = describe_change(before, after, first=first, second=second)
        end = prefix_end(before)
        return [*facts[:-2], *advice("automatic_after_unique_tail")] if end and end.is_automatic else facts
    cause: Cause = "breakpoint_moved" if prefix_end(after) else "breakpoint_removed"
    width = max(len(first), len(second)) + 1
    return [
        "the same text is marked elsewhere:",
        f"  {first + ':':<{width}} {_breakpoint(before)}",
        f"  {second + ':':<{width}} {_breakpoint(after)}",
        *advice(cause),
    ]


def _breakpoint(request: Request) -> str:
    end = prefix_end(request)
    if end is None:
        return "no breakpoint"
    path = prefix_blocks(request)[-1].path
    return f"automatic breakpoint, on {path}" if end.is_automatic else f"breakpoint on {path}"


def advice(cause: Cause) -> tuple[str, str]:
    """Two lines for a cause: why, and what to do."""
    why, fix = ADVICE[cause]
    return f"cause: {cause}: {why}", f"fix:   {fix}"


def list_changes(changes: Sequence[InputChange]) -> Iterator[str]:
    """One line for each change of the inputs, but not for too many."""
    yield from (f"  {change}" for change in changes[:_LISTED])
    if len(changes) > _LISTED:
        yield f"  and {len(changes) - _LISTED} more"


def lines(headline: str, facts: Iterable[str]) -> str:
    """A message: what is wrong, then the facts, indented."""
    return "\n".join([headline, *(f"  {fact}" for fact in facts)])
