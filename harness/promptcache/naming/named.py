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
