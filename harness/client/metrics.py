"""Savings of the prompt cache and the local cache, per call and in total."""

import logging
from collections import Counter
from decimal import Decimal

from harness.errors import UnknownPriceError
from harness.findings.words import unknown_cost
from harness.provider.pricing import dollars, price, price_without_cache
from harness.provider.usage import Usage

logger = logging.getLogger(__name__)


class CacheMetrics:
    """Running totals of one client; logs a line at INFO for every call."""

    def __init__(self) -> None:
        self.usage = Usage()
        """Tokens billed so far."""
        self.calls = 0
        """Calls answered, by the API or by the local cache."""
        self.local_hits = 0
        """Calls answered by the local cache; they cost nothing."""
        self.saved = Decimal(0)
        """Dollars saved by the two caches, without the calls in ``not_priced``."""
        self.not_priced: Counter[str] = Counter()
        """What has no known price, with the number of its calls."""

    @property
    def local_misses(self) -> int:
        """Calls that the API had to answer."""
        return self.calls - self.local_hits

    def record(self, usage: Usage, model: str, *, is_local_hit: bool) -> None:
        """Add one call; for a local hit, ``usage`` is that of the stored response."""
        self.calls += 1
        self.local_hits += is_local_hit
        billed = Usage() if is_local_hit else usage
        self.usage += billed
        saved, reasons = _saved(usage, model, is_local_hit=is_local_hit)
        self.saved += saved
        self.not_priced.update(reasons)
        logger.info(
            "%s: read %d, written %d, uncached %d, output %d tokens; local cache %s; saved %s%s",
            model,
            billed.cache_read_input_tokens,
            billed.cache_creation_input_tokens,
            billed.input_tokens,
            billed.output_tokens,
            "hit" if is_local_hit else "miss",
            unknown_cost(reasons) if reasons else dollars(saved),
            f"; also billed: {', '.join(billed.also_billed)}" if billed.also_billed else "",
        )


def _saved(usage: Usage, model: str, *, is_local_hit: bool) -> tuple[Decimal, tuple[str, ...]]:
    """Dollars saved; 0 and the reasons if they are not known."""
    try:
        full = price_without_cache(usage, model)
        return (full if is_local_hit else full - price(usage, model)), ()
    except UnknownPriceError as error:
        return Decimal(0), error.reasons
