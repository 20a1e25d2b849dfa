"""Before/after pairs of requests with the result that the rules give: one row per pair, no row skipped."""

from tests.promptcache.pairs.build import Pair
from tests.promptcache.pairs.content import CHANGED_CONTENT
from tests.promptcache.pairs.harmless import HARMLESS
from tests.promptcache.pairs.terms import CHANGED_TERMS

__all__ = ["PAIRS", "Pair"]

PAIRS: list[Pair] = [*HARMLESS, *CHANGED_CONTENT, *CHANGED_TERMS]
