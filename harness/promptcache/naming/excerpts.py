"""The texts of both prompts around a difference, shortened for people."""

from typing import NamedTuple

from harness.prompt.assumptions import Assumptions
from harness.prompt.diff import Divergence
from harness.prompt.fingerprint import rendered_fields
from harness.prompt.parts import Part
from harness.prompt.strings import cut, cut_around, first_difference
from harness.prompt.text import block_text, dump
from harness.promptcache.naming.pairs import align_fields


class Excerpt(NamedTuple):
    """Both texts around a difference; they always differ."""

    offset: int | None
    """The first differing character of the block's text; ``None`` for parameters, lone blocks, and equal texts."""
    texts: tuple[str, str]


def cut_excerpt(divergence: Divergence, assumptions: Assumptions) -> Excerpt:
    """Cut both texts around a difference, alike."""
    before, after = divergence
    if before is None or after is None or before.block is None or after.block is None:
        return Excerpt(None, (_show(before), _show(after)))
    if before.block.role != after.block.role and block_text(before.block) == block_text(after.block):
        return Excerpt(None, (f"role {before.block.role}", f"role {after.block.role}"))
    old = block_text(align_fields(before.block, after.block, assumptions))
    new = block_text(after.block)
    if old != new:
        offset = first_difference(old, new)
        return Excerpt(offset, (cut_around(old, offset), cut_around(new, offset)))
    fields = [dump(rendered_fields(block, assumptions)) for block in (before.block, after.block)]
    if fields[0] != fields[1]:
        offset = first_difference(*fields)
        return Excerpt(None, (cut_around(fields[0], offset), cut_around(fields[1], offset)))
    return Excerpt(None, (_show_border(before), _show_border(after)))


def _show(part: Part | None) -> str:
    if part is None:
        return ""
    return dump(part.value) if part.block is None else cut(block_text(part.block), 0, 0)


def _show_border(part: Part) -> str:
    """Show the beginning of a block, and whether it begins a message."""
    return f"role {part.block.role}: {_show(part)}" if part.block and ":" in part.key else _show(part)
