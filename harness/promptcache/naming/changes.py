"""The cause of a difference, taken only from the two prompts themselves."""

from collections.abc import Iterator, Sequence
from typing import cast

from harness.prompt.blocks import Block
from harness.prompt.diff import Divergence, pair_parts
from harness.prompt.fingerprint import rendered_fields
from harness.prompt.parts import Part
from harness.prompt.reading import Prompt
from harness.prompt.text import dump
from harness.promptcache.causes import Cause
from harness.promptcache.naming.excerpts import cut_excerpt
from harness.promptcache.naming.history import name_history
from harness.promptcache.naming.items import Item, find_index
from harness.promptcache.naming.named import END, Change, Named, Spot
from harness.promptcache.naming.places import find_spots, say_also
from harness.promptcache.naming.system_changes import name_system
from harness.promptcache.naming.tool_changes import find_tool_spots, name_tool
from harness.provider.parameters import LEVELS, Level

_NOTES = 2
"""Notes about the first difference; more would hide which of them matters."""
_NAMERS = {"tools": name_tool, "system": name_system, "messages": name_history}


def name_change(divergence: Divergence, before: Prompt, after: Prompt) -> Change:
    """Name the first difference between two prompts."""
    part = divergence.after or divergence.before
    assert part is not None
    if _is_stripped(divergence.before, after):
        assert divergence.before is not None
        return Change("thinking_stripped", divergence.before.path)
    name = _name_parameter if part.block is None else _name_block
    named = name(part, divergence, before, after)
    path = named.path or part.path
    others = tuple(_find_others(named.spots, part, before, after))
    if part.block is None:
        # The block from which the parameter is read did change, and has been named.
        others = tuple(spot for spot in others if not path.startswith(spot.path))
    excerpt = cut_excerpt(divergence, after.assumptions)
    notes = (*named.notes[:_NOTES], *say_also(spot.text for spot in others))
    return Change(named.cause, path, excerpt.offset, excerpt.texts, notes, others)


def _name_block(part: Part, divergence: Divergence, before: Prompt, after: Prompt) -> Named:
    old, new = (_list_items(prompt.parts, part.level) for prompt in (before, after))
    if before.is_restored:
        # What followed its last breakpoint is not known: stubs stand for it.
        old = old[: max(_count_cached(old, before), 1)]
        new = new[: max(_count_cached(new, after), len(old))]
    blocks = [side.block if side else None for side in divergence]
    at = find_index(old, blocks[0]), find_index(new, blocks[1])
    return _NAMERS[part.level](old, new, at=at, assumptions=after.assumptions)


def _count_cached(items: Sequence[Item], prompt: Prompt) -> int:
    """Count the items up to the last breakpoint of their prompt."""
    last = max((point.block_index for point in prompt.breakpoints), default=-1)
    cached = {id(block) for block in prompt.blocks[: last + 1]}
    return sum(id(item.block) in cached for item in items)


def _name_parameter(part: Part, divergence: Divergence, before: Prompt, after: Prompt) -> Named:
    """Name a changed parameter; one that is read from a block has that block's path."""
    assert part.row is not None
    spots = _find_spots(before, after, part.level)
    if part.row.kind != "derived" or part.row.name == "web":
        return Named(cast("Cause", part.row.cause), spots=spots)
    if part.row.name == "citations":
        cause, path = cast("Cause", part.row.cause), _citations_path(after.blocks, before.blocks)
    elif divergence.after is not None and part.value:
        cause, path = "image_added", _image_path(after.blocks)
    else:
        cause, path = "image_removed", _image_path(before.blocks)
    return Named(cause, (), spots, path)


# --- what else changed -----------------------------------------------------------------------------------


def _find_others(spots: Sequence[Spot], first: Part, before: Prompt, after: Prompt) -> Iterator[Spot]:
    """Find where else the cached prefix of the earlier prompt changed; ``spots`` are in the level of ``first``."""
    if not before.breakpoints:
        return
    last = before.blocks[max(point.block_index for point in before.breakpoints)]
    for level in LEVELS[LEVELS.index(first.level) : LEVELS.index(last.level) + 1]:
        if level != first.level or first.block is None:
            yield from _find_parameters(before, after, level, first)
        found = spots if level == first.level else _find_spots(before, after, level)
        blocks = [block for block in before.blocks if block.level == level]
        limit = next((index for index, block in enumerate(blocks) if block is last), END)
        yield from (spot for spot in found if spot.position <= limit)


def _find_parameters(before: Prompt, after: Prompt, level: Level, first: Part) -> Iterator[Spot]:
    """Find the parameters of a level that changed; those read from blocks change with their blocks."""
    for old, new in pair_parts(before.parts, after.parts, level):
        part = new or old
        if part is None or part.row is None or part.row.kind == "derived" or part.path == first.path:
            continue
        # A default may differ with the model; then nobody changed it.
        given = [[prompt.request.get(key) for key in (part.row.key, part.row.also_at)] for prompt in (before, after)]
        if dump(given[0]) != dump(given[1]) and (old is None or new is None or old.key != new.key):
            yield Spot(part.path, 0, (old, new))


def _find_spots(before: Prompt, after: Prompt, level: Level) -> tuple[Spot, ...]:
    old, new = (_list_items(prompt.parts, level) for prompt in (before, after))
    return find_tool_spots(old, new, set()) if level == "tools" else find_spots(old, new)


def _list_items(parts: Sequence[Part], level: Level) -> list[Item]:
    """List the blocks of one level, as they are compared."""
    return [
        Item(part.block, part.key.rpartition(":")[2], ":" in part.key, position)
        for position, part in enumerate(part for part in parts if part.level == level and part.block is not None)
        if part.block is not None
    ]


# --- causes with rules of their own ----------------------------------------------------------------------


def _is_stripped(before: Part | None, after: Prompt) -> bool:
    """Whether a block is thinking that is still sent, but not rendered any more."""
    block = before.block if before else None
    if block is None or block.type not in ("thinking", "redacted_thinking"):
        return False
    fields = rendered_fields(block, after.assumptions)
    is_sent = any(rendered_fields(other, after.assumptions) == fields for other in after.sent_blocks)
    return is_sent and not any(rendered_fields(other, after.assumptions) == fields for other in after.blocks)


def _image_path(blocks: Sequence[Block]) -> str:
    for block in blocks:
        if block.type == "image":
            return block.path
        parts = block.content.get("content")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict) and part.get("type") == "image":
                return f"{block.path}.content[{index}]"
    return "messages"


def _citations_path(*sides: Sequence[Block]) -> str:
    return next((block.path for blocks in sides for block in blocks if block.content.get("citations")), "messages")
