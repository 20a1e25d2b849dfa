from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.provider.usage import Usage

TOKENS = st.integers(min_value=0, max_value=10**7)
USAGES = st.builds(
    Usage,
    input_tokens=TOKENS,
    cache_read_input_tokens=TOKENS,
    ephemeral_5m_input_tokens=TOKENS,
    ephemeral_1h_input_tokens=TOKENS,
    output_tokens=TOKENS,
)


@given(USAGES)
def test_usage_comes_back_from_its_api_form(usage: Usage) -> None:
    assert Usage.from_api({**usage.input_to_api(), "output_tokens": usage.output_tokens}) == usage


@given(USAGES, USAGES)
def test_totals_of_a_sum_are_sums_of_totals(one: Usage, two: Usage) -> None:
    both = one + two
    assert both.total_input_tokens == one.total_input_tokens + two.total_input_tokens
    assert both.prefix_tokens == one.prefix_tokens + two.prefix_tokens
    assert both.output_tokens == one.output_tokens + two.output_tokens


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ({}, Usage()),
        ({"input_tokens": 3, "cache_read_input_tokens": None, "cache_creation": None}, Usage(input_tokens=3)),
        ({"cache_creation_input_tokens": 7}, Usage(ephemeral_5m_input_tokens=7)),
        (
            {"cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_1h_input_tokens": 5}},
            Usage(ephemeral_5m_input_tokens=2, ephemeral_1h_input_tokens=5),
        ),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 5}}, Usage(ephemeral_1h_input_tokens=5)),
    ],
)
def test_fields_that_the_api_leaves_out_or_nulls_are_read(api: dict[str, Any], expected: Usage) -> None:
    assert Usage.from_api(api) == expected
