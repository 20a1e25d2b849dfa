from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from harness.money.calls import Billed
from harness.money.versions import Pair, VersionCosts, price_version
from harness.provider.usage import Usage
from harness.reports.report import CallRow

DAY = datetime(2026, 11, 26, tzinfo=UTC)
MODEL = "claude-sonnet-5-5"

WRITE = Billed.of(Usage(input_tokens=2_000, ephemeral_5m_input_tokens=15_000, output_tokens=500), MODEL, at=DAY)
READ = Billed.of(Usage(input_tokens=2_000, cache_read_input_tokens=15_000, output_tokens=500), MODEL, at=DAY)
PLAIN = Billed.of(Usage(input_tokens=17_000, output_tokens=500), MODEL, at=DAY)
UNKNOWN = Billed.of(Usage(input_tokens=1, unknown=("new_tokens",)), MODEL, at=DAY)


def test_a_version_costs_the_sum_of_its_calls() -> None:
    costs = price_version([WRITE, READ, READ])

    # 0.0465 and twice 0.0105; without the prompt cache, three times 0.039.
    assert (costs.cost, costs.cost_without_cache) == (Decimal("0.0675"), Decimal("0.117"))
    assert costs.savings == Decimal("0.0495")
    assert costs.savings_percent == Fraction(550, 13)
    assert costs.break_even_calls == 2


def test_the_figures_by_call_are_written_for_the_report() -> None:
    assert price_version([WRITE, READ]).to_json() == {
        "first_call_usd": "0.0465",
        "later_call_usd": "0.0105",
        "per_call_without_cache_usd": "0.039",
        "break_even_calls": 2,
        "cost_by_calls": [
            {"calls": 1, "cost_usd": "0.0465", "cost_without_cache_usd": "0.039"},
            {"calls": 2, "cost_usd": "0.057", "cost_without_cache_usd": "0.078"},
            {"calls": 10, "cost_usd": "0.141", "cost_without_cache_usd": "0.39"},
            {"calls": 100, "cost_usd": "1.086", "cost_without_cache_usd": "3.9"},
            {"calls": 1000, "cost_usd": "10.536", "cost_without_cache_usd": "39"},
        ],
    }


def test_the_order_of_the_calls_does_not_matter() -> None:
    assert price_version([READ, WRITE, READ]) == price_version([WRITE, READ, READ])


def test_the_rows_of_a_report_are_calls_too() -> None:
    rows = [
        CallRow(
            suite="support",
            version="v1",
            model=MODEL,
            origin="emulator",
            usage=call.usage,
            cost=call.cost,
            cost_without_cache=call.cost_without_cache,
        )
        for call in (WRITE, READ)
    ]

    assert price_version(rows) == price_version([WRITE, READ])


def test_a_later_call_may_write_too() -> None:
    both = Usage(cache_read_input_tokens=15_000, ephemeral_5m_input_tokens=1_000, output_tokens=500)
    costs = price_version([WRITE, Billed.of(both, MODEL, at=DAY)])

    assert costs.later == Pair(Fraction("0.009"), Fraction("0.037"))


def test_a_first_call_may_read_what_another_case_wrote() -> None:
    both = Usage(cache_read_input_tokens=1_000, ephemeral_5m_input_tokens=15_000, output_tokens=500)
    costs = price_version([Billed.of(both, MODEL, at=DAY), READ])

    # 1,000 * 0.10 + 15,000 * 2.50 + 5,000 against 16,000 * 2 + 5,000.
    assert costs.first == Pair(Fraction("0.0426"), Fraction("0.037"))
    assert costs.later == Pair(Fraction("0.0105"), Fraction("0.039"))


def test_a_version_that_never_caches_costs_the_same_by_any_number_of_calls() -> None:
    costs = price_version([PLAIN, PLAIN])

    assert (costs.first, costs.later, costs.break_even_calls) == (None, None, None)
    assert costs.savings == 0
    assert [row["cost_usd"] for row in costs.to_json()["cost_by_calls"]] == ["0.039", "0.078", "0.39", "3.9", "39"]


def test_without_a_later_call_only_the_first_is_known() -> None:
    costs = price_version([WRITE])

    assert costs.break_even_calls is None
    assert [row["calls"] for row in costs.to_json()["cost_by_calls"]] == [1]


def test_without_a_first_call_no_number_of_calls_is_known() -> None:
    found = price_version([READ]).to_json()

    assert (found["first_call_usd"], found["later_call_usd"]) == (None, "0.0105")
    assert found["cost_by_calls"] == []


def test_a_call_without_a_price_leaves_no_sum_behind() -> None:
    costs = price_version([WRITE, READ, UNKNOWN])

    assert UNKNOWN.not_priced == ("new_tokens",)
    assert (costs.cost, costs.cost_without_cache, costs.savings, costs.savings_percent) == (None,) * 4
    assert costs.to_json() == {
        "first_call_usd": None,
        "later_call_usd": None,
        "per_call_without_cache_usd": None,
        "break_even_calls": None,
        "cost_by_calls": [],
    }


def test_no_calls_cost_nothing() -> None:
    costs = price_version([])

    assert (costs.calls, costs.cost, costs.savings, costs.savings_percent) == (0, 0, 0, None)
    assert costs.to_json()["cost_by_calls"] == []


def make(first: Pair, later: Pair) -> VersionCosts:
    return VersionCosts(
        calls=2,
        cost=Decimal(1),
        cost_without_cache=Decimal(1),
        per_call_without_cache=Fraction(1),
        first=first,
        later=later,
        is_cached=True,
    )


AMOUNTS = st.fractions(0, 100, max_denominator=1_000)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_break_even_is_the_first_number_of_calls_that_costs_no_more(
    first: Fraction, plain_first: Fraction, later: Fraction, plain_later: Fraction
) -> None:
    costs = make(Pair(first, plain_first), Pair(later, plain_later))
    calls = costs.break_even_calls

    def is_dearer(number: int) -> bool:
        row = costs.cost_of(number)
        assert row is not None
        return row.cost > row.without

    if calls is None:
        assert all(is_dearer(number) for number in (1, 2, 10, 10**9))
    else:
        assert not is_dearer(calls)
        assert calls == 1 or is_dearer(calls - 1)


def test_a_later_call_that_saves_nothing_never_pays_for_the_first() -> None:
    assert make(Pair(Fraction(2), Fraction(1)), Pair(Fraction(1), Fraction(1))).break_even_calls is None


def test_a_first_call_that_costs_no_more_pays_at_once() -> None:
    assert make(Pair(Fraction(1), Fraction(1)), Pair(Fraction(1), Fraction(1))).break_even_calls == 1
