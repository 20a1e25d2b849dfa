"""Before/after pairs of requests with the result that the rules give: one row per pair, no row skipped."""

from tests.promptcache.pairs.blocks import CHANGED_BLOCKS
from tests.promptcache.pairs.build import Pair
from tests.promptcache.pairs.content import CHANGED_CONTENT
from tests.promptcache.pairs.forms import CHANGED_FORMS
from tests.promptcache.pairs.frames import CHANGED_FRAMES
from tests.promptcache.pairs.harmless import HARMLESS
from tests.promptcache.pairs.history import CHANGED_HISTORY
from tests.promptcache.pairs.several import SEVERAL_CHANGES
from tests.promptcache.pairs.terms import CHANGED_TERMS

__all__ = ["PAIRS", "Pair"]

PAIRS: list[Pair] = [
    *HARMLESS,
    *CHANGED_CONTENT,
    *CHANGED_BLOCKS,
    *CHANGED_HISTORY,
    *CHANGED_FORMS,
    *CHANGED_FRAMES,
    *SEVERAL_CHANGES,
    *CHANGED_TERMS,
]
