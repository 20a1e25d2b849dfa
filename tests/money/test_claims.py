import math
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from harness.money.arrivals import Poisson
from harness.money.claims import FIRST, LATER, OVERALL, Shape, Span, outputs_within, percent
from harness.provider.limits import TTL_SECONDS
from harness.settings import DEFAULT_MODEL

DAY = datetime(2026, 11, 26, tzinfo=UTC)
SHORT = Shape(model="claude-3-7-sonnet-20250219", cached=15_000, uncached=2_000, output=0, at=DAY)
LONG = replace(SHORT, uncached=5_000)
LIMIT = 128_000


def test_the_shares_without_an_answer_by_hand() -> None:
    # 17,000 * 3 = 51,000 against 15,000 * 3.75 + 2,000 * 3 = 62,250 and 15,000 * 0.30 + 6,000 = 10,500.
    assert (SHORT.first_loss, SHORT.later_gain) == (Fraction(11_250, 51_000), Fraction(40_500, 51_000))
    # 60,000 against 71,250 and 19,500.
    assert (LONG.first_loss, LONG.later_gain) == (Fraction(11_250, 60_000), Fraction(40_500, 60_000))
    # Two calls: 62,250 + 10,500 = 72,750 against 102,000.
    assert SHORT.gain_of(2) == Fraction(29_250, 102_000)


def test_the_shares_with_an_answer_by_hand() -> None:
    # 1,000 * 15 = 15,000 more, with and without the prompt cache.
    shape = replace(SHORT, output=1_000)
    assert (shape.first_loss, shape.later_gain) == (Fraction(11_250, 66_000), Fraction(40_500, 66_000))


@pytest.mark.parametrize(
    ("shape", "answers"),
    # 5.5 % is 11,250 of 204,545: (204,545 - 51,000) / 15 = 10,236.4. 4.5 %: (250,000 - 51,000) / 15 = 13,266.7.
    [(SHORT, (10_237, 13_266)), (LONG, (9_637, 12_666))],
)
def test_the_first_request_is_5_percent_dearer_with_long_answers(shape: Shape, answers: tuple[int, int]) -> None:
    assert outputs_within(FIRST, lambda output: replace(shape, output=output).first_loss, limit=LIMIT) == answers


@pytest.mark.parametrize(
    ("shape", "answers"),
    # 60 % is 40,500 of 67,500: (67,500 - 51,000) / 15 = 1,100, and (67,500 - 60,000) / 15 = 500.
    [(SHORT, (0, 1_100)), (LONG, (0, 500))],
)
def test_later_requests_are_60_to_80_percent_cheaper_with_short_answers(shape: Shape, answers: tuple[int, int]) -> None:
    assert outputs_within(LATER, lambda output: replace(shape, output=output).later_gain, limit=LIMIT) == answers


@pytest.mark.parametrize(
    "shape", [SHORT, LONG, replace(SHORT, model=DEFAULT_MODEL), replace(LONG, model=DEFAULT_MODEL)]
)
def test_what_the_page_says_in_words(shape: Shape) -> None:
    first = outputs_within(FIRST, lambda output: replace(shape, output=output).first_loss, limit=LIMIT)
    later = outputs_within(LATER, lambda output: replace(shape, output=output).later_gain, limit=LIMIT)

    assert round(100 * shape.first_loss) in (19, 22)
    # The first two promises never hold for the same requests.
    assert first is not None
    assert later is not None
    assert later[1] < first[0]
    # The answer must cost several times as much as the prompt for 5 %.
    assert replace(shape, output=first[0]).without > 3 * shape.without
    # With more calls the savings exceed 50 % with short answers, and stay below 30 % with long ones.
    assert shape.gain_of(100) > Fraction(1, 2)
    assert replace(shape, output=first[0]).gain_of(10_000) < Fraction(3, 10)


def test_only_reads_of_the_default_model_have_another_proportion() -> None:
    today = replace(SHORT, model=DEFAULT_MODEL)

    assert today.first_loss == SHORT.first_loss
    assert today.later_gain > SHORT.later_gain


@pytest.mark.parametrize("output", [0, 500, 1_000, 2_000, 5_000, 11_000])
@pytest.mark.parametrize("shape", [SHORT, LONG])
def test_the_numbers_of_calls_are_those_that_counting_finds(shape: Shape, output: int) -> None:
    shape = replace(shape, output=output)
    counted = [number for number in range(1, 300) if OVERALL.holds(shape.gain_of(number))]
    found = shape.calls_within(OVERALL)

    if found is None:
        assert counted == []
    else:
        first, last = found
        assert counted == list(range(first, (last or 299) + 1))


def test_the_rates_give_the_promised_savings() -> None:
    shape = replace(SHORT, output=500)
    found = shape.rates_within(OVERALL)

    assert found is not None
    for rate, share in zip(found, (0.3, 0.5), strict=True):
        hits = Poisson().hit_ratio(rate, TTL_SECONDS["5m"])
        assert float(shape.overall_gain(Fraction(hits))) == pytest.approx(share)
    # 30 % of 81,000 is 24,300; (24,300 + 11,250) / (40,500 + 11,250) hits; -ln(1 - 0.68696) * 288 = 334.49.
    assert replace(SHORT, output=2_000).rates_within(OVERALL) == (pytest.approx(334.49, abs=0.01), math.inf)
    assert replace(SHORT, output=11_000).rates_within(OVERALL) is None


def test_no_length_has_a_share_that_none_reaches() -> None:
    assert outputs_within(Span(Fraction(90), Fraction(95)), lambda _: Fraction(1, 2), limit=10) is None
    assert outputs_within(Span(Fraction(10), Fraction(20)), lambda _: Fraction(1, 2), limit=10) is None
    assert outputs_within(Span(Fraction(10), Fraction(60)), lambda _: Fraction(1, 2), limit=10) == (0, 10)


def test_a_share_is_written_in_percent() -> None:
    assert [percent(Fraction(share)) for share in ("0.5", "0.2206", "-0.05")] == ["50.0 %", "22.1 %", "-5.0 %"]
