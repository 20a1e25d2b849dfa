"""Explain why a cassette does not hold a request: the closest recorded one, and where they differ."""

from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile
from operator import itemgetter

from harness.cassettes.format import Cassette, RecordedRequest
from harness.errors import CannotTellError, RequestError
from harness.findings.describe import add_answer, add_loss, make_place
from harness.findings.finding import Finding, Place
from harness.findings.words import times
from harness.prompt.diff import Divergence, first_divergence
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.promptcache.explain import explain
from harness.promptcache.naming.changes import name_change
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request


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
        reader.parse(request.body)
    except RequestError:
        return _finding(headline)
    try:
        prompt = reader.read(request.body)
        refusal = check_request(prompt)
        if prompt.unreadable is not None:
            return _refused(_finding(headline), refusal)
        _ = prompt.fingerprints
    except CannotTellError as error:
        return Finding(rule="cannot-tell", headline=error.message, facts=(headline,), fix=error.hint)
    except RequestError as error:
        return _finding(f"{headline}: {error.message}")
    recorded = (reader.try_read(interaction.request.body) for interaction in cassette.interactions)
    candidates = [old for old in recorded if old is not None and old.has_fingerprints]
    if not candidates:
        return _refused(_finding(headline), refusal)
    closest, place = find_closest(prompt, candidates)
    if place is None:
        why = "it differs from a recorded one only outside the prompt, or in the order of keys"
        return _refused(_finding(f"{headline}: {why}"), refusal)
    finding = replace(
        add_answer(_finding(headline), refusal),
        place=make_place(name_change(place, closest, prompt), first="recorded", second="now"),
    )
    try:
        explanation = explain(closest, prompt)
    except CannotTellError as error:
        return replace(finding, notes=(error.message,))
    notes = []
    if explanation.verdict == "hit":
        notes.append("the prompt cache loses nothing by this change")
    elif explanation.tokens_lost or (explanation.error is not None and explanation.cause != "other"):
        finding = add_loss(finding, explanation)
    if others := _count_others(place, count_sharing):
        notes.append(f"shared: {others} more {'cassette has' if others == 1 else 'cassettes have'} the recorded text")
    return replace(finding, notes=tuple(notes))


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
