"""What whole usages cost, computed by hand from the price page; each row's arithmetic stands above it, in dollars.

Prices per million tokens, as input / 5m write / 1h write / read / output (pricing page, checked 2026-11-26):

    Sonnet 5.5   2 / 2.50 / 4 / 0.10 / 10        Haiku 5.5 to 100k  0.10 / 0.125 / 0.20 / 0.01 / 0.50
    Opus 5.5     4 / 5 / 8 / 0.20 / 20           Haiku 5.5 above    0.50 / 0.625 / 1.00 / 0.05 / 2.50
    Opus 5, 4.6  5 / 6.25 / 10 / 0.50 / 25       Haiku 4.5          1 / 1.25 / 2 / 0.10 / 5
    Fable 5.2    8 / 10 / 16 / 0.20 / 40         Haiku 3            0.25 / 0.30 / 0.50 / 0.03 / 1.25
    Sonnet 4.5   3 / 3.75 / 6 / 0.30 / 15, above 200k tokens 6 / 7.50 / 12 / 0.60 / 22.50
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage
from harness.provider.usage_keys import ITERATIONS, KEYS, OBJECTS

TODAY = date(2026, 11, 26)


def split(short: int, long: int) -> dict[str, Any]:
    return {
        "cache_creation_input_tokens": short + long,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
    }


def sampling(kind: str, **keys: Any) -> dict[str, Any]:
    return {"type": kind, "input_tokens": 0, "output_tokens": 0, **keys}


# Model, day, usage; then dollars with the prompt cache, and without it.
CASES: tuple[tuple[str, date, dict[str, Any], str, str], ...] = (
    # 2,000 * 2 = 4,000; 500 * 10 = 5,000; 9,000 / 1,000,000.
    ("claude-sonnet-5-5", TODAY, {"input_tokens": 2_000, "output_tokens": 500}, "0.009", "0.009"),
    # 2,000 * 2 = 4,000; 15,000 * 2.50 = 37,500; 500 * 10 = 5,000: 46,500. Without: 17,000 * 2 = 34,000 + 5,000.
    ("claude-sonnet-5-5", TODAY, {"input_tokens": 2_000, **split(15_000, 0), "output_tokens": 500}, "0.0465", "0.039"),
    # 4,000; 15,000 * 4 = 60,000; 5,000: 69,000. Without as before.
    ("claude-sonnet-5-5", TODAY, {"input_tokens": 2_000, **split(0, 15_000), "output_tokens": 500}, "0.069", "0.039"),
    # 4,000; 15,000 * 0.10 = 1,500; 5,000: 10,500.
    (
        "claude-sonnet-5-5",
        TODAY,
        {"input_tokens": 2_000, "cache_read_input_tokens": 15_000, "output_tokens": 500},
        "0.0105",
        "0.039",
    ),
    # The same before 7 October 2026: 4,000; 15,000 * 0.20 = 3,000; 5,000: 12,000.
    (
        "claude-sonnet-5-5",
        date(2026, 10, 6),
        {"input_tokens": 2_000, "cache_read_input_tokens": 15_000, "output_tokens": 500},
        "0.012",
        "0.039",
    ),
    # 1,000 * 4 = 4,000; 2,000 * 5 = 10,000; 3,000 * 8 = 24,000; 4,000 * 0.20 = 800; 500 * 20 = 10,000: 48,800.
    # Without: 10,000 * 4 = 40,000 + 10,000.
    (
        "claude-opus-5-5",
        TODAY,
        {"input_tokens": 1_000, **split(2_000, 3_000), "cache_read_input_tokens": 4_000, "output_tokens": 500},
        "0.0488",
        "0.05",
    ),
    # A write that is not split by TTL is one for five minutes: 1,000 * 6.25 = 6,250; 10 * 25 = 250: 6,500. 5,250.
    (
        "claude-opus-5",
        TODAY,
        {"input_tokens": 0, "cache_creation_input_tokens": 1_000, "output_tokens": 10},
        "0.0065",
        "0.00525",
    ),
    # The multiplier of reads is 0.025: 100,000 * 0.20 = 20,000; 1,000 * 40 = 40,000. Without: 800,000 + 40,000.
    (
        "claude-fable-5-2",
        TODAY,
        {"input_tokens": 0, "cache_read_input_tokens": 100_000, "output_tokens": 1_000},
        "0.06",
        "0.84",
    ),
    # Haiku 3 has odd multipliers: 10,000 * 0.30 = 3,000; 20,000 * 0.03 = 600; 100 * 1.25 = 125: 3,725.
    # Without: 30,000 * 0.25 = 7,500 + 125.
    (
        "claude-3-haiku-20240307",
        TODAY,
        {"input_tokens": 0, **split(10_000, 0), "cache_read_input_tokens": 20_000, "output_tokens": 100},
        "0.003725",
        "0.007625",
    ),
    # 100,000 tokens in all, the last number at the low price: 10,000 * 0.10 = 1,000; 90,000 * 0.01 = 900;
    # 1,000 * 0.50 = 500: 2,400. Without: 100,000 * 0.10 = 10,000 + 500.
    (
        "claude-haiku-5-5",
        TODAY,
        {"input_tokens": 10_000, "cache_read_input_tokens": 90_000, "output_tokens": 1_000},
        "0.0024",
        "0.0105",
    ),
    # One token more, and all are at the high price: 10,001 * 0.50 = 5,000.5; 90,000 * 0.05 = 4,500;
    # 1,000 * 2.50 = 2,500: 12,000.5. Without: 100,001 * 0.50 = 50,000.5 + 2,500.
    (
        "claude-haiku-5-5",
        TODAY,
        {"input_tokens": 10_001, "cache_read_input_tokens": 90_000, "output_tokens": 1_000},
        "0.0120005",
        "0.0525005",
    ),
    # Writes count too: 60,000 * 0.625 = 37,500; 50,000 * 1.00 = 50,000; 0 output: 87,500. Without: 110,000 * 0.50.
    ("claude-haiku-5-5", TODAY, {"input_tokens": 0, **split(60_000, 50_000), "output_tokens": 0}, "0.0875", "0.055"),
    # Above 200,000: 1,000 * 6 = 6,000; 250,000 * 0.60 = 150,000; 1,000 * 22.50 = 22,500: 178,500.
    # Without: 251,000 * 6 = 1,506,000 + 22,500.
    (
        "claude-sonnet-4-5",
        TODAY,
        {"input_tokens": 1_000, "cache_read_input_tokens": 250_000, "output_tokens": 1_000},
        "0.1785",
        "1.5285",
    ),
    # Opus 4.6 cost twice as much above 200,000 until 13 March 2026: 250,000 * 10 = 2,500,000; 1,000 * 37.50 = 37,500.
    ("claude-opus-4-6", date(2026, 3, 12), {"input_tokens": 250_000, "output_tokens": 1_000}, "2.5375", "2.5375"),
    # Since then: 250,000 * 5 = 1,250,000; 1,000 * 25 = 25,000.
    ("claude-opus-4-6", date(2026, 3, 13), {"input_tokens": 250_000, "output_tokens": 1_000}, "1.275", "1.275"),
    # Half in a batch: 2,000 * 2 + 15,000 * 0.10 + 500 * 10 = 10,500 / 2. Without: 39,000 / 2.
    (
        "claude-sonnet-5-5",
        TODAY,
        {
            "input_tokens": 2_000,
            "cache_read_input_tokens": 15_000,
            "output_tokens": 500,
            "service_tier": "batch",
        },
        "0.00525",
        "0.0195",
    ),
    # Twice in fast mode: (1,000 * 4 + 10,000 * 5 + 10,000 * 0.20 + 100 * 20 = 58,000) * 2.
    # Without: (21,000 * 4 + 2,000 = 86,000) * 2.
    (
        "claude-opus-5-5",
        TODAY,
        {
            "input_tokens": 1_000,
            **split(10_000, 0),
            "cache_read_input_tokens": 10_000,
            "output_tokens": 100,
            "speed": "fast",
        },
        "0.116",
        "0.172",
    ),
    # 1.1 times in the US: (1,000 * 5 + 10,000 * 0.50 + 100 * 25 = 12,500) * 1.1. Without: (55,000 + 2,500) * 1.1.
    (
        "claude-opus-5",
        TODAY,
        {"input_tokens": 1_000, "cache_read_input_tokens": 10_000, "output_tokens": 100, "inference_geo": "us"},
        "0.01375",
        "0.06325",
    ),
    # Factors multiply: 12,500 * 1.1 * 0.5 = 6,875. Without: 57,500 * 0.55 = 31,625.
    (
        "claude-opus-5",
        TODAY,
        {
            "input_tokens": 1_000,
            "cache_read_input_tokens": 10_000,
            "output_tokens": 100,
            "inference_geo": "us",
            "service_tier": "batch",
        },
        "0.006875",
        "0.031625",
    ),
    # Standard values change nothing: 1,000 * 5 + 100 * 25.
    (
        "claude-opus-5",
        TODAY,
        {
            "input_tokens": 1_000,
            "output_tokens": 100,
            "inference_geo": "global",
            "service_tier": "standard",
            "speed": "standard",
        },
        "0.0075",
        "0.0075",
    ),
    # 1,000 * 2 + 100 * 10 = 3,000, and 3 searches at 0.01 each, 5 fetches for nothing.
    (
        "claude-sonnet-5-5",
        TODAY,
        {
            "input_tokens": 1_000,
            "output_tokens": 100,
            "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 5},
        },
        "0.033",
        "0.033",
    ),
    # A search costs the same in a batch: 3,000 / 2, and 0.03.
    (
        "claude-sonnet-5-5",
        TODAY,
        {
            "input_tokens": 1_000,
            "output_tokens": 100,
            "server_tool_use": {"web_search_requests": 3},
            "service_tier": "batch",
        },
        "0.0315",
        "0.0315",
    ),
    # Thinking is part of the output: 100 * 2 + 1,000 * 10.
    (
        "claude-sonnet-5-5",
        TODAY,
        {"input_tokens": 100, "output_tokens": 1_000, "output_tokens_details": {"thinking_tokens": 900}},
        "0.0102",
        "0.0102",
    ),
    # A compaction stands beside the tokens: 500 * 2 + 50 * 10 = 1,500; 40,000 * 2.50 + 800 * 10 = 108,000.
    # Without: 1,500, and 40,000 * 2 + 8,000 = 88,000.
    (
        "claude-sonnet-5-5",
        TODAY,
        {
            "input_tokens": 500,
            "output_tokens": 50,
            "iterations": [
                sampling("compaction", cache_creation_input_tokens=40_000, output_tokens=800),
                sampling("message", input_tokens=500, output_tokens=50),
            ],
        },
        "0.1095",
        "0.0895",
    ),
    # An advisor at its own model's price: 500 * 1 + 50 * 5 = 750; 2,000 * 5 + 100 * 25 = 12,500.
    (
        "claude-haiku-4-5",
        TODAY,
        {
            "input_tokens": 500,
            "output_tokens": 50,
            "iterations": [
                sampling("message", input_tokens=500, output_tokens=50),
                sampling("advisor_message", model="claude-opus-5", input_tokens=2_000, output_tokens=100),
            ],
        },
        "0.01325",
        "0.01325",
    ),
    # A credit that was not applied changes nothing: 1,000 * 2 + 100 * 10.
    (
        "claude-sonnet-5-5",
        TODAY,
        {
            "input_tokens": 1_000,
            "output_tokens": 100,
            "fallback_credit": {"status": {"type": "not_applied", "reason": "not_enabled"}},
        },
        "0.003",
        "0.003",
    ),
    # A region of Bedrock: (1,000 * 1 + 10,000 * 0.10 + 100 * 5 = 2,500) * 1.1. Without: (11,000 + 500) * 1.1.
    (
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        TODAY,
        {"input_tokens": 1_000, "cache_read_input_tokens": 10_000, "output_tokens": 100},
        "0.00275",
        "0.01265",
    ),
)


@pytest.mark.parametrize(("model", "day", "usage", "with_cache", "without"), CASES)
def test_a_usage_costs_what_the_price_page_says(
    model: str, day: date, usage: dict[str, Any], with_cache: str, without: str
) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    read = Usage.from_api(usage)

    assert price(read, model, at=at) == Decimal(with_cache)
    assert price_without_cache(read, model, at=at) == Decimal(without)


def test_the_cases_hold_every_key_that_can_be_priced() -> None:
    usages = [usage for _, _, usage, _, _ in CASES]
    paths = {
        f"{key}.{inner}" if isinstance(value, dict) and key in OBJECTS else key
        for usage in usages
        for key, value in usage.items()
        for inner in (value if isinstance(value, dict) else [""])
    }
    kinds = {entry["type"] for usage in usages for entry in usage.get("iterations", ())}

    assert len(CASES) >= 20
    assert paths == {row.path for row in KEYS}
    assert kinds == set(ITERATIONS)
