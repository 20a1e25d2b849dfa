"""What to say of a request that a cassette does not hold: the closest recorded one, and where they part."""

import json
from collections.abc import Mapping
from typing import Any

from harness.cassettes.format import Cassette, RecordedRequest
from harness.errors import RequestError
from harness.prompt.blocks import read_blocks
from harness.prompt.diff import Divergence, find_divergence, read_parts


def describe_miss(request: RecordedRequest, cassette: Cassette | None, name: str) -> str:
    """Why a request was not found: headline, the place where it parts from the closest recorded one."""
    sent = f"{request.method} {request.path}"
    if cassette is None:
        return f"no cassette {name!r}: nothing was recorded for {sent}"
    if any(interaction.request.key == request.key for interaction in cassette.interactions):
        times = sum(interaction.request.key == request.key for interaction in cassette.interactions)
        return f"cassette {name!r} holds {sent} {_times(times)}, and it was sent once more"
    headline = f"cassette {name!r} does not hold this {sent}"
    body = _parse(request.body)
    recorded = [_parse(interaction.request.body) for interaction in cassette.interactions]
    candidates = [old for old in recorded if old is not None]
    if body is None or not candidates:
        return headline
    try:
        place = find_closest(body, candidates)
    except RequestError as error:
        return f"{headline}: {error.message}"
    if place is None:
        return f"{headline}: it differs from a recorded one only outside the prompt, or in the order of keys"
    return f"{headline}\n{describe_divergence(place)}"


def find_closest(body: Mapping[str, Any], recorded: list[dict[str, Any]]) -> Divergence | None:
    """Where ``body`` parts from the recorded request that it shares the longest prefix with."""
    paths = [part.path for part in read_parts(body, read_blocks(body))]

    def shared(place: Divergence | None) -> tuple[int, int]:
        if place is None:
            return len(paths) + 1, 0
        return paths.index(place.path) if place.path in paths else 0, place.offset or 0

    return max((find_divergence(old, body) for old in recorded), key=shared)


def describe_divergence(place: Divergence) -> str:
    """Two or three lines: the block and character at which two requests part, and both texts around it."""
    where = place.path if place.offset is None else f"{place.path} at character {place.offset}"
    before, after = place.excerpts()
    return f"  first difference: {where}\n    recorded: {before!r}\n    now:      {after!r}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
