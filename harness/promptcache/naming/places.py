"""Where else two prompts differ, besides their first difference, in words for notes."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from harness.promptcache.naming.alignment import Hunk, find_hunks, find_move, find_moved
from harness.promptcache.naming.frames import find_frames
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import END, Spot
from harness.promptcache.naming.words import list_some, say_count

ALSO = "also changed: "
"""How the note about other places begins."""


def say_also(places: Iterable[str]) -> tuple[str, ...]:
    """Return the note that lists other changed places; nothing if there are none."""
    texts = list(dict.fromkeys(places))
    return (f"{ALSO}{list_some(texts)}",) if texts else ()


def say_move(paths: tuple[Sequence[str], Sequence[str]], keys: tuple[Sequence[str], Sequence[str]]) -> str:
    """Say what moved, at the first difference between the keys of two sequences; ``paths`` are theirs."""
    move = find_move(*keys)
    if move.is_swap and all(paths[0][index] == paths[1][index] for index in move[:2]):
        return f"{paths[0][move.old]} and {paths[1][move.new]} changed places"
    # What only has another number, because something else came or went before it, did not move.
    ways = [(move.old, move.new)]
    ways += [(move.new, move.old)] if move.is_swap else []
    ways += [(index, keys[1].index(key)) for index, key in enumerate(keys[0]) if key in keys[1]]
    old, new = next(((paths[0][i], paths[1][j]) for i, j in ways if paths[0][i] != paths[1][j]), ("", ""))
    return f"{old} moved to {new}" if old else "the blocks are in another order"


def say_recut(old: Sequence[Item], new: Sequence[Item]) -> str:
    """Say into how many blocks or messages the same text is cut now."""
    messages = [len({item.block.message for item in side}) for side in (old, new)]
    blocks = [len(old), len(new)]
    counts, noun = (messages, "message") if messages[0] != messages[1] else (blocks, "block")
    if counts[0] == counts[1]:
        return f"the text from {old[0].path} on is cut in other places"
    return f"the text from {old[0].path} on was in {say_count(counts[0], noun)}, and is in {counts[1]:,} now"


def find_spots(old: Sequence[Item], new: Sequence[Item], *, is_next: bool = False) -> tuple[Spot, ...]:
    """Find where two runs of blocks differ; ``is_next`` says that both follow on blocks that are the same place."""
    keys = [item.key for item in old], [item.key for item in new]
    hunks = find_hunks(*keys)
    spots = [*_find_spots(old, new, hunks), *find_frames(old, new, hunks, is_next=is_next)]
    return tuple(sorted(spots, key=lambda spot: spot.position))


def without_moved(old: Sequence[Item], new: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Leave out of two runs of blocks those that only moved."""
    keys = [item.key for item in old], [item.key for item in new]
    moved = find_moved(*keys, find_hunks(*keys))
    left = Counter(moved), Counter(moved)
    old_rest = [item for item in old if not _take(left[0], item.key)]
    return old_rest, [item for item in new if not _take(left[1], item.key)]


def _find_spots(old: Sequence[Item], new: Sequence[Item], hunks: Sequence[Hunk]) -> Iterator[Spot]:
    keys = [item.key for item in old], [item.key for item in new]
    left, arrived = find_moved(*keys, hunks), find_moved(*keys, hunks)
    for hunk in hunks:
        moved = [index for index in hunk.old if _take(left, keys[0][index])]
        yield from (Spot(f"{old[index].path} (moved)", old[index].position) for index in moved)
        gone = [index for index in hunk.old if index not in moved]
        here = [index for index in hunk.new if not _take(arrived, keys[1][index])]
        pairs = min(len(gone), len(here))
        yield from (
            Spot(new[j].path, old[i].position, (old[i].block, new[j].block)) for i, j in zip(gone, here, strict=False)
        )
        yield from _say_run([old[index] for index in gone[pairs:]], "removed", _position(old, hunk.old.start))
        yield from _say_run([new[index] for index in here[pairs:]], "added", _position(old, hunk.old.stop))


def _position(items: Sequence[Item], index: int) -> int:
    return items[index].position if index < len(items) else END


def _say_run(items: Sequence[Item], what: str, position: int) -> Iterator[Spot]:
    if items:
        more = f" and {say_count(len(items) - 1, 'block')} after it" if len(items) > 1 else ""
        first = items[0].block
        yield Spot(f"{items[0].path}{more} ({what})", position, (first, None) if what == "removed" else (None, first))


def _take(left: Counter[Hashable], key: str) -> bool:
    """Whether an item was left to take."""
    left[key] -= 1
    return left[key] >= 0
