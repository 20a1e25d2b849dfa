"""Attribute the difference of random pairs of runs, and check that the parts add up to it, to the last digit.

Run: python benchmarks/attribution.py [PAIRS]
"""

import random
import sys
import time
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from harness.money.attribution import PARTS, Profile, attribute, describe
from harness.provider.models import known_models
from harness.provider.pricing import price
from harness.provider.tokens import Iteration
from harness.provider.usage import Usage

MODELS = tuple(model.id for model in known_models())
DAYS = tuple(datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 1), (3, 13), (10, 6), (10, 7), (11, 26)))
CLASSES = ("input_tokens", "cache_read_input_tokens", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    source = random.Random(12)
    started = time.process_time()
    wrong = 0
    used = dict.fromkeys(PARTS, 0)
    for _ in range(pairs):
        (before, cost_before), (after, cost_after) = make_run(source), make_run(source)
        found = attribute(before, after, against="before")
        is_sum = sum(map(Fraction, found.parts.values())) == Fraction(found.total)
        wrong += not (is_sum and Fraction(found.total) == cost_after - cost_before)
        for part in PARTS:
            used[part] += bool(found.parts[part])
    print(f"{pairs:,} pairs, {wrong} that do not add up, {time.process_time() - started:.1f} s of process time")
    print("pairs in which a part is not 0:", ", ".join(f"{part} {number:,}" for part, number in used.items()))
    sys.exit(1 if wrong else 0)


def make_run(source: random.Random) -> tuple[Profile, Fraction]:
    """A random run of one version, and the sum of the prices of its calls."""
    model, day = source.choice(MODELS), source.choice(DAYS)
    usages = [make_usage(source) for _ in range(source.choice((0, 1, 2, 2, 3, 5, 8)))]
    total = sum((Fraction(price(usage, model, at=day)) for usage in usages), Fraction(0))
    return describe(usages, model, at=day), total


def make_usage(source: random.Random) -> Usage:
    searches = source.choice((0, 0, 3))
    return Usage(
        **make_tokens(source),
        output_tokens=source.choice((0, source.randrange(20_000))),
        counters=(("server_tool_use.web_search_requests", searches),) if searches else (),
        modifiers=source.choice(((), (), (("service_tier", "batch"),))),
        iterations=source.choice(((), (), (Iteration(type="compaction", **make_tokens(source)),))),
    )


def make_tokens(source: random.Random) -> dict[str, Any]:
    return {name: source.choice((0, source.randrange(5_000), source.randrange(300_000))) for name in CLASSES}


if __name__ == "__main__":
    main()
