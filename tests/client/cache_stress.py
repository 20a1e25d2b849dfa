"""Processes that share a local cache, some of which are killed at random moments."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from harness.client.entry import read_entry
from harness.client.local_cache import LocalCache
from harness.files.locking import only_writer
from tests.client.cache_worker import PREFIXES, QUESTIONS, VERSIONS, check, request

ROOT = Path(__file__).parents[2]
MAX_SIZE = 20_000
"""Less than half of what the workers would store."""


class Outcome(NamedTuple):
    """What a run of workers did."""

    calls: int
    kills: int
    errors: tuple[str, ...]
    """What workers wrote to standard error: warnings of damaged entries, failed checks."""
    largest: int
    """Bytes of the folder at most between two writes, with the files of killed processes."""
    unreadable: int
    """Entries that were left and are not whole."""


def run(folder: Path, *, calls: int, processes: int, kills: int, seed: int = 0) -> Outcome:
    """Let processes make calls, of which ``kills`` are killed and replaced at random moments."""
    random, workers = Random(seed), [_start(folder, seed * 1_000 + number, calls) for number in range(processes)]
    done = killed = largest = 0
    errors: list[str] = []
    next_seed = seed * 1_000 + processes
    while workers:
        time.sleep(random.random() * 0.06)
        with only_writer(folder):
            largest = max(largest, _size(folder))
        if killed < kills:
            victim = random.choice(workers)
            victim.kill()
            # One that has just ended is not killed.
            killed += victim.wait() == -9
        for worker in list(workers):
            if worker.poll() is None:
                continue
            workers.remove(worker)
            output, error = worker.communicate()
            made = output.count("call")
            done += made
            errors += [error] if error else []
            if worker.returncode == -9:
                # All its calls may have been made.
                if made < calls:
                    workers.append(_start(folder, next_seed, calls - made))
                    next_seed += 1
            elif worker.returncode:
                errors.append(f"exit {worker.returncode}")
    return Outcome(done, killed, tuple(errors), max(largest, _size(folder)), sum(not ok for ok in _check(folder)))


def _start(folder: Path, seed: int, calls: int) -> "subprocess.Popen[str]":
    arguments = [str(folder), str(seed), str(calls), str(MAX_SIZE)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.client.cache_worker", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0


def _check(folder: Path) -> Iterator[bool]:
    """Whether each entry that is left is whole, and what it says it is."""
    names: dict[str, tuple[str, str, int]] = {}
    for prefix in PREFIXES:
        for version in VERSIONS:
            cache = LocalCache(folder=folder, prefix=prefix, prompt_version=version)
            names |= {cache.key(request(number)): (prefix, version, number) for number in QUESTIONS}
    for path in folder.glob("*.json"):
        try:
            check(read_entry(path.read_bytes(), path.stem).response, *names[path.stem])
        except (ValueError, AssertionError, KeyError):
            yield False
        else:
            yield True
