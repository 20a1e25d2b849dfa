"""Measure the cost of the plugin for a project that does not use it: collect one empty test with and without it.

Prints the median difference of interleaved pairs, in CPU time and in elapsed time; the latter is noisy on a
shared machine.

Run: python benchmarks/unused.py [--rounds 41]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds of one ``pytest --collect-only``."""

    cpu: float
    elapsed: float


def collect(folder: Path, *arguments: str) -> Cost:
    """Run it once, in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # The plugins of hypothesis and langsmith are installed too, but not measured here.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:langsmith_plugin",
        *arguments,
    ]
    start, used = time.perf_counter(), _cpu_of_children()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return Cost(_cpu_of_children() - used, time.perf_counter() - start)


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        collect(folder), collect(folder, "-p", "no:harness")
        pairs = [(collect(folder), collect(folder, "-p", "no:harness")) for _ in range(rounds)]
    for kind in Cost._fields:
        times = [(getattr(used, kind), getattr(unused, kind)) for used, unused in pairs]
        used, unused = (median(column) for column in zip(*times, strict=True))
        difference = median(first - second for first, second in times)
        print(
            f"{kind:7} with the plugin {used * 1e3:.0f} ms, without {unused * 1e3:.0f} ms; "
            f"difference {difference * 1e3:.0f} ms"
        )


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
