import logging
from decimal import Decimal

import pytest

from harness.client.metrics import CacheMetrics
from harness.provider.usage import Usage

MODEL = "claude-3-7-sonnet-20250219"
WRITE = Usage(input_tokens=100, ephemeral_5m_input_tokens=10_000, output_tokens=1_000)
READ = Usage(input_tokens=100, cache_read_input_tokens=10_000, output_tokens=1_000)

NONE = {"input_tokens": 0, "output_tokens": 0}

# usage, model, answered locally; dollars saved, the line logged
CALLS: tuple[tuple[Usage, str, bool, str, str], ...] = (
    (
        WRITE,
        MODEL,
        False,
        "-0.0075",
        "read 0, written 10000, uncached 100, output 1000 tokens; local cache miss; saved -$0.0075",
    ),
    (
        READ,
        MODEL,
        False,
        "0.027",
        "read 10000, written 0, uncached 100, output 1000 tokens; local cache miss; saved $0.0270",
    ),
    (
        READ,
        MODEL,
        True,
        "0.0453",
        "read 0, written 0, uncached 0, output 0 tokens; local cache hit; saved $0.0453",
    ),
    (
        READ,
        "gpt-5",
        False,
        "0",
        "read 10000, written 0, uncached 100, output 1000 tokens; local cache miss; "
        "saved unknown (not priced: model 'gpt-5')",
    ),
    (
        READ,
        "gpt-5",
        True,
        "0",
        "read 0, written 0, uncached 0, output 0 tokens; local cache hit; saved unknown (not priced: model 'gpt-5')",
    ),
    (
        Usage.from_api({**NONE, "cache_read_input_tokens": 10_000, "speed": "fast"}),
        "claude-opus-5",
        False,
        "0.09",
        "read 10000, written 0, uncached 0, output 0 tokens; local cache miss; saved $0.0900; also billed: speed: fast",
    ),
    (
        Usage.from_api({**NONE, "cache_read_input_tokens": 10_000, "service_tier": "batch", "inference_geo": "us"}),
        "claude-opus-5",
        False,
        "0.02475",
        "read 10000, written 0, uncached 0, output 0 tokens; local cache miss; saved $0.0248; "
        "also billed: service_tier: batch, inference_geo: us",
    ),
    (
        Usage.from_api({**NONE, "input_tokens": 100, "server_tool_use": {"web_search_requests": 10}}),
        "claude-opus-5",
        True,
        "0.1005",
        "read 0, written 0, uncached 0, output 0 tokens; local cache hit; saved $0.1005",
    ),
    (
        Usage.from_api({**NONE, "server_tool_use": {"new_requests": 1}, "service_tier": "priority"}),
        "claude-opus-5",
        False,
        "0",
        "read 0, written 0, uncached 0, output 0 tokens; local cache miss; "
        "saved unknown (not priced: service_tier 'priority'; server_tool_use.new_requests)",
    ),
)


@pytest.mark.parametrize(("usage", "model", "is_local_hit", "saved", "line"), CALLS)
def test_a_call_is_counted_and_logged_at_info(
    caplog: pytest.LogCaptureFixture, usage: Usage, model: str, is_local_hit: bool, saved: str, line: str
) -> None:
    caplog.set_level(logging.INFO, logger="harness.client.metrics")
    metrics = CacheMetrics()
    metrics.record(usage, model, is_local_hit=is_local_hit)
    assert metrics.saved == Decimal(saved)
    assert metrics.usage == (Usage() if is_local_hit else usage)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.INFO, f"{model}: {line}")]


def test_calls_add_up() -> None:
    metrics = CacheMetrics()
    for usage, model, is_local_hit, *_ in CALLS[:5]:
        metrics.record(usage, model, is_local_hit=is_local_hit)
    assert (metrics.calls, metrics.local_hits, metrics.local_misses) == (5, 2, 3)
    assert metrics.usage == WRITE + READ + READ
    assert metrics.saved == Decimal("-0.0075") + Decimal("0.027") + Decimal("0.0453")
    assert metrics.not_priced == {"model 'gpt-5'": 2}


def test_a_new_client_has_saved_nothing() -> None:
    metrics = CacheMetrics()
    assert (metrics.calls, metrics.local_misses, metrics.usage, metrics.saved) == (0, 0, Usage(), Decimal(0))
