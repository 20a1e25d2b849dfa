"""Messages around blocks that stayed: those whose role changed, that were joined, or that were cut in two."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.promptcache.naming.alignment import Hunk, find_moved
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import Spot


def find_frames(old: Sequence[Item], new: Sequence[Item], hunks: Sequence[Hunk], *, is_next: bool) -> Iterator[Spot]:
    """Find roles and borders of messages that changed around blocks that are the same place of both runs.

    ``is_next`` says that the blocks before both runs are the same place too.
    """
    framed: int | None = None
    last: tuple[Item, Item] | None = None
    for pair in _pair_places(old, new, hunks):
        if pair is None:
            is_next = False
            continue
        one, other = pair
        is_after = is_next if last is None else is_next and _follows(last, pair)
        if is_after and one.starts_message != other.starts_message:
            framed = other.block.message
            what = "joined to the message before" if one.starts_message else "begins a message now"
            yield Spot(f"{other.path} ({what})", one.position)
        elif one.block.role != other.block.role and framed != other.block.message:
            yield Spot(name_role(one, other), one.position)
        is_next, last = True, pair


def name_role(old: Item, new: Item) -> str:
    """Name the role of the message of one block in both prompts as a place that changed."""
    number, was = new.block.message, old.block.message
    return f"messages[{number}] ({'role' if number == was else f'was messages[{was}], of another role'})"


def _follows(last: tuple[Item, Item], pair: tuple[Item, Item]) -> bool:
    """Whether a pair comes right after another one in both prompts: nothing that moved was left out between."""
    return all(after.position == before.position + 1 for before, after in zip(last, pair, strict=True))


def _pair_places(old: Sequence[Item], new: Sequence[Item], hunks: Sequence[Hunk]) -> Iterator[tuple[Item, Item] | None]:
    """Pair the blocks at the same places; ``None`` stands for blocks that came, went or moved."""
    keys = [item.key for item in old], [item.key for item in new]
    moved = find_moved(*keys, hunks)
    ends = [Hunk(range(0), range(0)), *hunks, Hunk(range(len(old), len(old)), range(len(new), len(new)))]
    for hunk, following in pairwise(ends):
        if len(hunk.old) == len(hunk.new) and not any(key in moved for key in (keys[0][i] for i in hunk.old)):
            yield from ((old[i], new[j]) for i, j in zip(hunk.old, hunk.new, strict=True))
        else:
            yield None
        same = old[hunk.old.stop : following.old.start], new[hunk.new.stop : following.new.start]
        yield from zip(*same, strict=True)
