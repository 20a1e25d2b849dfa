"""What a version costs at a stated traffic: without a prompt cache, with entries of 5 minutes and of 1 hour."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from harness.money.amounts import write
from harness.money.arrivals import Arrivals, Bursts, Even, OfficeHours, Poisson
from harness.money.log_times import read_log
from harness.money.outcomes import Outcomes
from harness.provider.limits import TTL_SECONDS, Ttl
from harness.provider.pricing import dollars
from harness.suites.traffic import TrafficEntry

Choice = Literal["none", "5m", "1h"]
CHOICES: tuple[Choice, ...] = ("none", "5m", "1h")
"""From the simplest to the one with the dearest writes; of equal costs, the earlier one is chosen."""

_NAMES: dict[Choice, str] = {"none": "no caching", "5m": "5m", "1h": "1h"}

DAYS_A_MONTH = 30
_WORKING_DAYS_A_MONTH = Fraction(DAYS_A_MONTH * 5, 7)

RATES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
"""Calls a day for which a report shows the cost, besides the stated number."""

LOWEST, HIGHEST = 0.001, 1_000_000_000.0
"""Calls a day between which limits are searched."""
_STEPS = 400
_RATE_PLACES = 6
_EQUAL = 1e-6
"""Costs that differ by a smaller share are the same: at high rates both TTLs hit always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Which TTL to use at the stated traffic, or none."""

    choice: Choice
    margins: dict[Choice, Fraction]
    """Dollars a month by which each other choice costs more."""
    holds_from: float
    """Calls a day from which on it is the cheapest choice, below the stated number; 0 for any."""
    holds_to: float
    """Calls a day from which on it is not, above the stated number; infinite for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The calls of a version on one prefix, by their rate and pattern, with what each costs."""

    arrivals: Arrivals
    calls_per_day: Decimal
    outcomes: Outcomes

    @property
    def days_a_month(self) -> Fraction:
        """Days with calls: working days, in office hours."""
        is_office = isinstance(self.arrivals, OfficeHours)
        return _WORKING_DAYS_A_MONTH if is_office else Fraction(DAYS_A_MONTH)

    def hit_ratio(self, ttl: Ttl, calls_per_day: float | None = None) -> float:
        """The expected share of calls that find the prefix; at the stated rate, unless another is given."""
        rate = float(self.calls_per_day) if calls_per_day is None else calls_per_day
        return self.arrivals.hit_ratio(rate, TTL_SECONDS[ttl])

    def per_call(self, choice: Choice, calls_per_day: float | None = None) -> Fraction:
        """Expected dollars of a call."""
        if choice == "none":
            return self.outcomes.none
        hits, outcome = Fraction(self.hit_ratio(choice, calls_per_day)), self.outcomes.of(choice)
        return hits * outcome.hit + (1 - hits) * outcome.miss

    def monthly(self, choice: Choice, calls_per_day: Decimal | None = None) -> Fraction:
        """Expected dollars a month."""
        rate = self.calls_per_day if calls_per_day is None else calls_per_day
        return self.per_call(choice, float(rate)) * Fraction(rate) * self.days_a_month

    def per_thousand(self, choice: Choice) -> Fraction:
        """Expected dollars of 1,000 calls at the stated rate."""
        return 1_000 * self.per_call(choice)

    def pays_from(self, ttl: Ttl) -> float | None:
        """Calls a day from which on a TTL costs less than no caching; 0 for any rate, ``None`` for none.

        It does once the hit ratio exceeds (miss - none) / (miss - hit), and the hit ratio grows with the rate.
        """
        return _find_start(lambda rate: self.per_call(ttl, rate) < self.outcomes.none)

    def choose(self, calls_per_day: float | None = None) -> Choice:
        """The cheapest choice at a rate."""
        costs = {choice: self.per_call(choice, calls_per_day) for choice in CHOICES}
        limit = min(costs.values()) * (1 + Fraction(_EQUAL))
        return next(choice for choice in CHOICES if costs[choice] <= limit)

    def advise(self) -> Advice:
        """Answer "5m or 1h?" for the stated rate, with the margin and the rates for which the answer holds."""
        choice, rate = self.choose(), float(self.calls_per_day)
        costs = {other: self.monthly(other) for other in CHOICES}
        return Advice(
            choice=choice,
            margins={other: cost - costs[choice] for other, cost in costs.items() if other != choice},
            holds_from=_find_border(lambda at: self.choose(at) == choice, rate, LOWEST) or 0.0,
            holds_to=_find_border(lambda at: self.choose(at) == choice, rate, HIGHEST) or math.inf,
        )

    def to_json(self) -> dict[str, Any]:
        """The value of ``traffic`` of a version in ``report.json``."""
        rates = sorted({self.calls_per_day, *map(Decimal, RATES)})
        return {
            "pattern": self.arrivals.name,
            "calls_per_day": write(self.calls_per_day, _RATE_PLACES),
            "points": [self._point(rate) for rate in rates],
            "pays_from_calls_per_day": {ttl: self.pays_from(ttl) for ttl in TTL_SECONDS},
            "per_1000_calls_usd": {choice: write(self.per_thousand(choice), 6) for choice in CHOICES},
            "advice": say(self),
        }

    def _point(self, rate: Decimal) -> dict[str, Any]:
        return {
            "calls_per_day": write(rate, _RATE_PLACES),
            **{f"hit_ratio_{ttl}": self.hit_ratio(ttl, float(rate)) for ttl in TTL_SECONDS},
            **{f"monthly_usd_{choice}": write(self.monthly(choice, rate), 6) for choice in CHOICES},
        }


def make_arrivals(entry: TrafficEntry, *, folder: Path, named_at: str) -> tuple[Arrivals, Decimal]:
    """Make the pattern that a suite states, and its calls a day; files are relative to ``folder``.

    Raises:
        SuiteError: the log is unreadable, or has no times; ``named_at`` is the ``path:line`` that names it.
    """
    if entry.log is not None:
        log = read_log(folder / entry.log, named_at=named_at)
        return log, Decimal(f"{log.calls_per_day:.6g}")
    assert entry.calls_per_day is not None
    match entry.pattern:
        case "even":
            return Even(), entry.calls_per_day
        case "office hours":
            return OfficeHours(*(entry.hours or ())), entry.calls_per_day
        case "bursts":
            assert entry.burst is not None
            return Bursts(entry.burst.calls, float(entry.burst.seconds_apart)), entry.calls_per_day
        case _:
            return Poisson(), entry.calls_per_day


def say(traffic: Traffic) -> str:
    """Write the advice as sentences."""
    advice = traffic.advise()
    total = traffic.monthly(advice.choice)
    others = [
        f"{_say_dollars(margin)} ({_say_percent(margin / (total + margin))}) less than {_NAMES[other]}"
        for other, margin in advice.margins.items()
        if margin > total * Fraction(_EQUAL)
    ]
    rate = write(traffic.calls_per_day, _RATE_PLACES)
    name = _NAMES[advice.choice]
    return (
        f"{name[0].upper()}{name[1:]}: {_say_dollars(total)} a month"
        f"{', ' + ' and '.join(others) if others else ', the same as any other choice'}. "
        f"It rests on {rate} calls a day on one prefix ({traffic.arrivals.name}): "
        f"{_say_range(advice)}. {' '.join(_say_start(ttl, traffic.pays_from(ttl)) for ttl in TTL_SECONDS)}"
    )


def _say_start(ttl: Ttl, rate: float | None) -> str:
    if rate is None:
        return f"{ttl} never pays."
    return f"{ttl} pays from {_say_rate(rate)} calls a day on." if rate else f"{ttl} pays at any rate."


def _say_range(advice: Advice) -> str:
    low, high = advice.holds_from, advice.holds_to
    name = _NAMES[advice.choice]
    if low and high < math.inf:
        return f"{name} is the cheapest from {_say_rate(low)} to {_say_rate(high)} calls a day"
    if low:
        return f"{name} is the cheapest from {_say_rate(low)} calls a day on"
    if high < math.inf:
        return f"{name} is the cheapest up to {_say_rate(high)} calls a day"
    return f"{name} is the cheapest at any rate"


def _say_rate(rate: float) -> str:
    return f"{rate:,.3g}" if rate < 1_000 else f"{rate:,.0f}"


def _say_percent(share: Fraction) -> str:
    return f"{float(100 * share):.2g} %"


def _say_dollars(amount: Fraction) -> str:
    return dollars(Decimal(write(amount) or 0)) if abs(amount) < 1 else f"${float(amount):,.2f}"


def _find_start(holds: Callable[[float], bool]) -> float | None:
    """The lowest rate for which a condition holds that stays true once it is."""
    if holds(LOWEST):
        return 0.0
    return _find_limit(lambda rate: not holds(rate), LOWEST, HIGHEST) if holds(HIGHEST) else None


def _find_border(holds: Callable[[float], bool], start: float, end: float) -> float | None:
    """The rate at which a condition that holds at ``start`` first fails on the way to ``end``; ``None`` if nowhere."""
    if not LOWEST < start < HIGHEST:
        return None
    step = (end / start) ** (1 / _STEPS)
    for number in range(1, _STEPS + 1):
        rate = start * step**number
        if not holds(rate):
            return _find_limit(holds, start * step ** (number - 1), rate)
    return None


def _find_limit(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    """The first rate at which a condition fails, between one where it holds and one where it does not."""
    for _ in range(60):
        middle = math.sqrt(inside * outside)
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return float(f"{outside:.9g}")
