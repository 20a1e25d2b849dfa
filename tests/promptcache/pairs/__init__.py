"""Before/after pairs of requests with what the rules say of them: one row a pair, no row skipped."""

from tests.promptcache.pairs.build import Pair
from tests.promptcache.pairs.busts import BUSTS
from tests.promptcache.pairs.harmless import HARMLESS

__all__ = ["PAIRS", "Pair"]

PAIRS: list[Pair] = [*HARMLESS, *BUSTS]
