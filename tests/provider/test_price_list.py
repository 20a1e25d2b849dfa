"""Prices against the list of ``genai-prices``, to the last digit, and what we know better."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage as Billed
from genai_prices import calc_price, data_snapshot
from genai_prices.types import StartDateConstraint, TieredPrices

from harness.provider.models import known_models
from harness.provider.prices import PRICE_ROWS, find_price_row
from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage

ANTHROPIC = next(one for one in data_snapshot.get_snapshot().providers if one.id == "anthropic")
LISTED = {model.id: model for model in ANTHROPIC.models}
MODELS = [model.id for model in known_models()]


def find_changes() -> set[date]:
    """Every day on which the list or one of our rows changes a price."""
    in_list = {
        entry.constraint.start_date
        for model in LISTED.values()
        if isinstance(model.prices, list)
        for entry in model.prices
        if isinstance(entry.constraint, StartDateConstraint)
    }
    return in_list | {day for row in PRICE_ROWS for day in (row.since, row.until)} - {date.min, date.max}


def find_thresholds() -> set[int]:
    """Every number of tokens above which the list has another price."""
    price_sets = [
        entry.prices if hasattr(entry, "prices") else entry
        for model in LISTED.values()
        for entry in (model.prices if isinstance(model.prices, list) else [model.prices])
    ]
    fields = [value for prices in price_sets for value in vars(prices).values()]
    return {tier.start for value in fields if isinstance(value, TieredPrices) for tier in value.tiers}


DAYS = sorted(
    {date(2025, 6, 1), date(2026, 11, 26)} | {day + timedelta(days=n) for day in find_changes() for n in (-1, 0)}
)
SIZES = sorted({1_037} | {size + n for size in find_thresholds() for n in (-1, 0, 1)})

NOT_LISTED = {"claude-mythos-5", "claude-mythos-5-1", "claude-mythos-preview"}


def make_usages(total: int) -> list[Usage]:
    """Usages of a prompt of so many tokens: all in one class, and spread over all."""
    read, short, long = total // 3, total // 5, total // 7
    return [
        Usage(input_tokens=total, output_tokens=977),
        Usage(cache_read_input_tokens=total, output_tokens=977),
        Usage(ephemeral_5m_input_tokens=total, output_tokens=977),
        Usage(ephemeral_1h_input_tokens=total, output_tokens=977),
        Usage(
            input_tokens=total - read - short - long,
            cache_read_input_tokens=read,
            ephemeral_5m_input_tokens=short,
            ephemeral_1h_input_tokens=long,
            output_tokens=31,
        ),
    ]


def price_by_list(usage: Usage, model: str, at: datetime) -> Decimal:
    billed = Billed(
        input_tokens=usage.total_input_tokens,
        cache_read_tokens=usage.cache_read_input_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
        cache_write_1h_tokens=usage.ephemeral_1h_input_tokens,
        output_tokens=usage.output_tokens,
    )
    return calc_price(billed, model_ref=model, provider_id="anthropic", genai_request_timestamp=at).total_price


def test_the_list_has_changes_and_thresholds_to_try() -> None:
    assert {date(2026, 3, 13), date(2026, 10, 7)} <= set(DAYS)
    assert {100_000, 200_000} <= set(SIZES)


@pytest.mark.parametrize("model", [name for name in MODELS if name not in NOT_LISTED])
def test_prices_are_those_of_the_list_to_the_last_digit(model: str) -> None:
    tried = 0
    for day in DAYS:
        if find_price_row(model, day) is not None:
            continue
        at = datetime(day.year, day.month, day.day, 15, 30, tzinfo=UTC)
        for usage in (one for size in SIZES for one in make_usages(size)):
            assert str(price(usage, model, at=at)) == str(price_by_list(usage, model, at)), (usage, day)
            plain = Usage(input_tokens=usage.total_input_tokens, output_tokens=usage.output_tokens)
            assert price_without_cache(usage, model, at=at) == price_by_list(plain, model, at)
            tried += 1
    assert tried >= len(SIZES) * 5 * 2


@pytest.mark.parametrize("model", sorted(NOT_LISTED))
def test_rows_are_needed_where_the_list_has_no_price(model: str) -> None:
    with pytest.raises(LookupError):
        calc_price(Billed(input_tokens=1), model_ref=model, provider_id="anthropic")


def test_each_row_has_a_source_and_a_time_of_its_own() -> None:
    for row in PRICE_ROWS:
        assert row.source
        assert row.model in MODELS
        assert row.since < row.until
    for one in PRICE_ROWS:
        for other in PRICE_ROWS:
            if one is not other and one.model == other.model:
                assert one.until <= other.since or other.until <= one.since


@pytest.mark.parametrize(
    ("at", "dollars"),
    [
        (datetime(2026, 10, 6, 23, 59, tzinfo=UTC), "0.2"),
        (datetime(2026, 10, 7, 0, 0, tzinfo=UTC), "0.1"),
        # The day is that of UTC, whatever the zone; a time without a zone is UTC.
        (datetime.fromisoformat("2026-10-07T01:00:00+02:00"), "0.2"),
        (datetime(2026, 10, 7), "0.1"),
    ],
)
def test_a_read_by_sonnet_5_5_costs_half_since_7_october_2026(at: datetime, dollars: str) -> None:
    assert price(Usage(cache_read_input_tokens=1_000_000), "claude-sonnet-5-5", at=at) == Decimal(dollars)


@pytest.mark.parametrize(
    ("model", "day", "dollars"),
    [
        ("claude-opus-4-6", date(2026, 3, 1), "30"),
        ("claude-opus-4-6", date(2026, 6, 26), "30"),
        ("claude-opus-4-7", date(2026, 7, 23), "30"),
        ("claude-opus-4-8", date(2026, 7, 23), "10"),
        ("claude-opus-5", date(2026, 11, 26), "10"),
        ("claude-opus-5-5", date(2026, 11, 26), "8"),
    ],
)
def test_fast_mode_costs_what_it_cost_on_the_day(model: str, day: date, dollars: str) -> None:
    usage = Usage.from_api({"input_tokens": 100_000, "output_tokens": 0, "speed": "fast"})
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert price(usage, model, at=at) * 10 == Decimal(dollars)
