"""Prices of usage in dollars, from the offline price list of ``genai-prices``."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from harness.errors import UnknownModelError
from harness.provider.models import find_model
from harness.provider.usage import Usage


def price(usage: Usage, model: str, *, at: datetime | None = None) -> Decimal:
    """Price one call in dollars, as of the day ``at`` (default: now).

    Raises:
        UnknownModelError: the price list has no row for the model.
    """
    moment = at or datetime.now(UTC)
    return _price(usage, model, moment.date() if at is None else moment)


@lru_cache(maxsize=4096)
def _price(usage: Usage, model: str, at: date) -> Decimal:
    """Price a usage; remembered, because a run prices the same ones again and again, at 0.1 ms each."""
    # The import takes a third of a second, which a run without prices should not pay.
    from genai_prices import Usage as Billed
    from genai_prices import calc_price

    billed = Billed(
        input_tokens=usage.total_input_tokens,
        cache_read_tokens=usage.cache_read_input_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
        cache_write_1h_tokens=usage.ephemeral_1h_input_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        result = calc_price(
            billed,
            model_ref=find_model(model).priced_as,
            provider_id="anthropic",
            genai_request_timestamp=at if isinstance(at, datetime) else datetime.combine(at, time(12), UTC),
        )
    except LookupError:
        raise UnknownModelError(
            f"no price is known for model {model!r}", hint="check the spelling, or update genai-prices"
        ) from None
    return result.total_price


def price_without_cache(usage: Usage, model: str, *, at: datetime | None = None) -> Decimal:
    """Price the same tokens as if nothing had been read from or written to the prompt cache.

    Raises:
        UnknownModelError: the price list has no row for the model.
    """
    plain = Usage(input_tokens=usage.total_input_tokens, output_tokens=usage.output_tokens)
    return price(plain, model, at=at)


def dollars(amount: Decimal) -> str:
    """Write an amount to a hundredth of a cent: ``$0.0387``, ``-$1.2500``."""
    rounded = round(amount, 4)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,.4f}"
