from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UnknownPriceError
from harness.money.price_list import PriceList
from harness.provider.pricing import price
from harness.provider.usage import Usage
from tests.money.strategies import DAYS, MODELS, usages

DAY = datetime(2026, 11, 26, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(st.lists(usages(), max_size=12), st.sampled_from(MODELS), st.sampled_from(DAYS))
def test_calls_cost_what_each_costs_alone(calls: list[Usage], model: str, at: datetime) -> None:
    prices = PriceList(model, at)

    assert [prices.price(usage) for usage in calls] == [Fraction(price(usage, model, at=at)) for usage in calls]


@pytest.mark.parametrize("sizes", [(1, 250_000, 100_001, 100_000, 5), (100_001, 250_000, 100_000, 1, 50_000)])
def test_a_threshold_is_kept_in_whatever_order_sizes_come(sizes: tuple[int, ...]) -> None:
    prices = PriceList("claude-haiku-5-5", DAY)

    found = {size: prices.find_rates(size)["input_tokens"] * 1_000_000 for size in sizes}

    assert found == {size: Fraction("0.1") if size <= 100_000 else Fraction("0.5") for size in sizes}


def test_a_prompt_without_tokens_has_the_lowest_rates() -> None:
    assert PriceList("claude-haiku-5-5", DAY).find_rates(0)["output_tokens"] * 1_000_000 == Fraction("0.5")


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime.fromisoformat("2026-10-07T01:00:00+02:00"), 6),
        (datetime(2026, 10, 7), 7),
    ],
)
def test_the_day_is_that_of_utc(at: datetime, day: int) -> None:
    assert PriceList("claude-sonnet-5-5", at).at == datetime(2026, 10, day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("usage", "model", "reason"),
    [
        (Usage(unknown=("new_tokens",)), "claude-opus-5", "new_tokens"),
        (Usage(input_tokens=1), "gpt-5", "model 'gpt-5'"),
    ],
)
def test_what_has_no_price_is_an_error_as_for_one_call(usage: Usage, model: str, reason: str) -> None:
    with pytest.raises(UnknownPriceError) as caught:
        PriceList(model, DAY).price(usage)

    assert caught.value.reasons == (reason,)
