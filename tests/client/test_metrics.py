import logging
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest

from harness.client.log_lines import parse_line
from harness.client.metrics import CacheMetrics
from harness.provider.usage import Usage

MODEL = "claude-3-7-sonnet-20250219"
WRITE = Usage(input_tokens=100, ephemeral_5m_input_tokens=10_000, output_tokens=1_000)
READ = Usage(input_tokens=100, cache_read_input_tokens=10_000, output_tokens=1_000)

NONE = {"input_tokens": 0, "output_tokens": 0}

# usage, model, answered locally; dollars saved, how its line goes on
CALLS: tuple[tuple[Usage, str, bool, str, str], ...] = (
    (
        WRITE,
        MODEL,
        False,
        "-0.0075",
        "read=0 written_5m=10000 written_1h=0 uncached=100 output=1000 cost_usd=0.0528 saved_usd=-0.0075 local=miss",
    ),
    (
        READ,
        MODEL,
        False,
        "0.027",
        "read=10000 written_5m=0 written_1h=0 uncached=100 output=1000 cost_usd=0.0183 saved_usd=0.0270 local=miss",
    ),
    (
        READ,
        MODEL,
        True,
        "0.0453",
        "read=0 written_5m=0 written_1h=0 uncached=0 output=0 cost_usd=0 saved_usd=0.0453 local=hit",
    ),
    (
        READ,
        "gpt-5",
        False,
        "0",
        "read=10000 written_5m=0 written_1h=0 uncached=100 output=1000 cost_usd=unknown saved_usd=unknown local=miss",
    ),
    (
        READ,
        "gpt-5",
        True,
        "0",
        "read=0 written_5m=0 written_1h=0 uncached=0 output=0 cost_usd=unknown saved_usd=unknown local=hit",
    ),
    (
        Usage(ephemeral_1h_input_tokens=10_000),
        "claude-opus-5",
        False,
        "-0.05",
        "read=0 written_5m=0 written_1h=10000 uncached=0 output=0 cost_usd=0.1 saved_usd=-0.05 local=miss",
    ),
)


@pytest.mark.parametrize(("usage", "model", "is_local_hit", "saved", "line"), CALLS)
def test_a_call_is_counted_and_logged_at_info(
    caplog: pytest.LogCaptureFixture, usage: Usage, model: str, is_local_hit: bool, saved: str, line: str
) -> None:
    caplog.set_level(logging.INFO, logger="harness.client")
    metrics = CacheMetrics()
    metrics.record(usage, model, is_local_hit=is_local_hit, version="v2", message_id="msg_1")
    assert metrics.saved == Decimal(saved)
    assert metrics.usage == (Usage() if is_local_hit else usage)
    (record,) = caplog.records
    written = parse_line(record.getMessage())
    assert (record.name, record.levelno) == ("harness.client", logging.INFO)
    assert written is not None
    assert (written.model, written.version, written.message_id) == (model, "v2", "msg_1")
    expected = parse_line(f"call model={model} version=v2 {line} message_id=msg_1")
    assert expected is not None
    assert replace(written, not_priced=()) == expected
    assert written.not_priced == (("model 'gpt-5'",) if model == "gpt-5" else ())


# usage of the API; what is also billed, what has no price
BILLED: tuple[tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]], ...] = (
    ({"cache_read_input_tokens": 10_000, "speed": "fast"}, ("speed: fast",), ()),
    (
        {"cache_read_input_tokens": 10_000, "service_tier": "batch", "inference_geo": "us"},
        ("service_tier: batch", "inference_geo: us"),
        (),
    ),
    (
        {"server_tool_use": {"new_requests": 1}, "service_tier": "priority"},
        (),
        ("service_tier 'priority'", "server_tool_use.new_requests"),
    ),
)


@pytest.mark.parametrize(("usage", "also_billed", "not_priced"), BILLED)
def test_the_line_names_what_else_is_billed_and_what_has_no_price(
    caplog: pytest.LogCaptureFixture, usage: dict[str, Any], also_billed: tuple[str, ...], not_priced: tuple[str, ...]
) -> None:
    caplog.set_level(logging.INFO, logger="harness.client")
    CacheMetrics().record(Usage.from_api({**NONE, **usage}), "claude-opus-5")

    written = parse_line(caplog.records[0].getMessage())

    assert written is not None
    assert written.not_priced == not_priced
    assert set(also_billed) <= set(written.also_billed)
    assert (written.cost is None) is bool(not_priced)


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


def test_a_snapshot_has_the_totals_by_version_and_model_and_never_changes() -> None:
    metrics = CacheMetrics()
    metrics.record(WRITE, MODEL, version="v1")
    metrics.record(READ, MODEL, version="v2")
    metrics.record(READ, "claude-opus-5", version="v2", is_partial=True)
    before = metrics.snapshot()
    metrics.record(READ, MODEL, version="v1", is_local_hit=True)

    assert set(before.parts) == {("v1", MODEL), ("v2", MODEL), ("v2", "claude-opus-5")}
    assert (before.total.calls, before.by_version("v2").calls, before.by_model(MODEL).calls) == (3, 2, 2)
    assert (before.by_version("v1").usage, before.total.partial) == (WRITE, 1)
    assert before.total.saved == before.total.cost_without_cache - before.total.cost
    assert (metrics.snapshot().by_version("v1").local_hits, before.by_version("v1").local_hits) == (1, 0)
    with pytest.raises(FrozenInstanceError):
        before.total.calls = 7  # type: ignore[misc]
    with pytest.raises(TypeError):
        before.parts["v1", MODEL] = before.total  # type: ignore[index]


def test_no_call_of_any_thread_is_lost() -> None:
    metrics = CacheMetrics()

    def call(number: int) -> None:
        for index in range(400):
            metrics.record(READ, MODEL, version=str(number % 2))
            if index % 50 == 0:
                metrics.snapshot()

    threads = [Thread(target=call, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    total = metrics.total
    assert (total.calls, total.usage.cache_read_input_tokens) == (2_400, 24_000_000)
    assert (total.saved, metrics.snapshot().by_version("0").calls) == (Decimal("0.027") * 2_400, 1_200)


def test_what_handles_a_line_may_read_the_totals(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="harness.client")
    metrics, seen = CacheMetrics(), []

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(metrics.calls)

    handler = Reader()
    logging.getLogger("harness.client").addHandler(handler)
    try:
        metrics.record(READ, MODEL)
        metrics.record(READ, MODEL)
    finally:
        logging.getLogger("harness.client").removeHandler(handler)

    assert (len(seen), metrics.calls) == (2, 2)
