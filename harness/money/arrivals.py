"""When calls arrive, and which of them find the prefix still in the prompt cache.

A call finds it if an earlier one came at most the TTL before, for every use starts the TTL again. Calls of the same
instant do not find what the others of them write. Each pattern has a closed form for the share of calls that find
it (docs/money.md derives them), or counts them, in a log.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from random import Random

DAY = 86_400
_HOUR = 3_600
_WORKING_DAYS, _WEEK = 5, 7


@dataclass(frozen=True, slots=True)
class Poisson:
    """Independent of each other, at the same rate all day and night."""

    name = "poisson"

    def hit_ratio(self, calls_per_day: float, ttl_seconds: float) -> float:
        """1 - exp(-rate * TTL): some call within the TTL before."""
        return -math.expm1(-calls_per_day / DAY * ttl_seconds)

    def draw(self, calls_per_day: float, calls: int, source: Random) -> list[float]:
        """Draw the times of so many calls."""
        return list(accumulate(source.expovariate(calls_per_day / DAY) for _ in range(calls)))


@dataclass(frozen=True, slots=True)
class Even:
    """At equal distances, all day and night."""

    name = "even"

    def hit_ratio(self, calls_per_day: float, ttl_seconds: float) -> float:
        """All or nothing: whether the distance is within the TTL."""
        return float(calls_per_day * ttl_seconds >= DAY)

    def draw(self, calls_per_day: float, calls: int, source: Random) -> list[float]:
        """The times of so many calls, from a random start."""
        start = source.random() * DAY
        return [start + number * (DAY / calls_per_day) for number in range(calls)]


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Independent of each other within working hours, from Monday to Friday; none outside of them."""

    start: int = 9
    end: int = 17

    name = "office hours"

    @property
    def seconds(self) -> int:
        """The length of a working day."""
        return (self.end - self.start) * _HOUR

    def hit_ratio(self, calls_per_day: float, ttl_seconds: float) -> float:
        """As `Poisson`, except that the first TTL of a day looks back on closed doors; days are longer than a TTL."""
        rate = calls_per_day / self.seconds
        nobody = math.exp(-rate * ttl_seconds)
        misses = -math.expm1(-rate * ttl_seconds) + rate * (self.seconds - ttl_seconds) * nobody
        # Of very few calls, rounding may leave less than nothing.
        return max(1 - misses / calls_per_day, 0.0)

    def draw(self, calls_per_day: float, calls: int, source: Random) -> list[float]:
        """Draw the times of about so many calls: those of whole weeks."""
        weeks = max(math.ceil(calls / (calls_per_day * _WORKING_DAYS)), 1)
        found = []
        for day in range(weeks * _WEEK):
            if day % _WEEK >= _WORKING_DAYS:
                continue
            opens = day * DAY + self.start * _HOUR
            at = opens + source.expovariate(calls_per_day / self.seconds)
            while at < opens + self.seconds:
                found.append(at)
                at += source.expovariate(calls_per_day / self.seconds)
        return found


@dataclass(frozen=True, slots=True)
class Bursts:
    """Bursts of calls at equal distances; the bursts are independent of each other and may overlap."""

    calls: int
    seconds_apart: float

    name = "bursts"

    def hit_ratio(self, calls_per_day: float, ttl_seconds: float) -> float:
        """Within a burst, each call but the first finds the one before; else another burst must have a call near."""
        bursts_per_second = calls_per_day / self.calls / DAY
        if self.seconds_apart <= ttl_seconds:
            reach = ttl_seconds + (self.calls - 1) * self.seconds_apart
            return 1 - math.exp(-bursts_per_second * reach) / self.calls
        return -math.expm1(-bursts_per_second * self.calls * ttl_seconds)

    def draw(self, calls_per_day: float, calls: int, source: Random) -> list[float]:
        """Draw the times of about so many calls: those of whole bursts."""
        rate = calls_per_day / self.calls / DAY
        starts = accumulate(source.expovariate(rate) for _ in range(max(calls // self.calls, 1)))
        return sorted(start + number * self.seconds_apart for start in starts for number in range(self.calls))


class Log:
    """As in a log; other rates are the same log, faster or slower."""

    name = "log"

    def __init__(self, times: Sequence[float]) -> None:
        """Take the times of calls in seconds, at least two different ones, in any order."""
        ordered = sorted(times)
        instants = [(at, len(list(group))) for at, group in groupby(ordered)]
        gaps = sorted((later - before, number) for (before, _), (later, number) in pairwise(instants))
        self._gaps = [gap for gap, _ in gaps]
        self._found = [0, *accumulate(number for _, number in gaps)]
        self._times = ordered
        self.calls_per_day = (len(ordered) - 1) / (ordered[-1] - ordered[0]) * DAY
        """Of the log itself."""

    def hit_ratio(self, calls_per_day: float, ttl_seconds: float) -> float:
        """Counted; the first call of the log finds nothing."""
        within = bisect_right(self._gaps, ttl_seconds * calls_per_day / self.calls_per_day)
        return self._found[within] / len(self._times)

    def draw(self, calls_per_day: float, calls: int, source: Random) -> list[float]:
        """The times of the log, at another rate; nothing about them is random."""
        return [at * (self.calls_per_day / calls_per_day) for at in self._times]


Arrivals = Poisson | Even | OfficeHours | Bursts | Log


def count_hits(times: Sequence[float], ttl_seconds: float) -> int:
    """Count the calls that find the prefix, of calls in order of their times."""
    hits, previous, current = 0, -math.inf, -math.inf
    for at in times:
        if at > current:
            previous, current = current, at
        hits += at - previous <= ttl_seconds
    return hits


def simulate_hit_ratio(
    arrivals: Arrivals, calls_per_day: float, ttl_seconds: float, *, calls: int = 100_000, seed: int = 0
) -> float:
    """The share of calls that find the prefix among about so many that are drawn; the same for the same seed."""
    times = arrivals.draw(calls_per_day, calls, Random(seed))
    return count_hits(times, ttl_seconds) / len(times) if times else 0.0
