"""What one prompt version costs: with and without the prompt cache, first call against later ones, and by calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from harness.money.amounts import add_known, mean, write
from harness.money.calls import PricedCall, is_first, is_later

CALL_COUNTS = (1, 2, 10, 100, 1_000)
"""Numbers of calls on one prefix for which a report shows the cost."""


class Pair(NamedTuple):
    """The mean cost of a call, with the prompt cache and without it."""

    cost: Fraction
    without: Fraction


class CallsCost(NamedTuple):
    """What a number of calls on one prefix cost together."""

    calls: int
    cost: Fraction
    without: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCosts:
    """What the calls of one prompt version cost."""

    calls: int
    cost: Decimal | None
    """Dollars of all calls; ``None`` if those of one are not known."""
    cost_without_cache: Decimal | None
    per_call_without_cache: Fraction | None
    first: Pair | None
    """A call that writes more of its prefix than it reads; ``None`` if there was none."""
    later: Pair | None
    """A call that reads its prefix; ``None`` if there was none."""
    is_cached: bool
    """Whether any call read or wrote."""

    @property
    def savings(self) -> Decimal | None:
        """Dollars saved by the prompt cache; below 0 for a loss."""
        if self.cost is None or self.cost_without_cache is None:
            return None
        return add_known([self.cost_without_cache, self.cost.copy_negate()])

    @property
    def savings_percent(self) -> Fraction | None:
        """Savings in percent of the cost without the prompt cache."""
        if self.savings is None or not self.cost_without_cache:
            return None
        return 100 * Fraction(self.savings) / Fraction(self.cost_without_cache)

    @property
    def break_even_calls(self) -> int | None:
        """The first number of calls on one prefix that cost no more than without the prompt cache.

        With what the first call costs more, E, and what each later one costs less, G, that is 1 + ceil(E / G).
        ``None`` if there is none, or if no first or no later call was seen.
        """
        if self.first is None or self.later is None:
            return None
        extra = self.first.cost - self.first.without
        gain = self.later.without - self.later.cost
        if extra <= 0:
            return 1
        return None if gain <= 0 else 1 + -(-extra // gain)

    def cost_of(self, calls: int) -> CallsCost | None:
        """What a number of calls on one prefix cost: one first call and later ones; ``None`` if not known."""
        if not self.is_cached and self.per_call_without_cache is not None:
            same = calls * self.per_call_without_cache
            return CallsCost(calls, same, same)
        if self.first is None or (self.later is None and calls > 1):
            return None
        later = self.later or Pair(Fraction(0), Fraction(0))
        return CallsCost(
            calls,
            self.first.cost + (calls - 1) * later.cost,
            self.first.without + (calls - 1) * later.without,
        )

    def to_json(self) -> dict[str, Any]:
        """The figures by call, as keys of a version in ``report.json``."""
        return {
            "first_call_usd": write(self.first and self.first.cost),
            "later_call_usd": write(self.later and self.later.cost),
            "per_call_without_cache_usd": write(self.per_call_without_cache),
            "break_even_calls": self.break_even_calls,
            "cost_by_calls": [
                {"calls": row.calls, "cost_usd": write(row.cost), "cost_without_cache_usd": write(row.without)}
                for row in map(self.cost_of, CALL_COUNTS)
                if row is not None
            ],
        }


def price_version(calls: Sequence[PricedCall]) -> VersionCosts:
    """Sum up the calls of one prompt version, in any order."""
    cost = add_known([call.cost for call in calls])
    plain = add_known([call.cost_without_cache for call in calls])
    is_known = cost is not None and plain is not None
    first = [call for call in calls if is_first(call.usage)]
    later = [call for call in calls if is_later(call.usage)]
    return VersionCosts(
        calls=len(calls),
        cost=cost,
        cost_without_cache=plain,
        per_call_without_cache=Fraction(plain) / len(calls) if plain is not None and calls else None,
        first=_pair(first) if is_known else None,
        later=_pair(later) if is_known else None,
        is_cached=bool(first or later),
    )


def _pair(calls: Sequence[PricedCall]) -> Pair | None:
    cost = mean(call.cost for call in calls if call.cost is not None)
    without = mean(call.cost_without_cache for call in calls if call.cost_without_cache is not None)
    return None if cost is None or without is None else Pair(cost, without)
