"""The cause of a first difference among the messages: dropped, moved, cut elsewhere, edited."""

from collections.abc import Sequence

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Block
from harness.promptcache.causes import Cause
from harness.promptcache.naming.alignment import find_hunks, is_move
from harness.promptcache.naming.boundaries import find_recut, is_recut_with_other_spaces
from harness.promptcache.naming.frames import name_role
from harness.promptcache.naming.history_notes import (
    say_added,
    say_border,
    say_dropped,
    say_fewer,
    say_joined,
    say_replaced,
)
from harness.promptcache.naming.items import Item, Message, count_shared, end_message, group_messages
from harness.promptcache.naming.named import Named, Spot
from harness.promptcache.naming.pair_notes import say_pair
from harness.promptcache.naming.pairs import Shift, find_inner_spots, find_shift, name_pair, name_text
from harness.promptcache.naming.places import find_spots, say_move, say_recut, without_moved


def name_history(old: Sequence[Item], new: Sequence[Item], *, at: tuple[int, int], assumptions: Assumptions) -> Named:
    """Name the first difference among the message blocks of two prompts; ``at`` are its indexes."""
    return _History(old, new, at, assumptions).name()


class _History:
    """The message blocks of two prompts, and where they first differ: at ``start`` and ``new_start``."""

    def __init__(self, old: Sequence[Item], new: Sequence[Item], at: tuple[int, int], assumptions: Assumptions) -> None:
        self.old, self.new, self.assumptions = old, new, assumptions
        self.start, self.new_start = at
        self.old_rest, self.new_rest = old[self.start :], new[self.new_start :]

    def name(self) -> Named:
        if not self.old_rest:
            return self._added("other", self.new_start, len(self.new), self.start)
        if not self.new_rest:
            return self._dropped(self.start, len(self.old), self.new_start)
        return self._name_cut() or self._name_messages()

    # --- borders -----------------------------------------------------------------------------------------

    def _name_cut(self) -> Named | None:
        """Name a border that moved between blocks or messages; ``None`` if none did."""
        if self._before.role != self._after.role:
            return None
        if self.old_rest[0].key == self.new_rest[0].key:
            note = say_border(self.old, self.start, self.new_rest)
            return Named("block_boundary", (note,), find_spots(self.old_rest, self.new_rest))
        cut = find_recut(self.old_rest, self.new_rest)
        if cut is None:
            return None
        note = say_recut(self.old_rest[: cut.old], self.new_rest[: cut.new])
        return Named(
            "block_boundary", (note,), find_spots(self.old_rest[cut.old :], self.new_rest[cut.new :], is_next=True)
        )

    # --- whole messages ----------------------------------------------------------------------------------

    def _name_messages(self) -> Named:
        """Name what happened to whole messages, or inside the first one that differs."""
        number = min(self._before.message or 0, self._after.message or 0)
        old, new = group_messages(self.old, number), group_messages(self.new, number)
        keys = [message.key for message in old], [message.key for message in new]
        hunks = find_hunks(*keys)
        shared = hunks[0].old.start if hunks else len(old)
        if not hunks or any(one.role != other.role for one, other in zip(old[:shared], new, strict=False)):
            return self._name_pair()
        if is_move(*keys, hunks):
            note = say_move(([item.path for item in old], [item.path for item in new]), keys)
            return self._moved("history_edit", note, *say_fewer(old, new))
        gone, here = ([side[index] for index in span] for side, span in zip((old, new), hunks[0], strict=True))
        if not here:
            return self._dropped(gone[0].start, gone[-1].end, _start(new, hunks[0].new.start))
        if not gone:
            return self._added("history_edit", here[0].start, here[-1].end, _start(old, hunks[0].old.start))
        goes_on = hunks[0].old.stop < len(old) and hunks[0].new.stop < len(new)
        is_shorter = len(gone) > len(here) and (number > 0 or shared > 0 or goes_on)
        named = self._name_blocks(gone[-1].end, here[-1].end, is_shorter=is_shorter)
        if named is not None:
            return named
        if is_shorter:
            previous = self.old[gone[0].start - 1].block.message if gone[0].start else None
            note = say_replaced(len(gone), len(here), previous)
            return Named("history_drop", (note,), self._spots(gone[-1].end, here[-1].end))
        named = self._name_pair()
        return named._replace(notes=(*say_fewer(old, new), *named.notes))

    # --- blocks of a message -----------------------------------------------------------------------------

    def _name_blocks(self, end: int, new_end: int, *, is_shorter: bool) -> Named | None:
        """Name what happened to the blocks up to two ends; ``None`` if one became another that says no more."""
        if self.old_rest[0].key == self.new_rest[0].key:
            return self._name_pair()
        keys = [item.key for item in self.old_rest], [item.key for item in self.new_rest]
        if is_move(*keys, find_hunks(*keys)):
            paths = [item.path for item in self.old_rest], [item.path for item in self.new_rest]
            return self._moved("other" if self._is_last else "history_edit", say_move(paths, keys))
        old, new = self.old[self.start : end], self.new[self.new_start : new_end]
        hunk = find_hunks([item.key for item in old], [item.key for item in new])[0]
        gone, here = self.start + hunk.old.stop, self.new_start + hunk.new.stop
        if not hunk.new:
            return self._dropped(self.start, gone, self.new_start)
        if not hunk.old and not is_shorter:
            return self._added(self._addition(hunk.new.stop), self.new_start, here, self.start)
        shift = find_shift(old[: hunk.old.stop], new[: hunk.new.stop], self.assumptions)
        if shift is not None and not is_shorter:
            return self._name_shift(shift)
        if is_recut_with_other_spaces(old[: hunk.old.stop], new[: hunk.new.stop]):
            note = f"{say_recut(old[: hunk.old.stop], new[: hunk.new.stop])}, with other whitespace"
            return Named("text_changed" if self._is_last else "history_edit", (note,), self._spots(gone, here))
        return self._name_pair() if name_text(self._before, self._after, self.assumptions) else None

    def _name_pair(self) -> Named:
        """Name a change of one block to another."""
        before, after = self._before, self._after
        cause = name_text(before, after, self.assumptions)
        is_same_place = self.old_rest[0].starts_message == self.new_rest[0].starts_message
        if cause is None and not is_same_place:
            return self._name_frame()
        cause = cause or self._edit()
        inner = find_inner_spots(cause, before, after, self.start, self.assumptions)
        spots = find_spots(self.old_rest[1:], self.new_rest[1:], is_next=True)
        if before.role != after.role:
            spots = tuple(spot for spot in spots if spot.text != name_role(self.old_rest[0], self.new_rest[0]))
        notes = say_pair(cause, before, after, self.assumptions)
        border = () if is_same_place else (say_border(self.old, self.start),)
        return Named(cause, (*border, *notes), (*inner, *spots))

    def _name_frame(self) -> Named:
        """Name a message that ends earlier than it did, or later: blocks went from it, or came to it."""
        is_longer = self.old_rest[0].starts_message
        kept = count_shared(self.old_rest, self.new_rest)
        if kept:
            note = say_joined(self.old, self.new, self.start, kept) if is_longer else None
            note = note or f"{self.old_rest[0].path} moved to {self.new_rest[0].path}"
            return Named("history_edit", (note,), find_spots(self.old_rest[1:], self.new_rest[1:]))
        if is_longer:
            return self._added("history_edit", self.new_start, end_message(self.new, self.new_start), self.start)
        return self._dropped(self.start, end_message(self.old, self.start), self.new_start)

    def _name_shift(self, shift: Shift) -> Named:
        """Name blocks that came or went before one that changed."""
        gone, here = self.start + shift.gone, self.new_start + shift.here
        if shift.gone:
            named = self._dropped(self.start, gone, self.new_start)
        else:
            named = self._added(self._addition(shift.here), self.new_start, here, self.start)
        spots = find_spots(self.old[gone + 1 :], self.new[here + 1 :], is_next=True)
        return named._replace(notes=(*named.notes, shift.note), spots=spots)

    # --- results -----------------------------------------------------------------------------------------

    def _dropped(self, start: int, end: int, new_start: int) -> Named:
        return Named("history_drop", (say_dropped(self.old, start, end),), self._spots(end, new_start))

    def _added(self, cause: Cause, start: int, end: int, old_start: int) -> Named:
        return Named(cause, (say_added(self.new, start, end),), self._spots(old_start, end))

    def _moved(self, cause: Cause, *notes: str) -> Named:
        return Named(cause, notes, find_spots(*without_moved(self.old_rest, self.new_rest)))

    def _spots(self, end: int, new_end: int) -> tuple[Spot, ...]:
        return find_spots(self.old[end:], self.new[new_end:])

    def _addition(self, count: int) -> Cause:
        """The name of the addition of so many blocks: to the last message, or to one that was already answered."""
        if not self._is_last:
            return "history_edit"
        return "text_changed" if all(item.block.type == "text" for item in self.new_rest[:count]) else "other"

    def _edit(self) -> Cause:
        """The name of an edit: of the last message, or of one that was already answered."""
        return name_pair(self._before, self._after, self.assumptions) if self._is_last else "history_edit"

    @property
    def _is_last(self) -> bool:
        """Whether the difference is in the last message of both prompts."""
        ends = {self.old[-1].block.message, self.new[-1].block.message}
        return ends == {self._before.message}

    @property
    def _before(self) -> Block:
        return self.old_rest[0].block

    @property
    def _after(self) -> Block:
        return self.new_rest[0].block


def _start(messages: Sequence[Message], index: int) -> int:
    """The number of blocks before a message; of all blocks if there is none at the index."""
    return messages[index].start if index < len(messages) else messages[-1].end
