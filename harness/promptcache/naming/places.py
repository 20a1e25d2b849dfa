"""Where else two prompts differ, besides their first difference, in words for notes."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from harness.promptcache.naming.alignment import find_hunks, find_move, find_moved
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import END, Spot

_LISTED = 5
"""Places that a note lists."""


def say_also(spots: Sequence[Spot]) -> tuple[str, ...]:
    """Return the note that lists other changed places; nothing if there are none."""
    places = list(dict.fromkeys(spot.text for spot in spots))
    return (f"also changed: {list_some(places)}",) if places else ()


def list_some(texts: Sequence[str]) -> str:
    """List the first texts, and say how many more there are."""
    listed, more = ", ".join(texts[:_LISTED]), len(texts) - _LISTED
    return f"{listed} and {more:,} more" if more > 0 else listed


def say_count(number: int, noun: str) -> str:
    """Say how many: ``1 block``, ``2 blocks``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say_move(paths: tuple[Sequence[str], Sequence[str]], keys: tuple[Sequence[str], Sequence[str]]) -> str:
    """Say what moved, at the first difference between the keys of two sequences."""
    move = find_move(*keys)
    old, new = paths[0][move.old], paths[1][move.new]
    is_swap = move.is_swap and (old, new) == (paths[1][move.old], paths[0][move.new])
    return f"{old} and {new} changed places" if is_swap else f"{old} moved to {new}"


def say_recut(old: Sequence[Item], new: Sequence[Item]) -> str:
    """Say into how many blocks or messages the same text is cut now."""
    messages = [len({item.block.message for item in side}) for side in (old, new)]
    blocks = [len(old), len(new)]
    counts, noun = (messages, "message") if messages[0] != messages[1] else (blocks, "block")
    if counts[0] == counts[1]:
        return f"the text from {old[0].path} on is cut in other places"
    return f"the text from {old[0].path} on was in {say_count(counts[0], noun)}, and is in {counts[1]:,} now"


def find_spots(old: Sequence[Item], new: Sequence[Item]) -> tuple[Spot, ...]:
    """Find where two runs of blocks differ."""
    return tuple(_find_spots(old, new))


def without_moved(old: Sequence[Item], new: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Leave out of two runs of blocks those that only moved."""
    keys = [item.key for item in old], [item.key for item in new]
    moved = find_moved(*keys, find_hunks(*keys))
    left = Counter(moved), Counter(moved)
    old_rest = [item for item in old if not _take(left[0], item.key)]
    return old_rest, [item for item in new if not _take(left[1], item.key)]


def _find_spots(old: Sequence[Item], new: Sequence[Item]) -> Iterator[Spot]:
    keys = [item.key for item in old], [item.key for item in new]
    hunks = find_hunks(*keys)
    left, arrived = find_moved(*keys, hunks), find_moved(*keys, hunks)
    for hunk in hunks:
        moved = [index for index in hunk.old if _take(left, keys[0][index])]
        yield from (Spot(f"{old[index].path} (moved)", old[index].position) for index in moved)
        gone = [index for index in hunk.old if index not in moved]
        here = [index for index in hunk.new if not _take(arrived, keys[1][index])]
        pairs = min(len(gone), len(here))
        yield from (Spot(new[j].path, old[i].position) for i, j in zip(gone, here, strict=False))
        yield from _say_run([old[index] for index in gone[pairs:]], "removed", _position(old, hunk.old.start))
        yield from _say_run([new[index] for index in here[pairs:]], "added", _position(old, hunk.old.stop))


def _position(items: Sequence[Item], index: int) -> int:
    return items[index].position if index < len(items) else END


def _say_run(items: Sequence[Item], what: str, position: int) -> Iterator[Spot]:
    if items:
        more = f" and {say_count(len(items) - 1, 'block')} after it" if len(items) > 1 else ""
        yield Spot(f"{items[0].path}{more} ({what})", position)


def _take(left: Counter[Hashable], key: str) -> bool:
    """Whether an item was left to take."""
    left[key] -= 1
    return left[key] >= 0
