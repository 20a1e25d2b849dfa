"""The price list of one model on one day, as rates by size of the prompt: exact, and quick for thousands of calls."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from fractions import Fraction

from harness.errors import UnknownPriceError
from harness.provider.pricing import PRICE_PAGE, find_unpriced, price
from harness.provider.tokens import Tokens
from harness.provider.usage import Usage

INPUT_CLASSES = (
    "input_tokens",
    "cache_read_input_tokens",
    "ephemeral_5m_input_tokens",
    "ephemeral_1h_input_tokens",
)
OUTPUT_CLASS = "output_tokens"
CLASSES = (*INPUT_CLASSES, OUTPUT_CLASS)

Rates = Mapping[str, Fraction]
"""Dollars for one token of each class."""


class PriceList:
    """Rates of one model on one day; what is asked for again is remembered."""

    def __init__(self, model: str, at: datetime | None = None) -> None:
        """Take the prices of the day ``at`` (default: today)."""
        moment = at or datetime.now(UTC)
        day = moment if moment.tzinfo is None else moment.astimezone(UTC)
        self.model = model
        self.at = datetime.combine(day.date(), time(12), UTC)
        """Noon of the day in UTC, as prices change at midnight."""
        self._ranges: list[tuple[int, int, Rates]] = []
        self._factors: dict[tuple[tuple[str, str], ...], Fraction] = {}

    def find_rates(self, prompt_tokens: int) -> Rates:
        """The rates in a prompt of a size; tiers have thresholds, so equal rates at two sizes hold between them."""
        for low, high, rates in self._ranges:
            if low <= prompt_tokens <= high:
                return rates
        found = self._look_up(max(prompt_tokens, 1))
        for number, (low, high, rates) in enumerate(self._ranges):
            if rates == found:
                self._ranges[number] = (min(low, prompt_tokens), max(high, prompt_tokens), rates)
                return rates
        self._ranges.append((prompt_tokens, prompt_tokens, found))
        return found

    def find_factor(self, usage: Usage) -> Fraction:
        """What the modifiers of a call multiply its rates by."""
        if usage.modifiers not in self._factors:
            plain = Usage(input_tokens=1_000)
            modified = price(replace(plain, modifiers=usage.modifiers), self.model, at=self.at)
            self._factors[usage.modifiers] = Fraction(modified) / Fraction(price(plain, self.model, at=self.at))
        return self._factors[usage.modifiers]

    def price_tokens(self, tokens: Tokens) -> Fraction:
        """Dollars for tokens, without modifiers."""
        rates = self.find_rates(tokens.total_input_tokens)
        return sum((getattr(tokens, name) * rates[name] for name in CLASSES), Fraction(0))

    def price_rest(self, usage: Usage) -> Fraction:
        """Dollars for searches, and for iterations beside the tokens."""
        if not usage.counters and not usage.iterations:
            return Fraction(0)
        bare = replace(usage, iterations=(), counters=())
        return Fraction(price(usage, self.model, at=self.at)) - Fraction(price(bare, self.model, at=self.at))

    def price(self, usage: Usage) -> Fraction:
        """Dollars of a call: what `harness.provider.pricing.price` says, as a fraction.

        Raises:
            UnknownPriceError: a part of the usage has no known price.
        """
        self.check(usage)
        return self.price_tokens(usage) * self.find_factor(usage) + self.price_rest(usage)

    def check(self, usage: Usage) -> None:
        """Check that every part of a usage has a price.

        Raises:
            UnknownPriceError: a part of it has none.
        """
        if reasons := find_unpriced(usage, self.model, at=self.at):
            raise UnknownPriceError(
                f"no price is known for {'; '.join(reasons)}", hint=f"look the price up: {PRICE_PAGE}", reasons=reasons
            )

    def _look_up(self, size: int) -> Rates:
        rates = {name: self._price_class(name, size) / size for name in INPUT_CLASSES}
        with_one = price(Usage(input_tokens=size, output_tokens=1), self.model, at=self.at)
        return {**rates, OUTPUT_CLASS: Fraction(with_one) - self._price_class("input_tokens", size)}

    def _price_class(self, name: str, number: int) -> Fraction:
        tokens: dict[str, int] = {name: number}
        return Fraction(price(Usage(**tokens), self.model, at=self.at))  # type: ignore[arg-type]
