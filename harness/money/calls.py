"""Calls with their price, as all of this package takes them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, Self

from harness.errors import UnknownPriceError
from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage


class PricedCall(Protocol):
    """A call with its price; the rows of a report are such calls too."""

    @property
    def usage(self) -> Usage:
        """What the call used."""

    @property
    def cost(self) -> Decimal | None:
        """Dollars; ``None`` if they are not known in full."""

    @property
    def cost_without_cache(self) -> Decimal | None:
        """Dollars if nothing had been read from or written to the prompt cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A call, priced on a day."""

    usage: Usage
    model: str
    cost: Decimal | None
    cost_without_cache: Decimal | None
    not_priced: tuple[str, ...] = ()
    """What has no known price."""

    @classmethod
    def of(cls, usage: Usage, model: str, *, at: datetime | None = None) -> Self:
        """Price a call as of the day ``at`` (default: now)."""
        try:
            cost, plain = price(usage, model, at=at), price_without_cache(usage, model, at=at)
        except UnknownPriceError as error:
            return cls(usage=usage, model=model, cost=None, cost_without_cache=None, not_priced=error.reasons)
        return cls(usage=usage, model=model, cost=cost, cost_without_cache=plain)


def is_first(usage: Usage) -> bool:
    """Whether a call wrote more of its prefix than it read, as the first one on a prefix does."""
    return usage.cache_creation_input_tokens > usage.cache_read_input_tokens


def is_later(usage: Usage) -> bool:
    """Whether a call read its prefix, or at least as much of it as it wrote."""
    return usage.cache_read_input_tokens > 0 and not is_first(usage)
