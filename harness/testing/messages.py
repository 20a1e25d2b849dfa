"""What to say of a cached prefix that is not the same in every call."""

from collections.abc import Iterable, Iterator, Sequence

from harness.findings.advice import ADVICE
from harness.findings.describe import describe_change
from harness.prompt.reading import Prompt
from harness.promptcache.causes import Cause
from harness.stability.taint import Leak
from harness.testing.inputs import InputChange

_LISTED = 8


def describe_leaks(leaks: Sequence[Leak], prompt: Prompt) -> str:
    """The whole message for fields whose marks stand in the prefix of a request."""
    fields = list(dict.fromkeys(leak.field for leak in leaks))
    what = f"{fields[0]} is" if len(fields) == 1 else f"{len(fields)} fields of the inputs are"
    facts = [f"{_place(leak)}: {leak.excerpt!r}" for leak in leaks[:_LISTED]]
    if len(leaks) > _LISTED:
        facts.append(f"and at {len(leaks) - _LISTED} more places")
    end = prompt.static_end
    is_automatic = end is not None and end.is_automatic
    fix = ADVICE["automatic_after_unique_tail"][1] if is_automatic else "move it behind that breakpoint"
    facts += [
        f"the prefix ends at the {_breakpoint(prompt)}",
        "cause: text from the inputs stands in front of the breakpoint, so that each input writes a prefix of its own",
        f"fix:   {fix}",
    ]
    return lines(f"{what} in the cached prefix", facts)


def _place(leak: Leak) -> str:
    return leak.path if leak.offset is None else f"{leak.path} at character {leak.offset:,}"


def describe_difference(before: Prompt, after: Prompt, *, first: str, second: str) -> list[str]:
    """Place, both sides, and as the last two lines cause and fix."""
    prefix = before.static_parts
    if [part.key for part in prefix] != [part.key for part in after.parts[: len(prefix)]]:
        facts = describe_change(before, after, first=first, second=second)
        end = before.static_end
        return [*facts[:-2], *advice("automatic_after_unique_tail")] if end and end.is_automatic else facts
    cause: Cause = "breakpoint_moved" if after.static_end else "breakpoint_removed"
    width = max(len(first), len(second)) + 1
    return [
        "the same text is marked elsewhere:",
        f"  {first + ':':<{width}} {_breakpoint(before)}",
        f"  {second + ':':<{width}} {_breakpoint(after)}",
        *advice(cause),
    ]


def _breakpoint(prompt: Prompt) -> str:
    end = prompt.static_end
    if end is None:
        return "no breakpoint"
    path = prompt.static_blocks[-1].path
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
