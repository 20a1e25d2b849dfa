"""Change the lock file in a few thousand ways, and look for a bust that passes in silence behind it.

Run from the root of the repository: ``python -m benchmarks.soak_lock_changes --rounds 2000``.
"""

import argparse
import sys
from collections import Counter

from tests.lock.mutated import outcome_of


def main() -> int:
    """Print how often the changed file is refused and the bust told; return 1 if it ever passes in silence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2_000)
    rounds: int = parser.parse_args().rounds
    outcomes = Counter(outcome_of(seed) for seed in range(rounds))
    counts = ", ".join(f"{outcomes[name]:,} {name}" for name in ("refused", "told", "silent"))
    print(f"{rounds:,} changed lock files: {counts}")
    return int(outcomes["silent"] > 0)


if __name__ == "__main__":
    sys.exit(main())
