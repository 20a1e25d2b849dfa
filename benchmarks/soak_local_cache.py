"""Four processes that share a local cache with a size limit, killed at random moments, with 1,000 calls each.

Run: python benchmarks/soak_local_cache.py [CALLS [KILLS]]
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.client.cache_stress import MAX_SIZE, run


def main() -> int:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder, "local"), calls=calls, processes=4, kills=kills, seed=7)
    print(f"{outcome.calls:,} calls of 4 processes, {outcome.kills} killed")
    print(f"largest folder {outcome.largest:,} bytes, limit {MAX_SIZE:,}")
    print(f"damaged or wrong entries left: {outcome.unreadable}; errors of workers: {len(outcome.errors)}")
    for error in outcome.errors[:5]:
        print(error)
    return int(bool(outcome.errors) or outcome.unreadable > 0 or outcome.largest > MAX_SIZE)


if __name__ == "__main__":
    sys.exit(main())
