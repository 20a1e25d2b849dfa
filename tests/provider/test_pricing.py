from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from harness.errors import UnknownPriceError
from harness.provider.models import known_models
from harness.provider.pricing import dollars, find_unpriced, price, price_without_cache
from harness.provider.usage import Usage

MILLION = 1_000_000
DAY = datetime(2026, 11, 23, tzinfo=UTC)
CLASSES = (
    "input_tokens",
    "ephemeral_5m_input_tokens",
    "ephemeral_1h_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
)

# Dollars per million tokens: input, written for 5m, written for 1h, read, output.
PRICES = {
    "claude-sonnet-5-5": ("2", "2.5", "4", "0.10", "10"),
    "claude-opus-5-5": ("4", "5", "8", "0.20", "20"),
    "claude-fable-5": ("10", "12.5", "20", "1", "50"),
    "claude-fable-5-1": ("10", "12.5", "20", "0.25", "50"),
    "claude-fable-5-2": ("8", "10", "16", "0.2", "40"),
    "claude-haiku-4-5-20251001": ("1", "1.25", "2", "0.10", "5"),
    "claude-3-7-sonnet-20250219": ("3", "3.75", "6", "0.30", "15"),
}


@pytest.mark.parametrize(
    ("model", "kind", "expected"),
    [(model, kind, figure) for model, row in PRICES.items() for kind, figure in zip(CLASSES, row, strict=True)],
)
def test_a_million_tokens_cost_what_the_price_list_says(model: str, kind: str, expected: str) -> None:
    assert price(Usage(**{kind: MILLION}), model, at=DAY) == Decimal(expected)


def test_the_classes_of_a_call_add_up_to_its_price() -> None:
    usage = Usage(
        input_tokens=1_000,
        ephemeral_5m_input_tokens=2_000,
        ephemeral_1h_input_tokens=3_000,
        cache_read_input_tokens=4_000,
        output_tokens=500,
    )
    assert price(usage, "claude-sonnet-5-5", at=DAY) == Decimal("0.002") + Decimal("0.005") + Decimal(
        "0.012"
    ) + Decimal("0.0004") + Decimal("0.005")


def test_without_cache_all_input_is_billed_as_plain_input() -> None:
    usage = Usage(
        input_tokens=1_000,
        ephemeral_5m_input_tokens=2_000,
        ephemeral_1h_input_tokens=3_000,
        cache_read_input_tokens=4_000,
        output_tokens=500,
    )
    assert price_without_cache(usage, "claude-sonnet-5-5", at=DAY) == Decimal("0.020") + Decimal("0.005")


def test_the_whole_prompt_decides_on_the_long_context_price_whatever_its_class() -> None:
    # Haiku 5.5 bills every token five times as high once a prompt exceeds 100,000 tokens.
    short = Usage(input_tokens=1_000, cache_read_input_tokens=99_000)
    long = Usage(input_tokens=1_000, cache_read_input_tokens=100_000)
    assert price(short, "claude-haiku-5-5", at=DAY) == Decimal("0.0001") + Decimal("0.00099")
    assert price(long, "claude-haiku-5-5", at=DAY) == Decimal("0.0005") + Decimal("0.005")


@pytest.mark.parametrize(
    ("spelling", "model", "factor"),
    [
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5", "1.1"),
        ("anthropic.claude-opus-5", "claude-opus-5", "1.1"),
        ("bedrock/eu.anthropic.claude-sonnet-4-6", "claude-sonnet-4-6", "1.1"),
        ("global.anthropic.claude-opus-5", "claude-opus-5", "1"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4-0", "1"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5", "1"),
        ("azure_ai/claude-opus-5", "claude-opus-5", "1"),
    ],
)
@pytest.mark.parametrize("kind", CLASSES)
def test_regions_of_bedrock_cost_more_from_4_5_on(spelling: str, model: str, factor: str, kind: str) -> None:
    usage = Usage(**{kind: 1_000_000})

    assert price(usage, spelling, at=DAY) == price(usage, model, at=DAY) * Decimal(factor)


@pytest.mark.parametrize("spelling", ["anthropic/claude-sonnet-5-5", "claude-sonnet-5.5", "claude-sonnet-5-5-20260915"])
def test_a_prefixed_or_dated_name_costs_what_the_model_costs(spelling: str) -> None:
    assert price(Usage(input_tokens=MILLION), spelling, at=DAY) == Decimal(2)


@pytest.mark.parametrize(
    ("mythos", "fable"),
    [
        ("claude-mythos-5-2", "claude-fable-5-2"),
        ("claude-mythos-5-1", "claude-fable-5-1"),
        ("claude-mythos-5", "claude-fable-5"),
        ("claude-mythos-preview", "claude-fable-5"),
    ],
)
@pytest.mark.parametrize("kind", CLASSES)
def test_mythos_costs_what_fable_costs(mythos: str, fable: str, kind: str) -> None:
    usage = Usage(**{kind: MILLION})
    assert price(usage, mythos, at=DAY) == price(usage, fable, at=DAY)


@pytest.mark.parametrize("model", [model.id for model in known_models()])
def test_every_known_model_has_a_price_and_a_read_is_cheaper_than_a_write(model: str) -> None:
    read, plain, written = (
        price(Usage(**{kind: 10_000}), model, at=DAY)
        for kind in ("cache_read_input_tokens", "input_tokens", "ephemeral_5m_input_tokens")
    )
    assert 0 < read < plain < written


# The model of a call, those of its iterations; then: what has no price.
MODELS: tuple[tuple[str, tuple[Any, ...], tuple[str, ...]], ...] = (
    ("claude-haiku-4-5", (None,), ()),
    ("claude-haiku-4-5", ("",), ()),
    ("claude-haiku-4-5", ("claude-haiku-4-5",), ()),
    ("claude-haiku-4-5", ("claude-haiku-4-5-20251001", None), ()),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", ("claude-haiku-4-5",), ()),
    ("my-deployment", ("my-deployment",), ()),
    ("claude-haiku-4-5", ("claude-opus-4-1",), ("tokens of claude-opus-4-1, in a call of claude-haiku-4-5",)),
    ("claude-haiku-4-5", ("claude-haiku-5-5",), ("tokens of claude-haiku-5-5, in a call of claude-haiku-4-5",)),
    ("claude-haiku-4-5", (None, "claude-opus-5"), ("tokens of claude-opus-5, in a call of claude-haiku-4-5",)),
    ("claude-opus-5", ("claude-opus-5", "claude-opus-4-8"), ("tokens of claude-opus-4-8, in a call of claude-opus-5",)),
    ("claude-haiku-4-5", ("my-deployment",), ("tokens of my-deployment, in a call of claude-haiku-4-5",)),
    ("my-deployment", ("claude-haiku-4-5",), ("tokens of claude-haiku-4-5, in a call of my-deployment",)),
)


@pytest.mark.parametrize(("model", "others", "reasons"), MODELS)
def test_tokens_of_another_model_than_the_call_s_have_no_price(
    model: str, others: tuple[Any, ...], reasons: tuple[str, ...]
) -> None:
    entries = [{"type": "message", "model": other, "input_tokens": 5, "output_tokens": 1} for other in others]
    tokens = {"input_tokens": 5 * len(others), "output_tokens": len(others)}

    assert find_unpriced(Usage.from_api({**tokens, "iterations": entries}), model) == reasons


@pytest.mark.parametrize("function", [price, price_without_cache])
@pytest.mark.parametrize("model", ["gpt-5", "claude-sonnet-9", ""])
def test_a_model_without_a_price_is_an_error_that_names_it(function: type, model: str) -> None:
    with pytest.raises(UnknownPriceError) as caught:
        function(Usage(input_tokens=1), model, at=DAY)
    assert (
        str(caught.value) == f"no price is known for model {model!r}\n  try: check the spelling, or update genai-prices"
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.0000"),
        ("0.0387", "$0.0387"),
        ("-1.25", "-$1.2500"),
        ("1234567.891", "$1,234,567.8910"),
        ("-0.00001", "$0.0000"),
    ],
)
def test_an_amount_is_written_to_a_hundredth_of_a_cent(amount: str, text: str) -> None:
    assert dollars(Decimal(amount)) == text


# 1,000 uncached, 2,000 written, 3,000 written for 1h, 4,000 read and 500 output tokens. In dollars, of Opus 5:
# 0.005 + 0.0125 + 0.03 + 0.002 + 0.0125 = 0.062.
WHOLE = {
    "input_tokens": 1_000,
    "cache_creation_input_tokens": 5_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 2_000, "ephemeral_1h_input_tokens": 3_000},
    "cache_read_input_tokens": 4_000,
    "output_tokens": 500,
}
COSTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("claude-opus-5", {}, "0.062"),
    ("claude-opus-5", {"speed": "fast"}, "0.124"),
    ("claude-opus-4-8", {"speed": "fast"}, "0.124"),
    ("claude-opus-5", {"inference_geo": "us"}, "0.0682"),
    ("claude-opus-4-6", {"inference_geo": "us"}, "0.0682"),
    ("claude-opus-5", {"service_tier": "batch"}, "0.031"),
    ("claude-opus-4-5-20251101", {"service_tier": "batch"}, "0.031"),
    ("claude-opus-5", {"inference_geo": "us", "service_tier": "batch"}, "0.0341"),
    ("claude-opus-5", {"inference_geo": "us", "speed": "fast"}, "0.1364"),
    ("claude-opus-5", {"server_tool_use": {"web_search_requests": 10}}, "0.162"),
    ("claude-opus-5", {"server_tool_use": {"web_fetch_requests": 10}}, "0.062"),
    # Rates are those of tokens: a search costs the same in a batch.
    ("claude-opus-5", {"server_tool_use": {"web_search_requests": 10}, "service_tier": "batch"}, "0.131"),
    ("claude-opus-5", {"output_tokens_details": {"thinking_tokens": 400}}, "0.062"),
)


@pytest.mark.parametrize(("model", "extra", "expected"), COSTS)
def test_all_that_a_usage_holds_is_priced(model: str, extra: dict[str, Any], expected: str) -> None:
    assert price(Usage.from_api({**WHOLE, **extra}), model, at=DAY) == Decimal(expected)


@pytest.mark.parametrize(
    ("top", "output", "expected"),
    [
        # As recorded from Sonnet 4.6; then the same kind with a longer summary.
        ({"input_tokens": 180, "output_tokens": 8}, 82, "0.20880"),
        ({"input_tokens": 229, "output_tokens": 10}, 500, "0.215247"),
    ],
)
def test_a_compaction_is_part_of_the_price(top: dict[str, int], output: int, expected: str) -> None:
    compaction = {
        "type": "compaction",
        "input_tokens": 100,
        "cache_creation_input_tokens": 55_096,
        "cache_read_input_tokens": 0,
        "output_tokens": output,
    }
    usage = Usage.from_api({**top, "iterations": [compaction, {"type": "message", **top}]})
    assert price(usage, "claude-sonnet-4-6", at=DAY) == Decimal(expected)


NOTHING = {"input_tokens": 0, "output_tokens": 0}


def test_an_advisor_is_billed_at_the_price_of_its_own_model() -> None:
    advice = {"type": "advisor_message", "model": "claude-opus-5", "input_tokens": MILLION, "output_tokens": 0}
    usage = Usage.from_api(
        {**NOTHING, "iterations": [advice, {"type": "message", "input_tokens": 0, "output_tokens": 0}]}
    )
    assert price(usage, "claude-haiku-4-5", at=DAY) == Decimal(5)


def test_without_cache_rates_searches_and_iterations_remain() -> None:
    compaction = {"type": "compaction", "cache_creation_input_tokens": MILLION, "output_tokens": 0}
    usage = Usage.from_api(
        {**NOTHING, "iterations": [compaction], "server_tool_use": {"web_search_requests": 1}, "service_tier": "batch"}
    )
    assert price_without_cache(usage, "claude-opus-5", at=DAY) == Decimal("2.51")


NOT_PRICED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("claude-opus-5", {"service_tier": "priority"}, "service_tier 'priority'"),
    ("claude-opus-5", {"speed": "turbo"}, "speed 'turbo'"),
    ("claude-opus-5", {"inference_geo": "eu"}, "inference_geo 'eu'"),
    ("claude-sonnet-5", {"speed": "fast"}, "speed 'fast' of claude-sonnet-5"),
    ("claude-fable-5-2", {"speed": "fast"}, "speed 'fast' of claude-fable-5-2"),
    ("claude-opus-5", {"speed": "fast", "service_tier": "batch"}, "service_tier 'batch' with speed 'fast'"),
    ("claude-opus-4-6", {"speed": "fast"}, "speed 'fast' of claude-opus-4-6"),
    ("claude-haiku-4-5", {"inference_geo": "us"}, "inference_geo 'us' of claude-haiku-4-5"),
    ("claude-opus-5", {"server_tool_use": {"new_requests": 1}}, "server_tool_use.new_requests"),
    ("claude-opus-5", {"fallback_credit": {"status": {"type": "redeemed"}}}, "fallback_credit"),
    ("claude-opus-5", {"fallback_credit": {"status": {"type": ["?"]}}}, "fallback_credit"),
    ("claude-opus-5", {"fallback_credit": {"status": "not_applied"}}, "fallback_credit"),
    ("claude-opus-5", {"fallback_credit": True}, "fallback_credit"),
    (
        "claude-opus-5",
        {"input_tokens": -1},
        "a usage that contradicts itself (usage.input_tokens is -1, expected a number of tokens)",
    ),
    (
        "claude-opus-5",
        {"iterations": [{"type": "message"}]},
        "iterations, which do not add up to the usage",
    ),
    ("claude-opus-5", {"output_tokens": None}, "usage without output_tokens"),
)


@pytest.mark.parametrize("function", [price, price_without_cache])
@pytest.mark.parametrize(("model", "extra", "reason"), NOT_PRICED)
def test_a_part_without_a_price_is_an_error_that_names_it(
    function: type, model: str, extra: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnknownPriceError) as caught:
        function(Usage.from_api({**WHOLE, **extra}), model, at=DAY)
    assert caught.value.reasons == (reason,)
    assert str(caught.value) == (
        f"no price is known for {reason}\n  try: look the price up: https://platform.claude.com/docs/en/about-claude/pricing"
    )
