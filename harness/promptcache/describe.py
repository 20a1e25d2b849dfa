"""What to say of two requests, in lines that people read: the place, the cause, the cost, the fix."""

from harness.prompt.blocks import Request, read_blocks
from harness.prompt.diff import Divergence, first_divergence, read_parts
from harness.promptcache.advice import ADVICE
from harness.promptcache.causes import name_cause
from harness.promptcache.explain import Explanation
from harness.provider.pricing import dollars


def describe_place(place: Divergence, *, first: str, second: str) -> list[str]:
    """Where two requests part, and both texts around it; ``first`` and ``second`` name the two."""
    where = place.path if place.offset is None else f"{place.path} at character {place.offset:,}"
    before, after = place.excerpts()
    width = max(len(first), len(second)) + 1
    return [
        f"first difference: {where}",
        f"  {first + ':':<{width}} {before!r}",
        f"  {second + ':':<{width}} {after!r}",
    ]


def describe_change(before: Request, after: Request, *, first: str, second: str) -> list[str]:
    """Place, cause and fix of the first difference between two requests; empty if there is none.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    old, new = (read_parts(request, read_blocks(request)) for request in (before, after))
    place = first_divergence(old, new)
    if place is None:
        return []
    cause = name_cause(place, old, new)
    why, fix = ADVICE[cause]
    return [*describe_place(place, first=first, second=second), f"cause: {cause}: {why}", f"fix:   {fix}"]


def describe_loss(result: Explanation) -> list[str]:
    """Cause, cost and fix of what an explanation found; empty if nothing is wrong."""
    if result.cause is None:
        return []
    why, fix = ADVICE[result.cause]
    lines = [f"cause: {result.cause}: {why}"]
    if result.tokens_lost:
        cost = "an unknown amount" if result.cost is None else dollars(result.cost)
        lines.append(f"cost:  {result.tokens_lost:,} tokens are not read any more: {cost} more a call")
    return [*lines, f"fix:   {fix}"]
