"""Count how often versions are called worse: equal ones (false alarms), and ones that lost something (power).

Prints a table in Markdown, for docs/statistics.md. All runs are seeded.

Run: python -m benchmarks.false_alarms [--runs 400]
"""

import argparse
import time
from random import Random

from harness.evaluation.comparison import Pair, compare_all
from tests.evaluation.versions import (
    Draw,
    draw_mostly_equal_scores,
    draw_passes,
    draw_samples,
    draw_scores,
    pair_of,
)

KINDS: dict[str, tuple[Draw, tuple[int, ...]]] = {
    "pass or fail": (draw_passes, (8, 20, 50)),
    "scores": (draw_scores, (8, 20, 50)),
    "scores, 70 % of cases equal": (draw_mostly_equal_scores, (8, 20, 50)),
    "pass or fail, 5 samples a case": (draw_samples, (8, 20)),
}

DROPS = (0.05, 0.2, 0.4)

TOGETHER = 12
"""Number of comparisons in the run for which Holm's method is measured."""


def share_of_words(draw: Draw, cases: int, drop: float, *, runs: int) -> tuple[int, int]:
    """The number of runs in which the later version is called worse, and better."""
    random = Random(f"{draw.__name__} {cases} {drop}")
    words = [compare_all([pair_of(draw(random, cases, drop))])[0].word for _ in range(runs)]
    return words.count("worse"), words.count("better")


def runs_with_alarm(cases: int, *, runs: int) -> int:
    """The number of runs of several equal comparisons in which any is called worse."""
    random = Random(f"together {cases}")
    return sum(any(found.word == "worse" for found in compare_all(_equal_pairs(random, cases))) for _ in range(runs))


def _equal_pairs(random: Random, cases: int) -> list[Pair]:
    return [pair_of(draw_passes(random, cases, 0)) for _ in range(TOGETHER)]


def main() -> None:
    """Print the table, and the cost of a comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    runs = parser.parse_args().runs
    print(f"| results | cases | equal: worse | equal: better | {' | '.join(f'{d:.0%} lost' for d in DROPS)} |")
    print("|---|---|---|---|" + "---|" * len(DROPS))
    for name, (draw, sizes) in KINDS.items():
        for cases in sizes:
            worse, better = share_of_words(draw, cases, 0, runs=runs)
            found = [share_of_words(draw, cases, drop, runs=runs)[0] for drop in DROPS]
            power = " | ".join(f"{count / runs:.0%}" for count in found)
            print(f"| {name} | {cases} | {worse} of {runs} | {better} of {runs} | {power} |", flush=True)
    for cases in (20, 50):
        alarms = runs_with_alarm(cases, runs=runs)
        print(f"{TOGETHER} equal comparisons of {cases} cases, pass or fail: any worse in {alarms} of {runs} runs")
    for name, draw in (("pass or fail", draw_passes), ("scores", draw_scores)):
        pairs = [pair_of(draw(Random(number), 50, 0)) for number in range(TOGETHER)]
        start = time.process_time()
        compare_all(pairs)
        spent = time.process_time() - start
        print(f"compare_all of {TOGETHER} comparisons of 50 cases, {name}: {spent:.3f} s of CPU time")


if __name__ == "__main__":
    main()
