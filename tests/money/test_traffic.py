import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UnknownPriceError
from harness.money.arrivals import Arrivals, Bursts, Even, Log, OfficeHours, Poisson
from harness.money.outcomes import Outcome, Outcomes, price_outcomes
from harness.money.traffic import CHOICES, Choice, Traffic, make_arrivals
from harness.provider.tokens import Iteration
from harness.provider.usage import Usage
from harness.suites.traffic import TrafficEntry

DAY = datetime(2026, 11, 26, tzinfo=UTC)
MODEL = "claude-sonnet-5-5"

WRITE = Usage(input_tokens=2_000, ephemeral_5m_input_tokens=15_000, output_tokens=500)
READ = Usage(input_tokens=2_000, cache_read_input_tokens=15_000, output_tokens=500)
PLAIN = Usage(input_tokens=1_000, output_tokens=100)

# By hand, of Sonnet 5.5 (2 / 2.50 / 4 / 0.10 / 10 a million): 4,000 + 5,000 in every case, and for the prefix
# 30,000 uncached, 37,500 and 60,000 written, 1,500 read.
COSTS = Outcomes(
    none=Fraction("0.039"),
    short=Outcome(hit=Fraction("0.0105"), miss=Fraction("0.0465")),
    long=Outcome(hit=Fraction("0.0105"), miss=Fraction("0.069")),
)


def traffic(rate: str, arrivals: Arrivals | None = None, outcomes: Outcomes = COSTS) -> Traffic:
    return Traffic(arrivals=arrivals or Poisson(), calls_per_day=Decimal(rate), outcomes=outcomes)


@pytest.mark.parametrize("usages", [[WRITE, READ], [READ], [WRITE], [WRITE, READ, READ]])
def test_hits_and_misses_are_priced_whatever_was_seen(usages: list[Usage]) -> None:
    assert price_outcomes(usages, MODEL, at=DAY) == COSTS


def test_a_hit_that_also_writes_is_priced_as_it_was_billed() -> None:
    later = Usage(
        input_tokens=2_000, cache_read_input_tokens=10_000, ephemeral_5m_input_tokens=5_000, output_tokens=500
    )
    found = price_outcomes([WRITE, later], MODEL, at=DAY)

    # 9,000, and 1,000 read, and 12,500 or 20,000 written.
    assert found is not None
    assert (found.short.hit, found.long.hit) == (Fraction("0.0225"), Fraction("0.03"))
    assert (found.none, found.short.miss, found.long.miss) == (COSTS.none, COSTS.short.miss, COSTS.long.miss)


def test_calls_without_a_prefix_keep_their_share() -> None:
    found = price_outcomes([PLAIN, WRITE, PLAIN, READ], MODEL, at=DAY)

    assert found is not None
    assert found.none == (COSTS.none + Fraction("0.003")) / 2
    assert found.short.hit == (COSTS.short.hit + Fraction("0.003")) / 2


def test_a_version_that_never_caches_costs_the_same_in_each_case() -> None:
    found = price_outcomes([PLAIN], MODEL, at=DAY)
    same = Outcome(hit=Fraction("0.003"), miss=Fraction("0.003"))

    assert found == Outcomes(none=Fraction("0.003"), short=same, long=same)
    assert traffic("200", outcomes=found).to_json()["advice"] == (
        "No caching: $18.00 a month, the same as any other choice. It rests on 200 calls a day on one prefix "
        "(poisson): no caching is the cheapest at any rate. 5m never pays. 1h never pays."
    )


def test_a_compaction_stays_in_every_case() -> None:
    compaction = Iteration(type="compaction", input_tokens=1_000)
    found = price_outcomes([replace(READ, iterations=(compaction,))], MODEL, at=DAY)

    assert found is not None
    assert (found.none, found.short.hit) == (COSTS.none + Fraction("0.002"), COSTS.short.hit + Fraction("0.002"))


def test_no_calls_have_no_outcomes_and_unknown_prices_are_an_error() -> None:
    assert price_outcomes([], MODEL) is None
    with pytest.raises(UnknownPriceError):
        price_outcomes([replace(READ, unknown=("new_tokens",))], MODEL)


def test_a_month_costs_hits_and_misses_in_their_shares() -> None:
    # Every call hits for 1 hour, and none for 5 minutes; 30 days of 100 calls.
    found = traffic("100", Even())

    assert found.monthly("none") == 3_000 * COSTS.none == Fraction(117)
    assert found.monthly("5m") == 3_000 * COSTS.short.miss == Fraction("139.5")
    assert found.monthly("1h") == 3_000 * COSTS.long.hit == Fraction("31.5")
    assert found.per_thousand("1h") == Fraction("10.5")


def test_office_hours_have_five_days_of_seven() -> None:
    assert traffic("10", OfficeHours()).monthly("none") == 10 * Fraction(150, 7) * COSTS.none


def find_poisson_rate(outcome: Outcome, seconds: int) -> float:
    """Where hits pay for misses: 1 - exp(-rate * TTL) = (miss - none) / (miss - hit)."""
    share = (outcome.miss - COSTS.none) / (outcome.miss - outcome.hit)
    return -math.log(1 - share) / seconds * 86_400


def test_a_ttl_pays_from_the_rate_of_the_closed_form() -> None:
    found = traffic("100")

    # 67.28 = -ln(1 - 7.5 / 36) / 300 * 86400; 17.26 = -ln(1 - 30 / 58.5) / 3600 * 86400.
    assert found.pays_from("5m") == pytest.approx(find_poisson_rate(COSTS.short, 300), rel=1e-7)
    assert found.pays_from("1h") == pytest.approx(find_poisson_rate(COSTS.long, 3_600), rel=1e-7)
    assert found.pays_from("5m") == pytest.approx(67.28, abs=0.01)
    assert found.pays_from("1h") == pytest.approx(17.26, abs=0.01)


def test_even_calls_pay_once_their_distance_is_within_the_ttl() -> None:
    found = traffic("100", Even())

    assert (found.pays_from("5m"), found.pays_from("1h")) == (288, 24)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        # Hits that cost as much as no caching never pay; misses that cost less always do.
        (Outcome(hit=COSTS.none, miss=COSTS.long.miss), None),
        (Outcome(hit=COSTS.short.hit, miss=Fraction("0.01")), 0),
    ],
)
def test_a_ttl_may_pay_never_or_always(outcome: Outcome, expected: float | None) -> None:
    assert traffic("5", outcomes=replace(COSTS, short=outcome)).pays_from("5m") == expected


def test_bursts_pay_at_any_rate_for_their_own_calls() -> None:
    assert traffic("5", Bursts(20, 5)).pays_from("5m") == 0


@pytest.mark.parametrize(
    ("rate", "arrivals", "choice"),
    [
        ("2", Poisson(), "none"),
        ("50", Poisson(), "1h"),
        ("10", Even(), "none"),
        ("100", Even(), "1h"),
        # Both always hit, and 5 minutes are cheaper to write.
        ("500", Even(), "5m"),
        ("100000", Poisson(), "5m"),
        ("40", Bursts(20, 5), "5m"),
        # The other calls of a burst come too late for five minutes.
        ("40", Bursts(20, 400), "1h"),
        ("20", OfficeHours(), "1h"),
    ],
)
def test_the_cheapest_choice_for_a_traffic(rate: str, arrivals: Arrivals, choice: Choice) -> None:
    found = traffic(rate, arrivals)

    assert found.choose() == choice
    assert min(CHOICES, key=lambda one: round(float(found.monthly(one)), 6)) == choice


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([Poisson(), Even(), OfficeHours(), Bursts(5, 60), Log([0, 10, 500, 4_000, 90_000])]),
    st.floats(0.002, 1e8),
)
def test_the_advice_holds_between_its_borders_and_not_outside(arrivals: Arrivals, rate: float) -> None:
    found = traffic(str(Decimal(rate)), arrivals)
    advice = found.advise()

    assert advice.holds_from <= float(found.calls_per_day) <= advice.holds_to
    assert all(margin >= 0 or abs(margin) < found.monthly("none") / 10**5 for margin in advice.margins.values())
    for border, inwards in ((advice.holds_from, 1 + 1e-6), (advice.holds_to, 1 - 1e-6)):
        if 0 < border < math.inf:
            assert found.choose(border * inwards) == advice.choice
            assert found.choose(border / inwards) != advice.choice


def test_the_advice_says_margin_and_what_it_rests_on() -> None:
    # Misses are exp(-100 * 3600 / 86400) = 1.55 % for 1h, and exp(-100 * 300 / 86400) = 70.67 % for 5m.
    assert traffic("100").to_json()["advice"] == (
        "1h: $34.22 a month, $82.78 (71 %) less than no caching and $73.60 (68 %) less than 5m. It rests on 100 calls "
        "a day on one prefix (poisson): 1h is the cheapest from 17.3 to 4,334 calls a day. "
        "5m pays from 67.3 calls a day on. 1h pays from 17.3 calls a day on."
    )


def test_the_advice_for_bursts_says_that_5m_pays_at_any_rate() -> None:
    assert "5m pays at any rate." in traffic("5", Bursts(20, 5)).to_json()["advice"]


def test_the_report_has_a_point_for_each_rate() -> None:
    found = traffic("150", Even()).to_json()

    assert found["pattern"] == "even"
    assert found["calls_per_day"] == "150"
    assert [point["calls_per_day"] for point in found["points"]] == [
        "1", "2", "5", "10", "20", "50", "100", "150", "200", "500", "1000", "2000", "5000", "10000",
    ]  # fmt: skip
    assert found["points"][7] == {
        "calls_per_day": "150",
        "hit_ratio_5m": 0.0,
        "hit_ratio_1h": 1.0,
        "monthly_usd_none": "175.5",
        "monthly_usd_5m": "209.25",
        "monthly_usd_1h": "47.25",
    }
    assert found["pays_from_calls_per_day"] == {"5m": 288.0, "1h": 24.0}
    assert found["per_1000_calls_usd"] == {"none": "39", "5m": "46.5", "1h": "10.5"}


@pytest.mark.parametrize(
    ("keys", "arrivals", "rate"),
    [
        ({"calls_per_day": 9}, Poisson(), "9"),
        ({"calls_per_day": 9, "pattern": "even"}, Even(), "9"),
        ({"calls_per_day": 9, "pattern": "office hours"}, OfficeHours(9, 17), "9"),
        ({"calls_per_day": 9, "pattern": "office hours", "hours": [8, 12]}, OfficeHours(8, 12), "9"),
        ({"calls_per_day": 9, "pattern": "bursts", "burst": {"calls": 3, "seconds_apart": 2}}, Bursts(3, 2.0), "9"),
    ],
)
def test_a_pattern_is_made_from_what_the_suite_states(
    keys: dict[str, Any], arrivals: Arrivals, rate: str, tmp_path: Path
) -> None:
    entry = TrafficEntry.model_validate(keys)

    assert make_arrivals(entry, folder=tmp_path, named_at="suite.yaml:6") == (arrivals, Decimal(rate))


def test_a_log_is_read_from_the_folder_of_its_suite(tmp_path: Path) -> None:
    (tmp_path / "times.txt").write_text("0\n100\n43200\n")
    entry = TrafficEntry(pattern="log", log="times.txt")

    arrivals, rate = make_arrivals(entry, folder=tmp_path, named_at="suite.yaml:6")

    assert rate == 4
    assert traffic("4", arrivals).to_json()["pattern"] == "log"
    assert traffic("4", arrivals).hit_ratio("5m") == pytest.approx(1 / 3)


def test_a_log_of_very_few_calls_keeps_its_rate(tmp_path: Path) -> None:
    (tmp_path / "times.txt").write_text("2020-01-01T00:00:00Z\n2026-01-01T00:00:00Z\n")

    entry = TrafficEntry(pattern="log", log="times.txt")
    arrivals, rate = make_arrivals(entry, folder=tmp_path, named_at="suite.yaml:6")

    assert rate == Decimal("0.000456204")
    assert traffic(str(rate), arrivals).to_json()["calls_per_day"] == "0.000456"
