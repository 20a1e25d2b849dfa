"""Measure the cost of the plugin for a project that does not use it: collect one empty test with and without it.

Run: python benchmarks/unused.py
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROUNDS = 21


def collect(folder: Path, *arguments: str) -> float:
    """Seconds of one ``pytest --collect-only``."""
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
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        collect(folder), collect(folder, "-p", "no:harness")
        pairs = [(collect(folder), collect(folder, "-p", "no:harness")) for _ in range(ROUNDS)]
    used, unused = (median(times) for times in zip(*pairs, strict=True))
    difference = median(first - second for first, second in pairs)
    print(f"with the plugin {used * 1e3:.0f} ms, without {unused * 1e3:.0f} ms; difference {difference * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
