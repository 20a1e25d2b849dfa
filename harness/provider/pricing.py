"""Prices of usage in dollars.

Tokens by the rows of `harness.provider.prices`, else by the offline list of ``genai-prices``; all else by `usage_keys`.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from harness.errors import UnknownModelError, UnknownPriceError
from harness.provider.models import find_model
from harness.provider.prices import PriceRow, find_price_row
from harness.provider.surfaces import find_premium
from harness.provider.tokens import Iteration, Tokens
from harness.provider.usage import Usage
from harness.provider.usage_keys import BY_PATH, EXCLUSIVE, find_rate

PRICE_PAGE = "https://platform.claude.com/docs/en/about-claude/pricing"


def price(usage: Usage, model: str, *, at: datetime | None = None) -> Decimal:
    """Price one call in dollars, as of the day ``at`` (default: now), with all that its usage holds.

    Raises:
        UnknownPriceError: the model or another part of the usage has no known price, or the usage contradicts itself.
    """
    moment = at or datetime.now(UTC)
    return _price(usage, model, moment.date() if at is None else moment)


def price_without_cache(usage: Usage, model: str, *, at: datetime | None = None) -> Decimal:
    """Price the same call as if nothing had been read from or written to the prompt cache.

    Raises:
        UnknownPriceError: the model or another part of the usage has no known price, or the usage contradicts itself.
    """
    return price(remove_cache(usage), model, at=at)


def remove_cache(usage: Usage) -> Usage:
    """The same usage with all input tokens uncached."""
    return replace(_without_cache(usage), iterations=tuple(map(_without_cache, usage.iterations)))


def find_unpriced(usage: Usage, model: str, *, at: datetime | None = None) -> tuple[str, ...]:
    """Name what a usage holds besides tokens that has no known price for a model; its tokens may have none either."""
    day = _day(at or datetime.now(UTC))
    faults = [f"a usage that contradicts itself ({fault})" for fault in usage.faults]
    others = [f"tokens of {other}, in a call of {model}" for other in usage.models if not _is_same(other, model)]
    models = [model, *(one.model for one in usage.iterations if one.model)]
    unrated = (why for name in models for why in _unrated(usage, name, day))
    return tuple(dict.fromkeys([*faults, *usage.unknown, *others, *_find_exclusive(usage), *unrated]))


def dollars(amount: Decimal) -> str:
    """Write an amount to a hundredth of a cent: ``$0.0387``, ``-$1.2500``."""
    rounded = round(amount, 4)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,.4f}"


@lru_cache(maxsize=4096)
def _price(usage: Usage, model: str, at: date) -> Decimal:
    """Price a usage; remembered, because a run prices the same ones again and again, at 0.1 ms each."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time(12), UTC)
    if reasons := find_unpriced(usage, model, at=moment):
        raise UnknownPriceError(
            f"no price is known for {'; '.join(reasons)}", hint=f"look the price up: {PRICE_PAGE}", reasons=reasons
        )
    parts: list[tuple[Tokens, str]] = [(usage, model), *((one, one.model or model) for one in usage.iterations)]
    # The modifiers of a call also hold for its iterations, each at the rate of its own model.
    tokens = (_price_tokens(part, name, moment) * _multiply(usage, name, _day(moment)) for part, name in parts)
    requests = (BY_PATH[path].price * number for path, number in usage.counters)
    return sum((*tokens, *requests), Decimal(0))


def _day(moment: datetime) -> date:
    """The day on which a price is looked up: that of UTC, as in ``genai-prices``."""
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()


def _price_tokens(tokens: Tokens, model: str, at: datetime) -> Decimal:
    try:
        row = find_model(model)
        own = find_price_row(row.id, _day(at))
        total = _price_by_list(tokens, row.id, at) if own is None else _price_by_row(tokens, own)
    except LookupError:
        raise UnknownPriceError(
            f"no price is known for model {model!r}",
            hint="check the spelling, or update genai-prices",
            reasons=(f"model {model!r}",),
        ) from None
    return total * find_premium(row)


def _price_by_list(tokens: Tokens, model: str, at: datetime) -> Decimal:
    # The import takes a third of a second, which a run without prices should not pay.
    from genai_prices import Usage as Billed
    from genai_prices import calc_price

    billed = Billed(
        input_tokens=tokens.total_input_tokens,
        cache_read_tokens=tokens.cache_read_input_tokens,
        cache_write_tokens=tokens.cache_creation_input_tokens,
        cache_write_1h_tokens=tokens.ephemeral_1h_input_tokens,
        output_tokens=tokens.output_tokens,
    )
    return calc_price(billed, model_ref=model, provider_id="anthropic", genai_request_timestamp=at).total_price


def _price_by_row(tokens: Tokens, row: PriceRow) -> Decimal:
    millions = (
        tokens.input_tokens * row.input
        + tokens.ephemeral_5m_input_tokens * row.write_5m
        + tokens.ephemeral_1h_input_tokens * row.write_1h
        + tokens.cache_read_input_tokens * row.read
        + tokens.output_tokens * row.output
    )
    return millions / 1_000_000


def _unrated(usage: Usage, model: str, day: date) -> list[str]:
    """Name the modifiers that set no known rate for a model."""
    name = _find_id(model) if usage.modifiers else None
    return [f"{key} {value!r} of {model}" for key, value in usage.modifiers if find_rate(key, value, name, day) is None]


def _find_exclusive(usage: Usage) -> list[str]:
    """Name the modifiers that no call can have together."""
    return [
        " with ".join(f"{key} {value!r}" for key, value in usage.modifiers if (key, value) in group)
        for group in EXCLUSIVE
        if group <= set(usage.modifiers)
    ]


def _is_same(one: str, two: str) -> bool:
    """Whether two names are those of one model."""
    return one == two or (_find_id(one) is not None and _find_id(one) == _find_id(two))


def _find_id(model: str) -> str | None:
    try:
        return find_model(model).id
    except UnknownModelError:
        return None


def _multiply(usage: Usage, model: str, day: date) -> Decimal:
    factor = Decimal(1)
    for key, value in usage.modifiers:
        rate = find_rate(key, value, _find_id(model), day)
        assert rate is not None
        factor *= rate.factor
    return factor


def _without_cache[Part: (Usage, Iteration)](part: Part) -> Part:
    return replace(
        part,
        input_tokens=part.total_input_tokens,
        cache_read_input_tokens=0,
        ephemeral_5m_input_tokens=0,
        ephemeral_1h_input_tokens=0,
    )
