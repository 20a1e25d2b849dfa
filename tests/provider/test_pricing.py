from datetime import UTC, datetime
from decimal import Decimal

import pytest

from harness.errors import UnknownModelError
from harness.provider.models import known_models
from harness.provider.pricing import dollars, price, price_without_cache
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


@pytest.mark.parametrize("function", [price, price_without_cache])
@pytest.mark.parametrize("model", ["gpt-5", "claude-sonnet-9", ""])
def test_a_model_without_a_price_is_an_error_that_names_it(function: type, model: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
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
