from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from harness.errors import UnknownPriceError
from harness.money.attribution import PARTS, Attribution, attribute, describe
from harness.provider.pricing import price
from harness.provider.usage import Usage
from tests.money.strategies import runs

DAY = datetime(2026, 11, 26, tzinfo=UTC)
SONNET, OPUS = "claude-sonnet-5-5", "claude-opus-5"
UNIT = Decimal("1e-12")

Run = tuple[list[Usage], str, datetime]

WRITE = Usage(input_tokens=2_000, ephemeral_5m_input_tokens=10_000, output_tokens=500)
READ = Usage(input_tokens=2_000, cache_read_input_tokens=10_000, output_tokens=500)


def compare(before: Sequence[Usage], after: Sequence[Usage], **other: Any) -> Attribution:
    one, two = {"model": SONNET, "at": DAY}, {"model": SONNET, "at": DAY, **other}
    return attribute(describe(before, **one), describe(after, **two), against="v1")


def nonzero(found: Attribution) -> dict[str, Decimal]:
    return {part: amount for part, amount in found.parts.items() if amount}


@settings(max_examples=150, deadline=None)
@given(runs(), runs())
def test_the_parts_add_up_to_the_difference_to_the_last_digit(one: Run, two: Run) -> None:
    before, after = (describe(usages, model, at=at) for usages, model, at in (one, two))
    costs = [sum((price(usage, model, at=at) for usage in usages), Decimal(0)) for usages, model, at in (one, two)]

    found = attribute(before, after, against="v1")

    assert found.total == costs[1] - costs[0]
    assert sum(found.parts.values()) == found.total
    assert set(PARTS) <= set(found.parts)


@settings(max_examples=60, deadline=None)
@given(runs(), runs())
def test_both_directions_give_the_same_parts_with_the_other_sign(one: Run, two: Run) -> None:
    before, after = (describe(usages, model, at=at) for usages, model, at in (one, two))
    there, back = attribute(before, after, against="v1"), attribute(after, before, against="v2")

    assert there.total == -back.total
    for part in PARTS:
        assert abs(there.parts[part] + back.parts[part]) <= UNIT


@settings(max_examples=30, deadline=None)
@given(runs())
def test_a_version_differs_in_nothing_from_itself(run: Run) -> None:
    profile = describe(run[0], run[1], at=run[2])

    assert nonzero(attribute(profile, profile, against="v1")) == {}


# A change of one factor is attributed to it alone, in dollars of Sonnet 5.5 (2 / 2.50 / 4 / 0.10 / 10 a million).
SINGLE: tuple[tuple[Sequence[Usage], Sequence[Usage], dict[str, Any], str, str], ...] = (
    # 12,000 tokens more in every class alike: twice the input, 10,000 * 0.10 + 2,000 * 2.
    (
        [READ],
        [replace(READ, input_tokens=4_000, cache_read_input_tokens=20_000)],
        {},
        "prompt size",
        "0.005",
    ),
    # 10,000 tokens written instead of read: 10,000 * (2.50 - 0.10).
    ([READ], [WRITE], {}, "cache behaviour", "0.024"),
    # Written for an hour instead of five minutes: 10,000 * (4 - 2.50).
    (
        [WRITE],
        [replace(WRITE, ephemeral_5m_input_tokens=0, ephemeral_1h_input_tokens=10_000)],
        {},
        "cache behaviour",
        "0.015",
    ),
    # 100 tokens more of output: 100 * 10.
    ([READ], [replace(READ, output_tokens=600)], {}, "output length", "0.001"),
    # 10,000 tokens read at 0.20 instead of 0.10.
    ([READ], [READ], {"at": datetime(2026, 10, 6, tzinfo=UTC)}, "price", "0.001"),
    # Half of 2,000 * 2 + 10,000 * 0.10 + 500 * 10 = 10,000 is saved in a batch.
    ([READ], [replace(READ, modifiers=(("service_tier", "batch"),))], {}, "price", "-0.005"),
    # Opus 5: 2,000 * 5 + 10,000 * 0.50 + 500 * 25 = 27,500, less the 10,000 of Sonnet 5.5.
    ([READ], [READ], {"model": OPUS}, "model", "0.0175"),
    ([READ], [READ, READ], {}, "number of calls", "0.01"),
    ([READ], [], {}, "number of calls", "-0.01"),
    (
        [READ],
        [replace(READ, counters=(("server_tool_use.web_search_requests", 2),))],
        {},
        "searches and iterations",
        "0.02",
    ),
)


@pytest.mark.parametrize(("before", "after", "other", "part", "dollars"), SINGLE)
def test_a_change_of_one_factor_is_its_part_alone(
    before: Sequence[Usage], after: Sequence[Usage], other: dict[str, Any], part: str, dollars: str
) -> None:
    assert nonzero(compare(before, after, **other)) == {part: Decimal(dollars)}


def test_a_longer_answer_of_a_dearer_model_is_shared_between_both() -> None:
    before, after = Usage(output_tokens=100), Usage(output_tokens=300)

    found = compare([before], [after], model=OPUS)

    # From 100 * 10 to 300 * 25. Length first: 2,000 then 4,500; model first: 1,500 then 5,000; the means of both.
    assert nonzero(found) == {"output length": Decimal("0.0035"), "model": Decimal("0.003")}


def test_a_prompt_that_crosses_a_price_threshold_is_a_matter_of_its_size() -> None:
    small, large = Usage(input_tokens=100_000), Usage(input_tokens=200_000)

    found = attribute(
        describe([small], "claude-haiku-5-5", at=DAY), describe([large], "claude-haiku-5-5", at=DAY), against="v1"
    )

    # From 100,000 * 0.10 to 200,000 * 0.50.
    assert nonzero(found) == {"prompt size": Decimal("0.09")}


def test_a_model_whose_price_depends_on_the_size_is_a_matter_of_the_model() -> None:
    usage = Usage(input_tokens=150_000, output_tokens=10)
    before, after = (describe([usage], model, at=DAY) for model in (OPUS, "claude-haiku-5-5"))

    assert set(nonzero(attribute(before, after, against="v1"))) == {"model"}


def test_parts_that_have_no_end_are_rounded_so_that_they_still_add_up() -> None:
    before = [Usage(input_tokens=1_000, output_tokens=100)] * 3
    after = [Usage(input_tokens=1_001, output_tokens=101), *before[:1], Usage(cache_read_input_tokens=1_501)]

    found = compare(before, after, model=OPUS)

    assert sum(found.parts.values()) == found.total
    assert all(amount == amount.quantize(UNIT) for amount in found.parts.values())


def test_a_call_without_a_price_has_no_attribution() -> None:
    with pytest.raises(UnknownPriceError):
        describe([replace(READ, unknown=("new_tokens",))], SONNET, at=DAY)


def test_an_attribution_is_written_in_plain_decimals() -> None:
    found = compare([READ], [replace(READ, output_tokens=501)])

    assert found.to_json() == {
        "against": "v1",
        "total_usd": "0.00001",
        "parts": [
            {"part": "prompt size", "usd": "0"},
            {"part": "cache behaviour", "usd": "0"},
            {"part": "output length", "usd": "0.00001"},
            {"part": "price", "usd": "0"},
            {"part": "model", "usd": "0"},
        ],
    }
