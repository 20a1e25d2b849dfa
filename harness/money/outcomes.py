"""What a call of a version costs if the prompt cache has its prefix, if it does not, and without a prompt cache."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from harness.money.amounts import mean
from harness.provider.limits import Ttl
from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Mean dollars of a call with breakpoints of one TTL."""

    hit: Fraction
    """The prompt cache has the prefix."""
    miss: Fraction
    """The prefix is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Mean dollars of a call of one version in each case."""

    none: Fraction
    """Without a prompt cache."""
    short: Outcome
    long: Outcome

    def of(self, ttl: Ttl) -> Outcome:
        """With breakpoints of a TTL."""
        return self.short if ttl == "5m" else self.long


def price_outcomes(usages: Sequence[Usage], model: str, *, at: datetime | None = None) -> Outcomes | None:
    """Price the calls of a version in each case; ``None`` if there are none.

    A hit is what calls that read were billed, or else what writes the prefix would read. A miss writes all that was
    read or written. Calls without a prefix cost the same in each case, and keep their share.

    Raises:
        UnknownPriceError: a call has a part without a known price.
    """
    if not usages:
        return None
    cached = [usage for usage in usages if usage.prefix_tokens]
    plain = [usage for usage in usages if not usage.prefix_tokens]
    readers = [usage for usage in cached if usage.cache_read_input_tokens]
    base = readers or cached
    share = Fraction(len(cached), len(usages))
    rest = (1 - share) * (mean(price(usage, model, at=at) for usage in plain) or 0)

    def average(ttl: Ttl, *, is_hit: bool) -> Fraction:
        variants = (_vary(usage, ttl, is_hit=is_hit) for usage in base)
        return rest + share * (mean(price(usage, model, at=at) for usage in variants) or 0)

    without = mean(price_without_cache(usage, model, at=at) for usage in base) or 0
    # What a usage writes beside its own tokens, in iterations, stays in every case but this one.
    plain_rest = (1 - share) * (mean(price_without_cache(usage, model, at=at) for usage in plain) or 0)
    return Outcomes(
        none=plain_rest + share * without,
        short=Outcome(hit=average("5m", is_hit=True), miss=average("5m", is_hit=False)),
        long=Outcome(hit=average("1h", is_hit=True), miss=average("1h", is_hit=False)),
    )


def _vary(usage: Usage, ttl: Ttl, *, is_hit: bool) -> Usage:
    """The same call as a hit or a miss, with breakpoints of one TTL."""
    read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    if is_hit and not read:
        read, written = written, 0
    elif not is_hit:
        read, written = 0, read + written
    short, long = (written, 0) if ttl == "5m" else (0, written)
    return replace(usage, cache_read_input_tokens=read, ephemeral_5m_input_tokens=short, ephemeral_1h_input_tokens=long)
