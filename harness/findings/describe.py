"""What to say of two requests: the place where they part, the cause, the cost, the fix."""

from dataclasses import replace

from harness.findings.advice import ADVICE
from harness.findings.finding import Finding, Place, loss
from harness.prompt.diff import first_divergence
from harness.prompt.reading import Prompt
from harness.promptcache.causes import Cause
from harness.promptcache.explain import Explanation
from harness.promptcache.naming import name_cause


def add_change(finding: Finding, before: Prompt, after: Prompt, *, first: str, second: str) -> Finding:
    """A finding with place, cause and fix of the first difference between two requests; as it is without one."""
    change = find_change(before, after, first=first, second=second)
    if change is None:
        return finding
    place, cause = change
    return replace(finding, place=place, cause=cause, fix=ADVICE[cause][1])


def find_change(before: Prompt, after: Prompt, *, first: str, second: str) -> tuple[Place, Cause] | None:
    """Place and cause of the first difference between two requests, which are called ``first`` and ``second``."""
    divergence = first_divergence(before.parts, after.parts)
    if divergence is None:
        return None
    return Place.of(divergence, first=first, second=second), name_cause(divergence, before.parts, after.parts)


def describe_change(before: Prompt, after: Prompt, *, first: str, second: str) -> list[str]:
    """Place, cause and fix of the first difference between two requests, as lines; empty if there is none."""
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
