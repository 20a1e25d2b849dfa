"""Findings from two requests: the place of the first difference, its cause, its cost and its fix."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.findings.advice import ADVICE, UNEXPLAINED
from harness.findings.finding import Finding, Place
from harness.findings.words import amount
from harness.prompt.diff import first_divergence
from harness.prompt.reading import Prompt
from harness.promptcache.explanation import Explanation
from harness.promptcache.naming.changes import Change, name_change
from harness.promptcache.refusals.api_error import ApiError


def make_place(change: Change, *, first: str, second: str) -> Place:
    """Make the place of a change between two requests; ``first`` and ``second`` name them."""
    before, after = change.excerpt or ("", "")
    return Place(path=change.path, offset=change.offset, first=first, second=second, before=before, after=after)


def add_change(finding: Finding, before: Prompt, after: Prompt, *, first: str, second: str) -> Finding:
    """Add place, cause, fix and notes of the first difference between two requests, if there is one.

    ``first`` and ``second`` name them.
    """
    divergence = first_divergence(before.parts, after.parts)
    if divergence is None:
        return finding
    change = name_change(divergence, before, after)
    notes = dict.fromkeys((*finding.notes, *note_lines(change.notes)))
    place = make_place(change, first=first, second=second)
    return replace(finding, place=place, notes=tuple(notes)).with_cause(change.cause)


def add_loss(finding: Finding, result: Explanation) -> Finding:
    """Add cause, cost and fix of an explanation, if it found anything wrong."""
    if result.cause is None:
        return finding
    place = finding.place or (None if result.path is None else Place(path=result.path))
    costs = (_loss(result),) if _has_loss(result) else ()
    found = replace(finding, place=place, tokens=result.tokens_lost, costs=costs, cause=result.cause)
    return replace(found, fix=_fix(result))


def note_lines(notes: Sequence[str]) -> tuple[str, ...]:
    """Write the notes of an explanation as those of a finding."""
    return tuple(f"note:  {note}" for note in notes)


def add_answer(finding: Finding, error: ApiError | None) -> Finding:
    """Add what the API answers to a refused request; as a quote, if the answer quotes the request."""
    if error is None:
        return finding
    line = f"the API answers {error.status}: {error.message}"
    if error.is_quoting:
        return replace(finding, quotes=(*finding.quotes, line))
    return replace(finding, facts=(*finding.facts, line))


def loss_lines(result: Explanation) -> Iterator[str]:
    """Yield cause, cost and fix of an explanation, one line each; none if nothing is wrong."""
    if result.cause is None:
        return
    if result.cause != UNEXPLAINED:
        yield f"cause: {result.cause}: {ADVICE[result.cause].why}"
    if _has_loss(result):
        yield f"cost:  {_loss(result)}"
    yield f"fix:   {_fix(result)}"


def _fix(result: Explanation) -> str:
    assert result.cause is not None
    if result.error is not None and result.cause == UNEXPLAINED:
        return "change the request as the API's answer says"
    return ADVICE[result.cause].fix


def _has_loss(result: Explanation) -> bool:
    return result.verdict == "rejected" or result.tokens_lost > 0


def _loss(result: Explanation) -> str:
    if result.verdict == "rejected":
        return "every call fails"
    return f"{result.tokens_lost:,} tokens are no longer read: {amount(result.cost)} more per call"
