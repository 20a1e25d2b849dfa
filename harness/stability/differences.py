"""All blocks in which the cached prefixes of two requests differ, not only the first."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from harness.findings.describe import make_place
from harness.findings.finding import Place
from harness.prompt.blocks import LEVELS, Request, read_blocks
from harness.prompt.diff import Divergence, Part, read_parts
from harness.prompt.prefix import prefix_blocks, prefix_parts
from harness.promptcache.causes import Cause, name_cause

if TYPE_CHECKING:
    from collections.abc import Sequence


class Difference(NamedTuple):
    """A block or parameter in which two prefixes differ."""

    place: Place
    cause: Cause | None
    """``None`` where it says no more than that the text is another."""


def find_differences(before: Request, after: Request, *, first: str, second: str) -> tuple[Difference, ...]:
    """Where the prefixes of two requests differ, in wire order; empty if the prompt cache cannot tell them apart.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    prefixes = [prefix_parts(request) for request in (before, after)]
    if _keys(prefixes[0]) == _keys(prefixes[1]):
        return ()
    # All of both: where only the breakpoint moved, the text behind it is still there.
    old, new = (read_parts(request, read_blocks(request)) for request in (before, after))
    found = []
    for level in LEVELS:
        length = max(len(_of_level(prefix, level)) for prefix in prefixes)
        for pair in zip_longest(_of_level(old, level)[:length], _of_level(new, level)[:length]):
            if pair[0] is None or pair[1] is None or pair[0].key != pair[1].key:
                divergence = Divergence(*pair)
                place = make_place(divergence, first=first, second=second)
                found.append(Difference(place, _telling(name_cause(divergence, old, new))))
    return tuple(found) or (_moved_breakpoint(before, after, first=first, second=second),)


def _moved_breakpoint(before: Request, after: Request, *, first: str, second: str) -> Difference:
    """What to say of prefixes that end at different blocks and are alike as far as they go."""
    ends = [blocks[-1].path if (blocks := prefix_blocks(request)) else "" for request in (before, after)]
    texts = [f"breakpoint on {end}" if end else "no breakpoint" for end in ends]
    cause: Cause = "breakpoint_moved" if all(ends) else "breakpoint_removed"
    place = Place(path=ends[0] or ends[1], first=first, second=second, before=texts[0], after=texts[1])
    return Difference(place, cause)


def _telling(cause: Cause) -> Cause | None:
    return None if cause in ("text_changed", "other") else cause


def _keys(parts: Sequence[Part]) -> list[tuple[str, str]]:
    return [(part.path, part.key) for part in parts]


def _of_level(parts: Sequence[Part], level: str) -> list[Part]:
    return [part for part in parts if part.level == level]
