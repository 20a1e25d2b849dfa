"""Measure the cost of drawing an example against the floor of drawing one integer, in interleaved runs.

Run: python benchmarks/strategies.py [--rounds 15]
"""

import argparse
import json
import time
from itertools import pairwise
from statistics import median
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness.testing.strategies import jobs, requests, resumes

EXAMPLES = 200
STRATEGIES: dict[str, SearchStrategy[Any]] = {
    "integers (floor)": st.integers(),
    "resumes": resumes(),
    "jobs": jobs(),
    "requests": requests(),
}


def draw_all(strategy: SearchStrategy[Any]) -> float:
    """Median CPU seconds from one example to the next, including the work of the engine in between."""
    ticks: list[float] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def tick(_: Any) -> None:
        ticks.append(time.process_time())

    tick()
    return median(after - before for before, after in pairwise(ticks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    spent: dict[str, list[float]] = {name: [] for name in STRATEGIES}
    for _ in range(rounds):
        for name, strategy in STRATEGIES.items():
            spent[name].append(draw_all(strategy))
    for name, times in spent.items():
        print(f"{name + ':':<18} {median(times) * 1e3:.2f} ms of CPU an example ({EXAMPLES} examples, {rounds} rounds)")
    print(json.dumps({name: median(times) * 1e3 for name, times in spent.items()}))


if __name__ == "__main__":
    main()
