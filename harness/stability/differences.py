"""Find all blocks in which the cached prefixes of two requests differ, not only the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.findings.describe import make_place
from harness.findings.finding import Place
from harness.prompt.diff import Divergence, pair_parts
from harness.promptcache.naming.changes import name_change
from harness.provider.parameters import LEVELS

if TYPE_CHECKING:
    from harness.prompt.parts import Part
    from harness.prompt.reading import Prompt
    from harness.promptcache.causes import Cause

_VAGUE = ("text_changed", "other")
"""Causes that say only that the text differs."""


class BlockDifference(NamedTuple):
    """A block or parameter in which two prefixes differ."""

    place: Place
    cause: Cause | None
    """``None`` if it would say only that the text differs."""


def find_differences(before: Prompt, after: Prompt, *, first: str, second: str) -> tuple[BlockDifference, ...]:
    """Find where two static prefixes differ, in wire order; empty if they are the same for the prompt cache."""
    prefixes = [[(part.path, part.key) for part in prompt.static_parts] for prompt in (before, after)]
    if prefixes[0] == prefixes[1]:
        return ()
    paths = {path for prefix in prefixes for path, _ in prefix}
    found = []
    for level in LEVELS:
        # Compare all parts: if only the breakpoint moved, the text after it is still in the request.
        for pair in pair_parts(before.parts, after.parts, level):
            if _differs(*pair) and any(part is not None and part.path in paths for part in pair):
                change = name_change(Divergence(*pair), before, after)
                cause = None if change.cause in _VAGUE else change.cause
                found.append(BlockDifference(make_place(change, first=first, second=second), cause))
    return tuple(found) or (_moved_breakpoint(before, after, first=first, second=second),)


def _differs(before: Part | None, after: Part | None) -> bool:
    return before is None or after is None or before.key != after.key


def _moved_breakpoint(before: Prompt, after: Prompt, *, first: str, second: str) -> BlockDifference:
    """The difference between prefixes that end at different blocks but are otherwise the same."""
    ends = [blocks[-1].path if (blocks := prompt.static_blocks) else "" for prompt in (before, after)]
    texts = [f"breakpoint on {end}" if end else "no breakpoint" for end in ends]
    cause: Cause = "breakpoint_moved" if all(ends) else "breakpoint_removed"
    place = Place(path=ends[0] or ends[1], first=first, second=second, before=texts[0], after=texts[1])
    return BlockDifference(place, cause)
