"""The cause of a first difference among the blocks of the system prompt."""

from collections.abc import Sequence

from harness.prompt.assumptions import Assumptions
from harness.prompt.text import block_text
from harness.prompt.times import reads_as_time
from harness.promptcache.causes import Cause
from harness.promptcache.naming.alignment import find_hunks, is_move
from harness.promptcache.naming.boundaries import find_recut, is_recut_with_other_spaces
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import Named
from harness.promptcache.naming.pairs import find_inner_spots, name_pair, say_pair
from harness.promptcache.naming.places import find_spots, list_some, say_move, say_recut, without_moved


def name_system(old: Sequence[Item], new: Sequence[Item], *, at: tuple[int, int], assumptions: Assumptions) -> Named:
    """Name the first difference among the system blocks of two prompts; ``at`` are its indexes."""
    start = at[0]
    old, new = old[start:], new[at[1] :]
    cut = find_recut(old, new)
    if cut is not None:
        note = say_recut(old[: cut.old], new[: cut.new])
        return Named("block_boundary", (note,), find_spots(old[cut.old :], new[cut.new :]))
    keys = [item.key for item in old], [item.key for item in new]
    hunks = find_hunks(*keys)
    if is_move(*keys, hunks):
        note = say_move(([item.path for item in old], [item.path for item in new]), keys)
        return Named("other", (note,), find_spots(*without_moved(old, new)))
    gone, here = old[: hunks[0].old.stop], new[: hunks[0].new.stop]
    if gone and here and not is_recut_with_other_spaces(gone, here):
        return _name_replaced(old, new, start, assumptions)
    spots = find_spots(old[len(gone) :], new[len(here) :])
    if gone and here:
        return Named("text_changed", (f"{say_recut(gone, here)}, with other whitespace",), spots)
    return Named(_name_lone(gone or here), (_say_lone(gone, here),), spots)


def _name_replaced(old: Sequence[Item], new: Sequence[Item], start: int, assumptions: Assumptions) -> Named:
    before, after = old[0].block, new[0].block
    cause = name_pair(before, after, assumptions)
    inner = find_inner_spots(cause, before, after, start, assumptions)
    notes = say_pair(before, after, assumptions) if cause == "other" else ()
    return Named(cause, notes, (*inner, *find_spots(old[1:], new[1:])))


def _name_lone(items: Sequence[Item]) -> Cause:
    """Name the removal or addition of blocks: that of a time, if they hold nothing else."""
    return "timestamp" if reads_as_time("", "".join(block_text(item.block) for item in items)) else "text_changed"


def _say_lone(gone: Sequence[Item], here: Sequence[Item]) -> str:
    paths = [item.path for item in gone or here]
    verb = "was" if len(paths) == 1 else "were"
    return f"{list_some(paths)} {verb} {'removed' if gone else 'added'}"
