"""The cause of a first difference among the blocks of the system prompt."""

from collections.abc import Sequence

from harness.prompt.assumptions import Assumptions
from harness.prompt.text import block_text
from harness.prompt.times import may_be_time, reads_as_time
from harness.promptcache.causes import Cause
from harness.promptcache.naming.alignment import find_hunks, is_move
from harness.promptcache.naming.boundaries import find_recut, is_recut_with_other_spaces
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import Named
from harness.promptcache.naming.pair_notes import MAY_BE_TIME, say_pair
from harness.promptcache.naming.pairs import Shift, find_inner_spots, find_shift, name_pair
from harness.promptcache.naming.places import find_spots, say_move, say_recut, without_moved
from harness.promptcache.naming.words import list_some


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
    shift = find_shift(gone, here, assumptions)
    if shift is not None:
        return _name_shift(old, new, shift)
    if gone and here and not is_recut_with_other_spaces(gone, here):
        return _name_replaced(old, new, start, assumptions)
    spots = find_spots(old[len(gone) :], new[len(here) :])
    if gone and here:
        return Named("text_changed", (f"{say_recut(gone, here)}, with other whitespace",), spots)
    return Named(_name_lone(gone or here), _say_lone(gone, here), spots)


def _name_replaced(old: Sequence[Item], new: Sequence[Item], start: int, assumptions: Assumptions) -> Named:
    before, after = old[0].block, new[0].block
    cause = name_pair(before, after, assumptions)
    inner = find_inner_spots(cause, before, after, start, assumptions)
    notes = say_pair(cause, before, after, assumptions)
    return Named(cause, notes, (*inner, *find_spots(old[1:], new[1:])))


def _name_shift(old: Sequence[Item], new: Sequence[Item], shift: Shift) -> Named:
    """Name blocks that came or went before one that changed."""
    gone, here = old[: shift.gone], new[: shift.here]
    spots = find_spots(old[shift.gone + 1 :], new[shift.here + 1 :], is_next=True)
    return Named(_name_lone(gone or here), (*_say_lone(gone, here), shift.note), spots)


def _name_lone(items: Sequence[Item]) -> Cause:
    """Name the removal or addition of blocks: that of a time, if they hold nothing else."""
    return "timestamp" if reads_as_time("", _join(items)) else "text_changed"


def _say_lone(gone: Sequence[Item], here: Sequence[Item]) -> tuple[str, ...]:
    paths = [item.path for item in gone or here]
    verb = "was" if len(paths) == 1 else "were"
    note = f"{list_some(paths)} {verb} {'removed' if gone else 'added'}"
    return (note, MAY_BE_TIME) if may_be_time("", _join(gone or here)) else (note,)


def _join(items: Sequence[Item]) -> str:
    return "".join(block_text(item.block) for item in items)
