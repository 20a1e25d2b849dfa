"""Prices of usage in dollars: tokens by the offline list of ``genai-prices``, all else by the rows of `usage_keys`."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from harness.errors import UnknownModelError, UnknownPriceError
from harness.provider.models import Model, find_model
from harness.provider.tokens import Iteration, Tokens
from harness.provider.usage import Usage
from harness.provider.usage_keys import BY_PATH, find_rate

PRICE_PAGE = "https://platform.claude.com/docs/en/about-claude/pricing"

_REGIONAL = Decimal("1.1")
"""Factor of regional and geographic endpoints of Bedrock, on all tokens. Source: `PRICE_PAGE` (checked 2026-11-25)."""
_BEFORE_REGIONAL_PRICES = ("3", "4")
"""Generations with one price everywhere."""


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
    plain = replace(_without_cache(usage), iterations=tuple(map(_without_cache, usage.iterations)))
    return price(plain, model, at=at)


def find_unpriced(usage: Usage, model: str) -> tuple[str, ...]:
    """Name what a usage holds besides tokens that has no known price for a model; its tokens may have none either."""
    faults = [f"a usage that contradicts itself ({fault})" for fault in usage.faults]
    others = [f"tokens of {other}, in a call of {model}" for other in usage.models if not _is_same(other, model)]
    models = [model, *(one.model for one in usage.iterations if one.model)]
    unrated = (why for name in models for why in _unrated(usage, name))
    return tuple(dict.fromkeys([*faults, *usage.unknown, *others, *unrated]))


def dollars(amount: Decimal) -> str:
    """Write an amount to a hundredth of a cent: ``$0.0387``, ``-$1.2500``."""
    rounded = round(amount, 4)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,.4f}"


@lru_cache(maxsize=4096)
def _price(usage: Usage, model: str, at: date) -> Decimal:
    """Price a usage; remembered, because a run prices the same ones again and again, at 0.1 ms each."""
    if reasons := find_unpriced(usage, model):
        raise UnknownPriceError(
            f"no price is known for {'; '.join(reasons)}", hint=f"look the price up: {PRICE_PAGE}", reasons=reasons
        )
    parts: list[tuple[Tokens, str]] = [(usage, model), *((one, one.model or model) for one in usage.iterations)]
    # One factor for all parts: the rates of a call also hold for its iterations.
    factor = _multiply(usage)
    tokens = sum((_price_tokens(part, name, at) for part, name in parts), Decimal(0))
    requests = sum((BY_PATH[path].price * number for path, number in usage.counters), Decimal(0))
    return tokens * factor + requests


def _price_tokens(tokens: Tokens, model: str, at: date) -> Decimal:
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
    try:
        row = find_model(model)
        result = calc_price(
            billed,
            model_ref=row.priced_as,
            provider_id="anthropic",
            genai_request_timestamp=at if isinstance(at, datetime) else datetime.combine(at, time(12), UTC),
        )
    except LookupError:
        raise UnknownPriceError(
            f"no price is known for model {model!r}",
            hint="check the spelling, or update genai-prices",
            reasons=(f"model {model!r}",),
        ) from None
    return result.total_price * (_REGIONAL if _is_regional(row) else 1)


def _is_regional(model: Model) -> bool:
    """Whether the spelling of a model names a region or a geography of Bedrock, which costs more from 4.5 on."""
    is_older = model.generation.name in _BEFORE_REGIONAL_PRICES
    return model.surface == "bedrock" and model.geo != "global" and not is_older


def _unrated(usage: Usage, model: str) -> list[str]:
    """Name the modifiers that set no known rate for a model."""
    if not usage.modifiers:
        return []
    name = _find_id(model)
    rates = [(key, value, find_rate(key, value)) for key, value in usage.modifiers]
    return [
        f"{key} {value!r} of {model}"
        for key, value, rate in rates
        if rate is None or (rate.models is not None and name not in rate.models)
    ]


def _is_same(one: str, two: str) -> bool:
    """Whether two names are those of one model."""
    return one == two or (_find_id(one) is not None and _find_id(one) == _find_id(two))


def _find_id(model: str) -> str | None:
    try:
        return find_model(model).id
    except UnknownModelError:
        return None


def _multiply(usage: Usage) -> Decimal:
    factor = Decimal(1)
    for key, value in usage.modifiers:
        rate = find_rate(key, value)
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
