"""The first difference between two prompts, in the order in which the prompt cache reads them."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from harness.prompt.parts import Part
from harness.prompt.strings import first_difference
from harness.prompt.text import block_text
from harness.provider.parameters import LEVELS, Level, Parameter


class Divergence(NamedTuple):
    """The first difference between two prompts; ``before`` or ``after`` is ``None`` if one has nothing there."""

    before: Part | None
    after: Part | None

    @property
    def path(self) -> str:
        """Path of the part in the second prompt, or in the first if the second has none."""
        part = self.after or self.before
        assert part is not None
        return part.path

    @property
    def row(self) -> Parameter | None:
        """The parameter that differs; ``None`` where it is a block."""
        part = self.after or self.before
        return part.row if part else None

    @property
    def offset(self) -> int | None:
        """The first differing character of two blocks' texts; ``None`` for parameters and lone blocks."""
        if self.before is None or self.after is None or not self.before.block or not self.after.block:
            return None
        return first_difference(block_text(self.before.block), block_text(self.after.block))


def first_divergence(old: Sequence[Part], new: Sequence[Part]) -> Divergence | None:
    """Find the first pair of parts that differ, level by level; ``None`` if the prompt cache sees no difference."""
    for level in LEVELS:
        for before, after in pair_parts(old, new, level):
            if before is None or after is None or before.key != after.key:
                return Divergence(before, after)
    return None


def pair_parts(old: Sequence[Part], new: Sequence[Part], level: Level) -> list[tuple[Part | None, Part | None]]:
    """Pair the parts of one level: parameters by name, blocks by position."""
    sides = [[part for part in parts if part.level == level] for parts in (old, new)]
    names = dict.fromkeys(part.row.name for side in sides for part in side if part.row is not None)
    rows = [{part.row.name: part for part in side if part.row is not None} for side in sides]
    old_blocks, new_blocks = ([part for part in side if part.row is None] for side in sides)
    return [*((rows[0].get(name), rows[1].get(name)) for name in names), *zip_longest(old_blocks, new_blocks)]
