"""Explain why a cassette does not hold a request: the closest recorded one, and where they differ."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from operator import itemgetter
from typing import NamedTuple

from harness.cassettes.format import Cassette, RecordedRequest
from harness.errors import CannotTellError, RequestError
from harness.findings.describe import add_answer, add_edits, add_loss, make_place
from harness.findings.finding import Finding, Place
from harness.findings.words import join, times
from harness.prompt.diff import Divergence, first_divergence
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.prompt.strings import cut
from harness.prompt.text import dump
from harness.promptcache.explain import explain
from harness.promptcache.naming.changes import name_change
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request
from harness.provider.parameters import LEVELS

SAME_PREFIX = "the cached prefix is as recorded"
_REWRITTEN = "the order of its keys, its spaces or its escapes changed, so its bytes are not the recorded ones"
_NOT_SET = "not set"
_LISTED = 3
"""Parameters that a headline names."""
_SHOWN = 40
"""Characters of a value that are shown, and a few more."""


def find_miss(
    request: RecordedRequest,
    cassette: Cassette | None,
    name: str,
    *,
    reader: PromptReader,
    count_sharing: Callable[[str], int],
) -> Finding:
    """Explain why a request was not found: where it differs from the closest recorded one, cause and cost.

    ``count_sharing`` returns the number of cassettes that hold a text.
    """
    sent = f"{request.method} {request.path}"
    if cassette is None:
        return _finding(f"no cassette {name!r}: nothing was recorded for {sent}")
    if any(interaction.request.key == request.key for interaction in cassette.interactions):
        held = sum(interaction.request.key == request.key for interaction in cassette.interactions)
        return _finding(f"cassette {name!r} holds {sent} {times(held)}, but it was sent once more")
    headline = f"cassette {name!r} does not hold this {sent}"
    try:
        reader.parse(request.message_body)
    except RequestError:
        return _finding(headline)
    try:
        prompt = reader.read(request.message_body)
        refusal = check_request(prompt)
        if prompt.unreadable is not None:
            return _refused(_finding(headline), refusal)
        _ = prompt.fingerprints
    except CannotTellError as error:
        return Finding(rule="cannot-tell", headline=error.message, facts=(headline,), fix=error.hint)
    except RequestError as error:
        return _finding(f"{headline}: {error.message}")
    recorded = (reader.try_read(interaction.request.message_body) for interaction in cassette.interactions)
    candidates = [old for old in recorded if old is not None and old.has_fingerprints]
    if not candidates:
        return _refused(_finding(headline), refusal)
    closest, place = find_closest(prompt, candidates)
    if place is None:
        same = [old for old in candidates if first_divergence(old.parts, prompt.parts) is None]
        return _refused(_describe_outside(headline, prompt, same), refusal)
    finding = replace(
        add_answer(_finding(headline), refusal),
        place=make_place(name_change(place, closest, prompt), first="recorded", second="now"),
    )
    return _add_loss(finding, closest, prompt, others=_count_others(place, count_sharing))


def _add_loss(finding: Finding, closest: Prompt, prompt: Prompt, *, others: int) -> Finding:
    """Add what the prompt cache loses against the closest recorded request, and how many cassettes share its text."""
    try:
        explanation = explain(closest, prompt)
    except CannotTellError as error:
        return replace(finding, notes=(error.message,))
    facts, notes = finding.facts, finding.notes
    if explanation.verdict == "hit":
        facts = (*facts, SAME_PREFIX)
    elif explanation.tokens_lost or (explanation.error is not None and explanation.cause != "other"):
        finding = add_loss(finding, explanation)
        if explanation.is_several:
            finding = add_edits(finding, closest, prompt, first="recorded", second="now")
        notes = finding.notes
    if others:
        notes = (
            *notes,
            f"shared: {others} more {'cassette has' if others == 1 else 'cassettes have'} the recorded text",
        )
    return replace(finding, facts=facts, notes=notes)


def _describe_outside(headline: str, prompt: Prompt, recorded: Sequence[Prompt]) -> Finding:
    """Name the parameters in which a request differs from the closest one with the same prompt, and their values."""
    differences = min((find_outside(old, prompt) for old in recorded), key=len)
    facts = (SAME_PREFIX,) if prompt.breakpoints else ()
    if not differences:
        return replace(_finding(f"{headline}: its JSON is written in another way"), facts=(*facts, _REWRITTEN))
    names = join([difference.summary for difference in differences], limit=_LISTED)
    return replace(_finding(f"{headline}: {names}"), facts=facts, quotes=tuple(map(str, differences)))


class Outside(NamedTuple):
    """A parameter outside the prompt with its values in two requests, as JSON."""

    name: str
    before: str
    after: str
    is_text: bool
    """Whether a value is more than a number or a switch, so that it may hold text."""

    def __str__(self) -> str:
        return f"{self.name}: recorded {self.before}, now {self.after}"

    @property
    def summary(self) -> str:
        """The change without any text: ``max_tokens is 500 (recorded: 400)``."""
        return f"{self.name} changed" if self.is_text else f"{self.name} is {self.after} (recorded: {self.before})"


def find_outside(before: Prompt, after: Prompt) -> list[Outside]:
    """Find the top-level parameters, other than those with blocks, that differ."""
    sides = [{key: value for key, value in prompt.request.items() if key not in LEVELS} for prompt in (before, after)]
    texts = [{key: dump(value) for key, value in side.items()} for side in sides]
    shown = [{key: cut(text, 0, _SHOWN) for key, text in side.items()} for side in texts]
    return [
        Outside(
            key,
            shown[0].get(key, _NOT_SET),
            shown[1].get(key, _NOT_SET),
            any(isinstance(side.get(key), str | dict | list) for side in sides),
        )
        for key in dict.fromkeys([*sides[0], *sides[1]])
        if texts[0].get(key) != texts[1].get(key)
    ]


def _refused(finding: Finding, refusal: ApiError | None) -> Finding:
    """Add what the API answers, and where, to a request that it refuses."""
    place = Place(path=refusal.path) if refusal is not None and refusal.path else None
    return replace(add_answer(finding, refusal), place=place)


def _finding(headline: str) -> Finding:
    return Finding(rule="cassette-miss", headline=headline)


def find_closest(prompt: Prompt, recorded: list[Prompt]) -> tuple[Prompt, Divergence | None]:
    """Find the recorded request that shares the longest prefix with ``prompt``, and where the two differ."""

    def compare(old: Prompt) -> tuple[int, int, Prompt, Divergence | None]:
        place = first_divergence(old.parts, prompt.parts)
        pairs = zip(old.parts, prompt.parts, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0].key == pair[1].key, pairs))
        return shared, (place.offset or 0) if place else 0, old, place

    return max((compare(old) for old in recorded), key=itemgetter(0, 1))[2:]


def _count_others(place: Divergence, count_sharing: Callable[[str], int]) -> int:
    """Count the other cassettes that hold the recorded text of the block, and so miss for the same change."""
    block = place.before.block if place.before else None
    text = block.content.get("text") if block else None
    return max(0, count_sharing(text) - 1) if isinstance(text, str) else 0
