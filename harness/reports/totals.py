"""Sums over the versions of a report, for headlines, history and the badge."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from harness.money.amounts import add_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from harness.reports.document import VersionModel

INPUT_KEYS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""The API's names of the parts of the input; they add up to all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What some versions cost together."""

    calls: int
    cost: Decimal | None
    """Dollars; ``None`` if those of one version are not known."""
    cost_without_cache: Decimal | None
    savings: Decimal | None
    hit_ratio: float | None
    """Share of the input tokens that were read from the prompt cache; ``None`` without any."""

    @property
    def savings_share(self) -> float | None:
        """Savings as a share of the cost without the prompt cache; below 0 for a loss."""
        if self.savings is None or not self.cost_without_cache:
            return None
        return float(Fraction(self.savings) / Fraction(self.cost_without_cache))


def total(versions: Sequence[VersionModel]) -> Totals:
    """Add up versions."""
    return Totals(
        calls=sum(version.calls for version in versions),
        cost=add_known([version.cost_usd for version in versions]),
        cost_without_cache=add_known([version.cost_without_cache_usd for version in versions]),
        savings=add_known([version.savings_usd for version in versions]),
        hit_ratio=hit_ratio(version.usage for version in versions),
    )


def hit_ratio(usages: Iterable[Mapping[str, Any]]) -> float | None:
    """The share of the input tokens that were read from the prompt cache; ``None`` if there were none."""
    read = whole = 0
    for usage in usages:
        read += usage.get("cache_read_input_tokens") or 0
        whole += sum(usage.get(key) or 0 for key in INPUT_KEYS)
    return read / whole if whole else None
