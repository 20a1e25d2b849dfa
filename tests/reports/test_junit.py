from dataclasses import replace

from harness.reports.junit import properties
from tests.reports.examples import ACCEPTED, BUST, READ, WRITE, row


def test_properties_are_flat_and_whole() -> None:
    leak = replace(BUST, rule="leak", cause="text_changed")
    assert properties([row(WRITE), row(READ)], [BUST, BUST, leak, ACCEPTED]) == [
        ("harness.calls", 2),
        ("harness.read_tokens", 10_000),
        ("harness.written_tokens", 10_000),
        ("harness.uncached_tokens", 200),
        ("harness.output_tokens", 2_000),
        ("harness.cost_usd", "0.0711"),
        ("harness.saved_usd", "0.0195"),
        ("harness.finding", "bust,leak,accepted-bust"),
        ("harness.cause", "timestamp,text_changed"),
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert [name for name, _ in properties([row(WRITE, model="gpt-5")], [ACCEPTED])] == [
        "harness.calls",
        "harness.read_tokens",
        "harness.written_tokens",
        "harness.uncached_tokens",
        "harness.output_tokens",
        "harness.not_priced",
        "harness.finding",
    ]
    assert properties([], []) == []
