"""What a call of a version costs if the prompt cache has its prefix, if it does not, and without a prompt cache."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import partial

from harness.money.calls import is_later
from harness.money.price_list import PriceList
from harness.provider.limits import Ttl
from harness.provider.pricing import remove_cache
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
    base = [usage for usage in cached if is_later(usage)] or cached
    prices, share = PriceList(model, at), Fraction(len(cached), len(usages))

    def average(change: Callable[[Usage], Usage]) -> Fraction:
        """The mean of all calls, with a change of those that use the prompt cache."""
        changed, rest = ([prices.price(change(usage)) for usage in group] for group in (base, plain))
        return share * _mean(changed) + (1 - share) * _mean(rest)

    return Outcomes(
        none=average(remove_cache),
        short=Outcome(hit=average(partial(_hit, ttl="5m")), miss=average(partial(_miss, ttl="5m"))),
        long=Outcome(hit=average(partial(_hit, ttl="1h")), miss=average(partial(_miss, ttl="1h"))),
    )


def _hit(usage: Usage, *, ttl: Ttl) -> Usage:
    """The same call as a later one: as it was billed, or else reading all that it wrote."""
    if is_later(usage):
        return _bill(usage, usage.cache_read_input_tokens, usage.cache_creation_input_tokens, ttl)
    return _bill(usage, usage.prefix_tokens, 0, ttl)


def _miss(usage: Usage, *, ttl: Ttl) -> Usage:
    """The same call, writing all that it read or wrote."""
    return _bill(usage, 0, usage.prefix_tokens, ttl)


def _bill(usage: Usage, read: int, written: int, ttl: Ttl) -> Usage:
    short, long = (written, 0) if ttl == "5m" else (0, written)
    return replace(usage, cache_read_input_tokens=read, ephemeral_5m_input_tokens=short, ephemeral_1h_input_tokens=long)


def _mean(amounts: Sequence[Fraction]) -> Fraction:
    return sum(amounts, Fraction(0)) / (len(amounts) or 1)
