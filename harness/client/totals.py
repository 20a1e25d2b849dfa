"""What the calls of a client cost and saved: sums, and a snapshot of them by prompt version and model."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from harness.provider.usage import Usage

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over calls; dollars are without the calls in ``not_priced``."""

    calls: int = 0
    """Calls answered, by the API or by the local cache."""
    local_hits: int = 0
    """Calls answered by the local cache; they cost nothing."""
    partial: int = 0
    """Streams that the caller left, or that broke off; their output is a lower bound."""
    usage: Usage = field(default_factory=Usage)
    """Tokens billed."""
    cost: Decimal = Decimal(0)
    """Dollars billed."""
    cost_without_cache: Decimal = Decimal(0)
    """Dollars that the same calls would have cost without the two caches."""
    not_priced: Mapping[str, int] = _NONE
    """What has no known price, with the number of its calls."""

    @property
    def local_misses(self) -> int:
        """Calls that the API had to answer."""
        return self.calls - self.local_hits

    @property
    def saved(self) -> Decimal:
        """Dollars saved by the two caches; negative if their writes cost more than their reads saved."""
        return self.cost_without_cache - self.cost

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            calls=self.calls + other.calls,
            local_hits=self.local_hits + other.local_hits,
            partial=self.partial + other.partial,
            usage=self.usage + other.usage,
            cost=self.cost + other.cost,
            cost_without_cache=self.cost_without_cache + other.cost_without_cache,
            not_priced=MappingProxyType(dict(Counter(self.not_priced) + Counter(other.not_priced))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The totals of a client at one moment. It never changes; take another one to see later calls."""

    parts: Mapping[tuple[str, str], Totals]
    """By prompt version and model."""

    @property
    def total(self) -> Totals:
        """Everything."""
        return add_up(self.parts.values())

    def by_version(self, version: str) -> Totals:
        """The totals of one prompt version, over all models."""
        return add_up(totals for (one, _), totals in self.parts.items() if one == version)

    def by_model(self, model: str) -> Totals:
        """The totals of one model, over all prompt versions."""
        return add_up(totals for (_, one), totals in self.parts.items() if one == model)


def add_up(parts: Iterable[Totals]) -> Totals:
    """Add totals up."""
    return sum(parts, Totals())
