"""Several changes of one cached prefix, each named by itself, the most expensive first.

A prefix is lost at its first difference, so that is what gets the name. For whoever has to repair
it, the others matter as much: a typo that is put right leaves a timestamp behind it.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple, cast

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Block
from harness.prompt.diff import Divergence
from harness.prompt.parts import Part
from harness.prompt.reading import Prompt
from harness.prompt.strings import cut_around, first_difference
from harness.prompt.text import block_text
from harness.prompt.times import reads_as_time
from harness.promptcache.causes import Cause
from harness.promptcache.naming.alignment import Hunk
from harness.promptcache.naming.characters import say_characters
from harness.promptcache.naming.excerpts import cut_excerpt
from harness.promptcache.naming.named import Change, Spot
from harness.promptcache.naming.pairs import IN_ONE_BLOCK, align_fields, name_pair, name_text
from harness.promptcache.naming.text_changes import find_text_hunks, name_text_hunk
from harness.provider.parameters import LEVELS, Level

_NEAR = 24
"""Characters between two places of one edit, as in ``25 November`` and ``26 December``."""
_SPREAD: tuple[Cause, ...] = ("whitespace", "unicode")
"""Causes that come from how a text is written, so that all their places have one reason."""
_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{4,}|\d{4,}|(?=[a-zA-Z]*\d)[0-9a-zA-Z_]{12,}")
"""What may be an identifier or a counter, which differs with every call."""
_EDITED: dict[Level, Cause] = {"tools": "tool_changed", "system": "text_changed", "messages": "history_edit"}
_ADDED: dict[Level, Cause] = {"tools": "tool_added", "system": "text_changed", "messages": "history_edit"}
_REMOVED: dict[Level, Cause] = {"tools": "tool_removed", "system": "text_changed", "messages": "history_drop"}


class Edit(NamedTuple):
    """One of several changes."""

    change: Change
    tokens: int
    """Tokens that are lost by this change alone."""
    is_recurring: bool = False
    """Whether it looks like something that changes with every call: a time, an identifier, a counter."""


class Edits(NamedTuple):
    """The changes of one cached prefix."""

    named: tuple[Edit, ...]
    """First those that look as if they change with every call, then by the tokens that they lose."""
    unnamed: tuple[str, ...]
    """Orders, borders and roles that changed too."""


def list_edits(divergence: Divergence, first: Change, before: Prompt, after: Prompt) -> Edits:
    """List all changes of the prefix that ``before`` caches; ``first`` is the name of their first difference."""
    edits = [*_list_first(divergence, first, before, after), *_list_others(first, before, after)]
    edits.sort(key=lambda edit: (not edit.is_recurring, -edit.tokens))
    return Edits(tuple(edits), tuple(spot.text for spot in first.others if spot.sides == (None, None)))


def _list_first(divergence: Divergence, first: Change, before: Prompt, after: Prompt) -> list[Edit]:
    part = divergence.before or divergence.after
    assert part is not None
    tokens = _lost_tokens(before, _index_of(before, part))
    pair = next((spot.sides for spot in first.others if spot.is_inner), (None, None))
    if isinstance(pair[0], Block) and isinstance(pair[1], Block):
        return _list_in_block(pair[0], pair[1], first, tokens, after.assumptions)
    return [Edit(first, tokens, is_recurring=first.cause == "timestamp")]


def _list_others(first: Change, before: Prompt, after: Prompt) -> Iterator[Edit]:
    for spot in first.others:
        if spot.is_inner or spot.sides == (None, None):
            continue
        side = spot.sides[0] or spot.sides[1]
        assert isinstance(side, Block | Part)
        tokens = _lost_tokens(before, _index_of(before, side, spot.position))
        if isinstance(side, Part):
            yield Edit(_name_parameter(spot, after.assumptions), tokens)
        else:
            yield from _list_block(spot, tokens, after.assumptions)


# --- one place -------------------------------------------------------------------------------------------


def _name_parameter(spot: Spot, assumptions: Assumptions) -> Change:
    before, after = (side if isinstance(side, Part) else None for side in spot.sides)
    part = after or before
    assert part is not None
    assert part.row is not None
    excerpt = cut_excerpt(Divergence(before, after), assumptions)
    return Change(cast("Cause", part.row.cause), spot.path, None, excerpt.texts)


def _list_block(spot: Spot, tokens: int, assumptions: Assumptions) -> list[Edit]:
    before, after = (side if isinstance(side, Block) else None for side in spot.sides)
    excerpt = cut_excerpt(Divergence(_part(before), _part(after)), assumptions)
    if before is None or after is None:
        block = before or after
        assert block is not None
        cause = (_ADDED if before is None else _REMOVED)[block.level]
        if block.level == "system" and reads_as_time("", block_text(block)):
            cause = "timestamp"
        change = Change(cause, block.path, None, excerpt.texts, (spot.text,))
        return [Edit(change, tokens, is_recurring=cause == "timestamp")]
    cause = name_text(before, after, assumptions) or _EDITED[before.level]
    if cause == "text_changed":
        cause = name_pair(before, after, assumptions)
    change = Change(cause, spot.path, excerpt.offset, excerpt.texts)
    if cause in IN_ONE_BLOCK and before.type == after.type:
        return _list_in_block(before, after, change, tokens, assumptions)
    return [Edit(change, tokens)]


def _list_in_block(before: Block, after: Block, change: Change, tokens: int, assumptions: Assumptions) -> list[Edit]:
    """List the places in which the texts of two blocks differ; those next to each other are one edit."""
    old, new = block_text(align_fields(before, after, assumptions)), block_text(after)
    hunks = find_text_hunks(old, new)
    if not hunks:
        return [Edit(change, tokens, is_recurring=change.cause == "timestamp")]
    rest: Cause = _EDITED[after.level] if change.cause == "timestamp" else change.cause
    named = [(name_text_hunk(old, new, hunk) or rest, hunk) for hunk in hunks]
    edits = []
    for cause, group in _join_near(named):
        hunk = group[0]
        shared = first_difference(*(text[span.start : span.stop] for text, span in zip((old, new), hunk, strict=True)))
        starts = hunk.old.start + shared, hunk.new.start + shared
        texts = cut_around(old, starts[0]), cut_around(new, starts[1])
        is_recurring = cause == "timestamp" or _is_identifier(old, new, group)
        notes = tuple(say_characters(_join(old, group, 0), _join(new, group, 1))) if cause in _SPREAD else ()
        edits.append(Edit(Change(cause, after.path, starts[1], texts, notes), tokens, is_recurring))
    return edits


def _join_near(named: list[tuple[Cause, Hunk]]) -> Iterator[tuple[Cause, list[Hunk]]]:
    """Join the places that have one reason: of one cause and close to each other, or wherever they are."""
    spread: dict[Cause, list[Hunk]] = {}
    for cause, run in groupby(named, lambda pair: pair[0]):
        hunks = [hunk for _, hunk in run]
        if cause in _SPREAD:
            spread.setdefault(cause, []).extend(hunks)
            continue
        group = [hunks[0]]
        for hunk in hunks[1:]:
            if hunk.new.start - group[-1].new.stop > _NEAR:
                yield cause, group
                group = []
            group.append(hunk)
        yield cause, group
    yield from spread.items()


def _join(text: str, hunks: list[Hunk], side: int) -> str:
    return "".join(text[hunk[side].start : hunk[side].stop] for hunk in hunks)


def _is_identifier(old: str, new: str, hunks: list[Hunk]) -> bool:
    return any(
        _ID.search(old[hunk.old.start : hunk.old.stop]) and _ID.search(new[hunk.new.start : hunk.new.stop])
        for hunk in hunks
    )


def _part(block: Block | None) -> Part | None:
    return None if block is None else Part(block.path, "", block.level, block)


# --- what it loses ---------------------------------------------------------------------------------------


def _index_of(prompt: Prompt, side: Block | Part, position: int = 0) -> int:
    """The index of the first block of a prompt that is lost by a change there."""
    block = side if isinstance(side, Block) else side.block
    if block is not None:
        own = next((index for index, other in enumerate(prompt.blocks) if other is block), None)
        if own is not None:
            return own
    start = LEVELS.index(side.level)
    later = [index for index, other in enumerate(prompt.blocks) if LEVELS.index(other.level) >= start]
    return later[position] if position < len(later) else len(prompt.blocks)


def _lost_tokens(prompt: Prompt, index: int) -> int:
    points = prompt.active_breakpoints
    if not points:
        return 0
    kept = max((point.tokens for point in points if point.block_index < index), default=0)
    return max(0, points[-1].tokens - kept)
