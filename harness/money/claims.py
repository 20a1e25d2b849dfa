"""Which promises about the savings of prompt caching hold, for which length of answers and which traffic."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from harness.money.arrivals import DAY
from harness.provider.limits import TTL_SECONDS, Ttl
from harness.provider.pricing import price
from harness.provider.usage import Usage


@dataclass(frozen=True, slots=True)
class Span:
    """A promised share, in percent, with both ends included."""

    low: Fraction
    high: Fraction

    def holds(self, share: Fraction) -> bool:
        """Whether a share, 1 for all, is what is promised."""
        return self.low <= 100 * share <= self.high


FIRST = Span(Fraction("4.5"), Fraction("5.5"))
"""The first request is 5 % dearer, rounded to whole percent."""
LATER = Span(Fraction(60), Fraction(80))
"""Later requests are 60 to 80 % cheaper."""
OVERALL = Span(Fraction(30), Fraction(50))
"""All requests together are 30 to 50 % cheaper."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Requests of one shape: a prefix that is cached, what comes after it, and the answer."""

    model: str
    cached: int
    uncached: int
    output: int
    at: datetime
    ttl: Ttl = "5m"

    @cached_property
    def without(self) -> Fraction:
        """Dollars of a request without the prompt cache."""
        return self._price(input_tokens=self.cached + self.uncached)

    @cached_property
    def first(self) -> Fraction:
        """Dollars of a request that writes the prefix."""
        name = "ephemeral_5m_input_tokens" if self.ttl == "5m" else "ephemeral_1h_input_tokens"
        return self._price(input_tokens=self.uncached, **{name: self.cached})

    @cached_property
    def later(self) -> Fraction:
        """Dollars of a request that reads the prefix."""
        return self._price(input_tokens=self.uncached, cache_read_input_tokens=self.cached)

    @property
    def first_loss(self) -> Fraction:
        """By which share the first request is dearer."""
        return (self.first - self.without) / self.without

    @property
    def later_gain(self) -> Fraction:
        """By which share a later request is cheaper."""
        return (self.without - self.later) / self.without

    def overall_gain(self, hits: Fraction) -> Fraction:
        """By which share requests are cheaper of which ``hits``, 0 to 1, read the prefix and the others write it."""
        return hits * self.later_gain - (1 - hits) * self.first_loss

    def gain_of(self, calls: int) -> Fraction:
        """By which share so many calls on one prefix are cheaper."""
        return self.overall_gain(Fraction(calls - 1, calls))

    def hits_for(self, gain: Fraction) -> Fraction | None:
        """The hit ratio that gives an overall gain; ``None`` if none below 1 does."""
        hits = (gain + self.first_loss) / (self.later_gain + self.first_loss)
        return hits if 0 <= hits < 1 else None

    def calls_within(self, span: Span) -> tuple[int, int | None] | None:
        """The first and last number of calls on one prefix whose gain is promised; no last one, or none at all."""
        low, high = self.hits_for(span.low / 100), self.hits_for(span.high / 100)
        if low is None:
            return None
        first, last = math.ceil(1 / (1 - low)), None if high is None else math.floor(1 / (1 - high))
        return None if last is not None and last < first else (first, last)

    def rates_within(self, span: Span) -> tuple[float, float] | None:
        """Poisson calls a day on one prefix between which the gain is promised; the end may be infinite."""
        low, high = self.hits_for(span.low / 100), self.hits_for(span.high / 100)
        return None if low is None else (self._rate_of(low), math.inf if high is None else self._rate_of(high))

    def _rate_of(self, hits: Fraction) -> float:
        return -math.log1p(-float(hits)) * DAY / TTL_SECONDS[self.ttl]

    def _price(self, **tokens: int) -> Fraction:
        found: dict[str, int] = {**tokens, "output_tokens": self.output}
        return Fraction(price(Usage(**found), self.model, at=self.at))  # type: ignore[arg-type]


def outputs_within(span: Span, share: Callable[[int], Fraction], *, limit: int) -> tuple[int, int] | None:
    """The shortest and longest answer, in tokens up to ``limit``, for which a share is promised; ``None`` for none.

    ``share`` must not grow with the length: an answer costs the same with and without the prompt cache.
    """
    start = _find_first(lambda output: 100 * share(output) <= span.high, limit)
    end = _find_first(lambda output: 100 * share(output) < span.low, limit)
    return (start, end - 1) if start < end and start <= limit else None


def _find_first(holds: Callable[[int], bool], limit: int) -> int:
    """The smallest number up to a limit for which a condition holds that stays true; one more if there is none."""
    low, high = 0, limit + 1
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def percent(share: Fraction) -> str:
    """Write a share in percent, with one decimal place."""
    return f"{Decimal(round(1_000 * share)) / 10:.1f} %"
