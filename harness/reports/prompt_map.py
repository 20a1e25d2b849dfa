"""The map of a prompt: its blocks with their tokens and breakpoints, and how they compare with the accepted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.lock.accept import lock_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.lock.entries import LockedBlock, LockedCall
    from harness.prompt.reading import Prompt


def map_prompt(prompt: Prompt, accepted: LockedCall | None) -> list[dict[str, Any]]:
    """List the blocks of a request in the order of the prompt cache, each with the keys of ``BlockModel``.

    Raises:
        RequestError: the request cannot be counted.
    """
    counts = prompt.count.prefixes
    marks = {point.block_index: point.ttl for point in prompt.breakpoints}
    states = _states(lock_call(prompt).blocks, None if accepted is None else accepted.blocks)
    last = max(marks, default=-1)
    return [
        {
            "path": block.path,
            "level": block.level,
            "tokens": after - before,
            "breakpoint": marks.get(index),
            "is_cached": index <= last,
            "state": states[index] if index <= last else None,
        }
        for index, (block, before, after) in enumerate(zip(prompt.blocks, (0, *counts), counts, strict=False))
    ]


def _states(now: Sequence[LockedBlock], accepted: Sequence[LockedBlock] | None) -> list[str]:
    """The state of each block of the cached prefix."""
    if accepted is None:
        return ["not accepted yet"] * len(now)
    known = [block.content for block in accepted]
    return [
        "new" if index >= len(known) else "as accepted" if block.content == known[index] else "changed"
        for index, block in enumerate(now)
    ]
