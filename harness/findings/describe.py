"""What to say of two requests: the place where they part, the cause, the cost, the fix."""

from dataclasses import replace

from harness.findings.advice import ADVICE
from harness.findings.finding import Finding, Place, loss
from harness.prompt.blocks import Request, read_blocks
from harness.prompt.diff import first_divergence, read_parts
from harness.promptcache.causes import Cause, name_cause
from harness.promptcache.explain import Explanation


def add_change(finding: Finding, before: Request, after: Request, *, first: str, second: str) -> Finding:
    """A finding with place, cause and fix of the first difference between two requests; as it is without one.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    change = find_change(before, after, first=first, second=second)
    if change is None:
        return finding
    place, cause = change
    return replace(finding, place=place, cause=cause, fix=ADVICE[cause][1])


def find_change(before: Request, after: Request, *, first: str, second: str) -> tuple[Place, Cause] | None:
    """Place and cause of the first difference between two requests, which are called ``first`` and ``second``.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    old, new = (read_parts(request, read_blocks(request)) for request in (before, after))
    divergence = first_divergence(old, new)
    if divergence is None:
        return None
    return Place.of(divergence, first=first, second=second), name_cause(divergence, old, new)


def describe_change(before: Request, after: Request, *, first: str, second: str) -> list[str]:
    """Place, cause and fix of the first difference between two requests, as lines; empty if there is none.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    change = find_change(before, after, first=first, second=second)
    if change is None:
        return []
    place, cause = change
    why, fix = ADVICE[cause]
    return [*place.lines(), f"cause: {cause}: {why}", f"fix:   {fix}"]


def describe_loss(result: Explanation) -> list[str]:
    """Cause, cost and fix of what an explanation found, as lines; empty if nothing is wrong."""
    if result.cause is None:
        return []
    why, fix = ADVICE[result.cause]
    costs = [f"cost:  {loss(result)}"] if result.tokens_lost else []
    return [f"cause: {result.cause}: {why}", *costs, f"fix:   {fix}"]
