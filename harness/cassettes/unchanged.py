"""Recording again: what did not change keeps its times, so that only changes show in a pull request."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from harness.cassettes.format import Cassette, Interaction, RecordedResponse

_NEW_EACH_TIME = "request-id"
"""A header that differs between equal answers."""


def keep_unchanged(old: Cassette | None, new: Cassette, *, oldest: str = "") -> Cassette:
    """Return ``old`` if ``new`` holds the same requests and answers; else ``new``, with the old gaps where they are.

    One that was recorded before ``oldest`` gets the new date, since its age would be reported again.

    Equal requests are compared in their order; that of different ones may differ, since threads
    send them in any.
    """
    if old is None or old.header.origin != new.header.origin:
        return new
    waiting: dict[tuple[str, str, str], list[Interaction]] = defaultdict(list)
    for interaction in reversed(old.interactions):
        waiting[interaction.request.key].append(interaction)
    kept = [_keep(waiting[interaction.request.key], interaction) for interaction in new.interactions]
    is_same = (
        old.header.recorded_at >= oldest and len(old.interactions) == len(kept) and all(is_old for _, is_old in kept)
    )
    return old if is_same else replace(new, interactions=tuple(interaction for interaction, _ in kept))


def _keep(waiting: list[Interaction], new: Interaction) -> tuple[Interaction, bool]:
    old = waiting.pop() if waiting else None
    is_same = old is not None and _content(old.response) == _content(new.response)
    return (old, True) if old is not None and is_same else (new, False)


def _content(response: RecordedResponse) -> tuple[object, ...]:
    """What an answer says, whenever and in however many pieces it came."""
    return response.status, _stable(response.headers), response.body, response.failure


def _stable(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != _NEW_EACH_TIME}
