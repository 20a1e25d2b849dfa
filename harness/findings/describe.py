"""Findings from two requests: the place of the first difference, its cause, its cost and its fix."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from harness.errors import UnknownPriceError
from harness.findings.advice import ADVICE, UNEXPLAINED
from harness.findings.finding import Edit, Finding, Place
from harness.findings.words import amount
from harness.prompt.diff import first_divergence
from harness.prompt.reading import Prompt
from harness.promptcache.explanation import Explanation
from harness.promptcache.naming.changes import name_change
from harness.promptcache.naming.characters import LINE_ENDS
from harness.promptcache.naming.edits import list_edits
from harness.promptcache.naming.named import Change
from harness.promptcache.naming.places import ALSO, say_also
from harness.promptcache.refusals.api_error import ApiError
from harness.provider.pricing import price
from harness.provider.usage import Usage

_NAMED = 3
"""Changes of one prefix that a finding names; of more, only the places are listed."""
_NOTE = "note:  "


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
    found = replace(
        finding, place=place, notes=tuple(notes), cause=change.cause, fix=find_fix(change.cause, change.notes)
    )
    return add_edits(found, before, after, first=first, second=second) if change.others else found


def add_edits(finding: Finding, before: Prompt, after: Prompt, *, first: str, second: str) -> Finding:
    """Name up to three changes of a prefix that changed in several places, the most expensive one first."""
    divergence = first_divergence(before.parts, after.parts)
    assert divergence is not None
    edits, unnamed = list_edits(divergence, name_change(divergence, before, after), before, after)
    (top, *others), rest = edits[:_NAMED], edits[_NAMED:]
    places = [make_place(edit.change, first=first, second=second) for edit in (top, *others, *rest)]
    more = say_also([*map(str, places[_NAMED:]), *unnamed])
    own = note_lines([note for edit in (top, *others) for note in edit.change.notes])
    kept = [note for note in (*finding.notes, *own) if not note.startswith(f"{_NOTE}{ALSO}")]
    notes = tuple(dict.fromkeys([*kept, *note_lines(more)]))
    return replace(
        finding,
        place=places[0],
        edits=tuple(
            Edit(place=place, cause=edit.change.cause) for place, edit in zip(places[1:], others, strict=False)
        ),
        notes=notes,
        cause=top.change.cause,
        fix=find_fix(top.change.cause, own),
    )


def find_fix(cause: str, notes: Sequence[str]) -> str:
    """Find the fix for a cause; ``notes`` say whether only line ends differ."""
    if cause == "whitespace" and any(LINE_ENDS in note for note in notes):
        return "add '*.md text eol=lf' to .gitattributes, and run git add --renormalize ."
    return ADVICE[cause].fix


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
    return tuple(f"{_NOTE}{note}" for note in notes)


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
    return find_fix(result.cause, result.changes)


def _has_loss(result: Explanation) -> bool:
    return result.verdict == "rejected" or result.tokens_lost > 0


def _loss(result: Explanation) -> str:
    if result.verdict == "rejected":
        return "every call fails"
    return f"{result.tokens_lost:,} tokens are no longer read: {amount(result.cost)} more per call"


def price_of_write(tokens: int, prompt: Prompt) -> Decimal | None:
    """Dollars for writing a number of tokens at the last breakpoint of a request."""
    points = prompt.breakpoints
    is_long = bool(points) and points[-1].ttl == "1h"
    usage = Usage(ephemeral_1h_input_tokens=tokens) if is_long else Usage(ephemeral_5m_input_tokens=tokens)
    try:
        return price(usage, str(prompt.request.get("model")))
    except UnknownPriceError:
        return None
