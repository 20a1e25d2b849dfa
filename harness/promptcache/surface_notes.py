"""What is not promised on the surface a request goes to: the notes of ``provider/surfaces.toml`` that concern it."""

from collections.abc import Callable, Iterator, Mapping

from harness.prompt.reading import Prompt
from harness.promptcache.refusals.facts import is_invoke_model
from harness.provider.limits import LOOKBACK_POSITIONS
from harness.provider.surfaces import When, all_notes

_NEW_VERSION = "2026-10-21"
"""What the official SDK 2.12 puts into the body; see the note."""


def list_surface_notes(prompt: Prompt) -> Iterator[str]:
    """Yield what is not promised for a request; nothing on the Claude API."""
    model = prompt.model
    if model.surface == "anthropic":
        return
    for note in all_notes():
        if note.concerns(model) and (note.when is None or _WHEN[note.when](prompt)):
            yield note.text.format(geo=model.geo, model=model.id)


def _has_new_version(prompt: Prompt) -> bool:
    return prompt.request.get("anthropic_version") == _NEW_VERSION and is_invoke_model(prompt.request)


_WHEN: Mapping[When, Callable[[Prompt], bool]] = {
    "marked": lambda prompt: bool(prompt.breakpoints),
    "unmarked": lambda prompt: not prompt.breakpoints,
    "several": lambda prompt: len(prompt.breakpoints) > 1,
    "long": lambda prompt: len(prompt.blocks) > LOOKBACK_POSITIONS,
    "automatic": lambda prompt: any(point.is_automatic for point in prompt.breakpoints),
    "new_version": _has_new_version,
    "1h": lambda prompt: any(point.ttl == "1h" for point in prompt.breakpoints),
}
