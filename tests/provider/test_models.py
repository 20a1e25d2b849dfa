from dataclasses import FrozenInstanceError
from datetime import date

import pytest

from harness.provider.limits import LOOKBACK_POSITIONS, MAX_BREAKPOINTS, TTL_SECONDS
from harness.provider.models import Model, find_model, known_models

ROWS = pytest.mark.parametrize("model", known_models(), ids=lambda model: model.id)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"),
        ("claude-3-7-sonnet", "claude-3-7-sonnet-20250219"),
        ("claude-opus-4-0", "claude-opus-4-20250514"),
        ("claude-sonnet-5-5-20260915", "claude-sonnet-5-5"),
        ("claude-sonnet-5-5-latest", "claude-sonnet-5-5"),
        ("claude-sonnet-5.5", "claude-sonnet-5-5"),
        ("anthropic/claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("openrouter/anthropic/claude-sonnet-4.5", "claude-sonnet-4-5-20250929"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"),
    ],
)
def test_a_model_is_found_by_id_alias_dated_and_prefixed_name(name: str, expected: str) -> None:
    assert find_model(name).id == expected


@ROWS
def test_a_row_has_a_source_a_date_and_a_documented_minimum(model: Model) -> None:
    assert model.source.startswith("platform.claude.com/docs/")
    assert isinstance(model.checked, date)
    assert model.min_cacheable_tokens in (512, 1024, 2048, 4096)


@pytest.mark.parametrize(
    ("model", "minimum"),
    [
        ("claude-sonnet-5-5", 512),
        ("claude-sonnet-5", 1024),
        ("claude-opus-4-7", 2048),
        ("claude-opus-4-5", 4096),
        ("claude-3-7-sonnet-20250219", 1024),
        ("claude-3-5-haiku-latest", 2048),
        ("claude-haiku-4-5", 4096),
        ("claude-mythos-preview", 2048),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 4096),
        ("global.anthropic.claude-opus-4-7", 4096),
        ("anthropic.claude-mythos-preview", 4096),
        ("bedrock/eu.anthropic.claude-sonnet-4-6", 2048),
        ("anthropic.claude-opus-5", 512),
        ("claude-opus-4-7@default", 2048),
        ("azure_ai/claude-sonnet-4-6", 1024),
    ],
)
def test_the_minimum_is_the_documented_one(model: str, minimum: int) -> None:
    assert find_model(model).min_cacheable_tokens == minimum


def test_a_retired_model_has_its_date() -> None:
    assert find_model("claude-3-7-sonnet-20250219").retired_on == date(2026, 2, 19)


def test_the_limits_are_the_documented_ones() -> None:
    assert (TTL_SECONDS, MAX_BREAKPOINTS, LOOKBACK_POSITIONS) == ({"5m": 300, "1h": 3600}, 4, 20)


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        find_model("claude-sonnet-5-5").min_cacheable_tokens = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude-opus-4-8", True),
        ("claude-opus-5-5", True),
        ("claude-fable-5", True),
        ("claude-mythos-5-1", True),
        ("claude-opus-4-7", False),
        ("claude-sonnet-4-6", False),
        ("claude-haiku-4-5", False),
        ("claude-mythos-preview", False),
    ],
)
def test_models_from_opus_4_8_on_accept_system_messages(name: str, expected: bool) -> None:
    assert find_model(name).has_system_messages is expected
