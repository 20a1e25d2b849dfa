import json
from datetime import UTC, datetime
from decimal import Decimal

from harness.money.arrivals import Poisson
from harness.money.calls import Billed
from harness.money.summary import Calls, summarize
from harness.provider.usage import Usage

DAY = datetime(2026, 11, 26, tzinfo=UTC)
MODEL = "claude-sonnet-5-5"
TRAFFIC = (Poisson(), Decimal(100))

WRITE = Usage(input_tokens=2_000, ephemeral_5m_input_tokens=15_000, output_tokens=500)
READ = Usage(input_tokens=2_000, cache_read_input_tokens=15_000, output_tokens=500)
UNKNOWN = Usage(input_tokens=1, unknown=("new_tokens",))


def make(version: str, *usages: Usage) -> Calls:
    return Calls(version=version, model=MODEL, calls=[Billed.of(usage, MODEL, at=DAY) for usage in usages])


def test_a_version_alone_has_its_costs_by_call() -> None:
    found = summarize(make("v1", WRITE, READ), at=DAY)

    assert (found["break_even_calls"], found["attribution"], found["traffic"]) == (2, None, None)
    assert list(found) == [
        "first_call_usd",
        "later_call_usd",
        "per_call_without_cache_usd",
        "break_even_calls",
        "cost_by_calls",
        "attribution",
        "traffic",
    ]


def test_with_a_version_before_and_a_traffic_all_is_known_and_can_be_written_as_json() -> None:
    found = summarize(make("v2", WRITE, WRITE), before=make("v1", WRITE, READ), traffic=TRAFFIC, at=DAY)

    assert found["attribution"]["against"] == "v1"
    assert found["attribution"]["total_usd"] == "0.036"
    assert found["attribution"]["parts"][1] == {"part": "cache behaviour", "usd": "0.036"}
    assert found["traffic"]["calls_per_day"] == "100"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_has_no_price_is_not_known() -> None:
    known, unknown = make("v1", WRITE, READ), make("v2", WRITE, UNKNOWN)

    assert summarize(unknown, before=known, traffic=TRAFFIC, at=DAY)["attribution"] is None
    assert summarize(known, before=unknown, at=DAY)["attribution"] is None
    assert summarize(unknown, traffic=TRAFFIC, at=DAY)["traffic"] is None


def test_no_calls_have_no_traffic_to_price() -> None:
    assert summarize(make("v1"), traffic=TRAFFIC, at=DAY)["traffic"] is None
