"""What a ``usage`` object can hold, and how each part is billed. All that has no row here is shown as unknown.

Prices of tokens come from `harness.provider.pricing`; these rows say what else is billed, and at which rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

KeyKind = Literal["tokens", "part", "counter", "modifier", "credit", "iterations"]
"""How a key is billed.

``tokens``: a number of tokens, in one of the classes of `Usage`. ``part``: tokens that another key includes.
``counter``: requests with a price of their own, which may be 0. ``modifier``: sets the rate of all tokens.
``credit``: has no effect unless it was redeemed, and then an unknown one. ``iterations``: the samplings of one call.
"""

_PRICES = "platform.claude.com/docs/en/about-claude/pricing"
_FAST = "platform.claude.com/docs/en/build-with-claude/fast-mode"
_CODE_FAST = "code.claude.com/docs/en/fast-mode"
_SDK = "anthropic SDK 2.12, types/usage.py"
_BETA = "anthropic SDK 2.12, types/beta/beta_usage.py"
_CHECKED = date(2026, 11, 26)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageKey:
    """One key of a ``usage`` object."""

    path: str
    """Its place in the object, with dots: ``server_tool_use.web_search_requests``."""
    kind: KeyKind
    price: Decimal = Decimal(0)
    """Dollars for one request of a ``counter``."""
    source: str = _SDK
    checked: date = _CHECKED


KEYS: tuple[UsageKey, ...] = (
    UsageKey(path="input_tokens", kind="tokens"),
    UsageKey(path="cache_read_input_tokens", kind="tokens"),
    UsageKey(path="cache_creation_input_tokens", kind="tokens"),
    UsageKey(path="cache_creation.ephemeral_5m_input_tokens", kind="tokens"),
    UsageKey(path="cache_creation.ephemeral_1h_input_tokens", kind="tokens"),
    UsageKey(path="output_tokens", kind="tokens"),
    UsageKey(path="output_tokens_details.thinking_tokens", kind="part"),
    UsageKey(
        path="server_tool_use.web_search_requests",
        kind="counter",
        price=Decimal("0.01"),
        source=f"{_PRICES}: $10 per 1,000 searches",
    ),
    UsageKey(
        path="server_tool_use.web_fetch_requests", kind="counter", source=f"{_PRICES}: web fetch is free of charge"
    ),
    UsageKey(path="service_tier", kind="modifier"),
    UsageKey(path="speed", kind="modifier"),
    UsageKey(path="inference_geo", kind="modifier"),
    UsageKey(
        path="fallback_credit",
        kind="credit",
        source="anthropic SDK 2.12, types/beta/beta_fallback_credit_usage.py: not_applied means that no price changed",
    ),
    UsageKey(path="iterations", kind="iterations", source=_BETA),
)
"""One row per key that can be priced."""

BY_PATH: Mapping[str, UsageKey] = {row.path: row for row in KEYS}

OBJECTS = frozenset(row.path.partition(".")[0] for row in KEYS if "." in row.path)
"""Keys whose value is an object with keys of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The rate that one value of a modifier sets. Rates multiply."""

    key: str
    value: str
    factor: Decimal
    """What the prices of all tokens are multiplied by."""
    models: frozenset[str] | None = None
    """The models with this rate; ``None`` for all."""
    since: date = date.min
    until: date = date.max
    """The first day without this rate."""
    source: str
    checked: date = _CHECKED

    def is_of(self, model: str | None, day: date) -> bool:
        """Whether it is the rate of a model, by its id, on a day."""
        return (self.models is None or model in self.models) and self.since <= day < self.until


_WITH_US_INFERENCE = frozenset({
    "claude-fable-5", "claude-fable-5-1", "claude-fable-5-2", "claude-haiku-5-5", "claude-mythos-5",
    "claude-mythos-5-1", "claude-mythos-5-2", "claude-mythos-preview", "claude-opus-4-6", "claude-opus-4-7",
    "claude-opus-4-8", "claude-opus-5", "claude-opus-5-5", "claude-sonnet-4-6", "claude-sonnet-5", "claude-sonnet-5-5",
})  # fmt: skip

RATES: tuple[Rate, ...] = (
    Rate(key="service_tier", value="standard", factor=Decimal(1), source=_PRICES),
    # No row for "priority": it is paid as committed capacity, not by the token.
    Rate(key="service_tier", value="batch", factor=Decimal("0.5"), source=f"{_PRICES}: half of all token prices"),
    Rate(key="inference_geo", value="global", factor=Decimal(1), source=_PRICES),
    Rate(key="inference_geo", value="not_available", factor=Decimal(1), source="recorded calls of older models"),
    Rate(
        key="inference_geo",
        value="us",
        factor=Decimal("1.1"),
        models=_WITH_US_INFERENCE,
        source=f"{_PRICES}: 1.1 times on all token prices, Opus 4.6 and later",
    ),
    Rate(key="speed", value="standard", factor=Decimal(1), source=_FAST),
    Rate(
        key="speed",
        value="fast",
        factor=Decimal(2),
        models=frozenset({"claude-opus-4-8", "claude-opus-5", "claude-opus-5-5"}),
        source=f"{_FAST}: $8 / $40 for Opus 5.5, $10 / $50 for 5 and 4.8; multipliers for reads and writes on top",
    ),
    # While it was offered: of 4.6 after the introductory discount, until 30 days after Opus 4.8 came.
    Rate(
        key="speed",
        value="fast",
        factor=Decimal(6),
        models=frozenset({"claude-opus-4-6"}),
        since=date(2026, 2, 17),
        until=date(2026, 6, 27),
        source=f"{_CODE_FAST}, text of June 2026: $30 / $150",
    ),
    Rate(
        key="speed",
        value="fast",
        factor=Decimal(6),
        models=frozenset({"claude-opus-4-7"}),
        until=date(2026, 7, 24),
        source=f"{_CODE_FAST}, text of June 2026: $30 / $150; removed on 2026-07-24",
    ),
)
"""Rows by value of a modifier, and by model and time. A value without a row for a model has no known price."""

EXCLUSIVE = (frozenset({("speed", "fast"), ("service_tier", "batch")}),)
"""Modifiers that no call can have together. Source: "fast mode is not available with the Batch API", `_FAST`."""


def find_rates(key: str, value: object) -> tuple[Rate, ...]:
    """Find the rows of a modifier's value: those of all models and times."""
    return tuple(row for row in RATES if (row.key, row.value) == (key, value))


def find_rate(key: str, value: str, model: str | None, day: date) -> Rate | None:
    """Find the row of a modifier's value for a model, by its id, on a day; ``None`` if there is none."""
    return next((row for row in find_rates(key, value) if row.is_of(model, day)), None)


ITERATIONS: Mapping[str, Literal["inside", "beside"]] = {
    "message": "inside",
    "compaction": "beside",
    "advisor_message": "beside",
}
"""Types of iterations: the tokens of those ``inside`` are in the usage around them, of those ``beside`` are not.

There is no row for ``fallback_message``: such a call is billed at the prices of two models, with a credit.
Source: anthropic SDK 2.12, ``types/beta/beta_usage.py``, and recorded calls (checked 2026-11-25).
"""
