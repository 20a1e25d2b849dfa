"""Update one lock file from several runs of pytest at once: no entry may be lost.

Run: python benchmarks/soak_lock.py [--rounds 50] [--runs 2 4] [--cases 21]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.lock.lockfile import read_lock

APP = """
def build(prompt, question):
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": question}],
    }
"""

# All runs have made their entries before the first of them writes.
CONFTEST = """
import os
import time
from pathlib import Path

import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    folder, runs = Path(os.environ["SOAK_BARRIER"]), int(os.environ["SOAK_RUNS"])
    (folder / str(os.getpid())).touch()
    latest = time.monotonic() + 60
    while len(list(folder.iterdir())) < runs and time.monotonic() < latest:
        time.sleep(0.001)
"""


def write_project(folder: Path, runs: int, cases: int) -> None:
    """Write one folder with a suite for each run."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST)
    for number in range(runs):
        part = folder / f"part{number}"
        part.mkdir()
        (part / f"app{number}.py").write_text(APP)
        lines = ["suites:", "  desk:", f"    build: app{number}.py:build", "    determinism: off", "    prompts:"]
        lines += ["      v1: {file: prompt.md}", "    cases:"]
        lines += [f"      case{case}: {{question: Question {case}}}" for case in range(cases)]
        (part / "suite.yaml").write_text("\n".join(lines) + "\n")


def write_prompts(folder: Path, runs: int, number: int) -> None:
    """Change all prompts, so that each entry changes in each round."""
    for part in range(runs):
        text = (
            f"Round {number}, part {part}.\n" + "Weigh the evidence of each skill before the title of the post. " * 100
        )
        (folder / f"part{part}" / "prompt.md").write_text(text)


def run_at_once(folder: Path, runs: int) -> None:
    """Start all runs, each on its own folder, and wait until they have ended."""
    with tempfile.TemporaryDirectory() as barrier:
        variables = {
            **os.environ,
            "SOAK_BARRIER": barrier,
            "SOAK_RUNS": str(runs),
            "XDG_CACHE_HOME": f"{folder}/.cache",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        started = [
            subprocess.Popen(
                [*command, f"part{number}", "--harness-mode=emulate", "--harness-update-lock"],
                cwd=folder,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for number in range(runs)
        ]
        for process in started:
            output, _ = process.communicate(timeout=300)
            assert process.returncode == 0, output.decode()


def find_digests(folder: Path) -> dict[str, str]:
    """The digest of the accepted prompt, by key of the entry."""
    lock = read_lock(folder / "prompts.lock")
    return {key: entry.calls[0].blocks[0].digest for key, entry in lock.entries.items()} if lock else {}


def soak(rounds: int, runs: int, cases: int) -> int:
    """Return the number of entries that were lost in all rounds."""
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, runs, cases)
        for number in range(rounds):
            before = find_digests(folder)
            if number % 2 == 0:
                # Every other round starts without a lock file.
                (folder / "prompts.lock").unlink(missing_ok=True)
            write_prompts(folder, runs, number)
            run_at_once(folder, runs)
            after = find_digests(folder)
            missing = runs * cases - len(after)
            stale = sum(before.get(key) == digest for key, digest in after.items())
            lost += missing + stale
    return lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--runs", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--cases", type=int, default=21)
    options = parser.parse_args()
    total = 0
    for runs in options.runs:
        began = time.monotonic()
        lost = soak(options.rounds, runs, options.cases)
        total += lost
        entries = runs * options.cases
        print(f"{options.rounds} rounds of {runs} runs at once, {entries} entries: {lost} lost", end="", flush=True)
        print(f", {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(int(total > 0))


if __name__ == "__main__":
    main()
