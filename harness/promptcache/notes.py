"""What a reader should know besides a verdict: assumptions that it rests on, and what is in doubt."""

from collections.abc import Iterator

from harness.prompt.diff import Divergence
from harness.prompt.doubts import Doubt
from harness.prompt.fingerprint import block_digest
from harness.prompt.key_order import sort_keys
from harness.prompt.reading import Prompt
from harness.promptcache.causes import Cause
from harness.promptcache.refusals.by_model import model_notes
from harness.promptcache.simulator import Outcome
from harness.promptcache.surface_notes import list_surface_notes
from harness.provider.models import known_models
from harness.provider.parameters import Parameter


def list_assumptions(old: Prompt, new: Prompt, *, row: Parameter | None, cause: Cause | None) -> Iterator[str]:
    """Yield what a verdict assumes; ``row`` is the changed parameter, if a parameter changed."""
    names = old.request.get("model"), new.request.get("model")
    if names[0] != names[1] and old.model.cache_name == new.model.cache_name:
        yield f"{names[0]!r} and {names[1]!r} name the same model: assumed to share its prompt cache, not documented"
    yield from _on_minimum(new, cause)
    if row is not None and row.is_model_specific:
        yield (
            "which levels this parameter invalidates differs by model and is not documented: "
            "assumed to be messages only"
        )
    if cause == "ttl_changed":
        yield "that the two TTLs have separate entries is measured, not documented (assumption ttl-in-key)"
    old_ids, new_ids = _tool_ids(old), _tool_ids(new)
    if old_ids != new_ids[: len(old_ids)]:
        yield "ids of tool calls differ: assumed not to be part of the prompt, as measured for server tools"


def list_doubts(prompt: Prompt, outcome: Outcome) -> Iterator[str]:
    """Yield what is in doubt about a request that the API answers."""
    if outcome.doubt is not None:
        yield outcome.doubt
    yield from map(_say_doubt, prompt.count.doubts)
    if _has_latest_skill(prompt):
        yield "a skill is used in its latest version: a new one changes the prefix without any change of the request"
    yield from model_notes(prompt)
    yield from list_surface_notes(prompt)


def on_tool_keys(divergence: Divergence) -> Iterator[str]:
    """Yield the assumption about two definitions of a tool that differ only in the order of their keys."""
    before, after = (part.block if part else None for part in divergence)
    if before is None or after is None or before.level != "tools" or after.level != "tools":
        return
    if block_digest(sort_keys(before)) == block_digest(sort_keys(after)):
        yield (
            "that the order of keys inside a tool definition matters is assumed, not documented; "
            "--assume tool-key-order=no judges without it"
        )


def _on_minimum(prompt: Prompt, cause: Cause | None) -> Iterator[str]:
    model = prompt.model
    is_too_short = cause == "below_minimum"
    if is_too_short:
        low, high = prompt.count.range_of_prefix(prompt.breakpoints[-1].block_index)
        size = f"{low:,}" if low == high else f"{low:,} to {high:,.0f}"
        yield f"the prefix has {size} tokens, the minimum of {model.cache_name} is {model.min_cacheable_tokens:,}"
    highest = max(known.min_cacheable_tokens for known in known_models())
    is_close = any(point.tokens < highest for point in prompt.active_breakpoints)
    if model.minimum_is == "inferred" and (is_too_short or is_close):
        yield f"the minimum of {model.id} is not documented: taken from the models before it"


def _say_doubt(doubt: Doubt) -> str:
    size = "" if doubt.tokens is None else f" (off by {doubt.tokens:,} at most)"
    return f"not counted exactly: {doubt}{size}"


def _has_latest_skill(prompt: Prompt) -> bool:
    container = prompt.request.get("container")
    skills = container.get("skills") if isinstance(container, dict) else None
    return any(isinstance(skill, dict) and skill.get("version", "latest") == "latest" for skill in skills or ())


def _tool_ids(prompt: Prompt) -> list[str]:
    return [str(block.content.get("id")) for block in prompt.sent_blocks if block.type == "tool_use"]
