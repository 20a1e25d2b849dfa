"""Records of how a difference between two prompts is named."""

import sys
from typing import NamedTuple

from harness.promptcache.causes import Cause

END = sys.maxsize
"""A position after all blocks."""


class Spot(NamedTuple):
    """A place in which two prompts differ, besides the first one."""

    text: str
    """Its path, and what happened there: ``tools[2] (added)``."""
    position: int
    """The number of blocks of the level that come before it in the earlier prompt; `END` after all of them."""
    sides: tuple[object, object] = (None, None)
    """The `Block` or `Part` that is there in each prompt; both ``None`` for an order, a border or a role."""
    is_inner: bool = False
    """Whether it is another place in the block of the first difference."""

    @property
    def path(self) -> str:
        """Its path alone."""
        return self.text.partition(" ")[0]


class Named(NamedTuple):
    """The name of a first difference, and what else changed in its level."""

    cause: Cause
    notes: tuple[str, ...] = ()
    """What happened, where the cause does not say it all."""
    spots: tuple[Spot, ...] = ()
    path: str | None = None
    """Its path, if it is not that of the later prompt's block."""


class Change(NamedTuple):
    """A change with its name: what kind it is, and where."""

    cause: Cause
    path: str
    offset: int | None = None
    """The first differing character of the block's text."""
    excerpt: tuple[str, str] | None = None
    """Both texts around the place, shortened."""
    notes: tuple[str, ...] = ()
    """What the cause does not say: how many messages were dropped, what moved, and what else changed."""
    others: tuple[Spot, ...] = ()
    """What else changed in the cached prefix."""
