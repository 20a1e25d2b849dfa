"""How two sequences line up: the stretches in which they differ, and what only moved."""

from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class Hunk(NamedTuple):
    """A stretch in which two sequences differ; one side may be empty."""

    old: range
    new: range


class Move(NamedTuple):
    """The index of an item in two sequences."""

    old: int
    new: int
    is_swap: bool = False
    """Whether it changed places with the item that was there."""


def find_hunks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hunk]:
    """Find the stretches in which two sequences differ, in order.

    A window that slid on is one that lost items in one place and got others at its end.
    """
    start = _shared(old, new)
    if len(old) == start == len(new):
        return []
    dropped = _slid(old, new, start)
    if dropped:
        appended = range(len(old) - dropped, len(new))
        hunks = [Hunk(range(start, start + dropped), range(start, start))]
        return [*hunks, Hunk(range(len(old), len(old)), appended)] if appended else hunks
    rest = min(len(old), len(new)) - start
    end = min(rest, _shared(old[::-1], new[::-1]))
    # In long sequences, it ignores items that are there often: they line up with anything, and take minutes.
    matcher = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end])
    return [
        Hunk(range(start + i, start + j), range(start + k, start + m))
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]


def find_moved(old: Sequence[Hashable], new: Sequence[Hashable], hunks: Sequence[Hunk]) -> Counter[Hashable]:
    """Count the items that are gone in one place and there in another."""
    gone = Counter(old[index] for hunk in hunks for index in hunk.old)
    added = Counter(new[index] for hunk in hunks for index in hunk.new)
    return gone & added


def is_move(old: Sequence[Hashable], new: Sequence[Hashable], hunks: Sequence[Hunk]) -> bool:
    """Whether all items of the first stretch only moved, away from there or to there.

    In a window that slid on, an item may be dropped and said again.
    """
    first = hunks[0]
    if len(hunks) == 2 and not first.new and len(hunks[1].new) > len(first.old) and hunks[1].new.stop == len(new):
        return False
    moved = find_moved(old, new, hunks)
    return {*(old[index] for index in first.old), *(new[index] for index in first.new)} <= moved.keys()


def find_move(old: Sequence[Hashable], new: Sequence[Hashable]) -> Move:
    """Find which item moved, at the first difference of two sequences."""
    here = _shared(old, new)
    origin = _find(old, new[here] if here < len(new) else None, here)
    target = _find(new, old[here] if here < len(old) else None, here)
    if origin is not None and (target is None or origin >= target):
        return Move(here, origin, is_swap=True) if origin == target else Move(origin, here)
    return Move(here, here if target is None else target)


def _find(side: Sequence[Hashable], item: Hashable, start: int) -> int | None:
    return next((index for index in range(start, len(side)) if side[index] == item), None)


def _slid(old: Sequence[Hashable], new: Sequence[Hashable], start: int) -> int:
    """The number of items that are gone from ``start`` on, if all later ones follow there; else 0."""
    if start == len(new):
        return len(old) - start
    for dropped in range(1, len(old) - start):
        kept = len(old) - start - dropped
        if old[start + dropped] == new[start] and old[start + dropped :] == new[start : start + kept]:
            # If as many of them follow later as are kept, they did not go: they moved.
            back = Counter(old[start : start + dropped]) & Counter(new[start + kept :])
            return dropped if back.total() < kept else 0
    return 0


def _shared(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """The length of the beginning that two sequences share."""
    pairs = zip(old, new, strict=False)
    return next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))
