"""A process that calls the local cache until it is killed; for the stress test and ``benchmarks/soak_local_cache.py``.

Run: python -m tests.client.cache_worker FOLDER SEED CALLS MAX_SIZE
"""

import sys
from pathlib import Path
from random import Random
from typing import Any

from harness.client.cache_limits import Limits
from harness.client.local_cache import LocalCache

PREFIXES, VERSIONS, QUESTIONS = ("", "staging"), ("v1", "v2"), range(12)


def request(number: int) -> dict[str, Any]:
    return {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": f"Question {number}"}]}


def response(prefix: str, version: str, number: int, size: int) -> dict[str, Any]:
    """A response that says what it answers, and repeats it, so that a part of it is noticed."""
    mark = f"{prefix}/{version}/{number};"
    return {"type": "message", "content": [{"type": "text", "text": mark * size}], "mark": mark, "size": size}


def check(answer: dict[str, Any], prefix: str, version: str, number: int) -> None:
    assert answer == response(prefix, version, number, answer["size"]), (prefix, version, number, answer["mark"])


def work(folder: Path, seed: int, calls: int, max_size: int) -> None:
    """Read or write one response a call, each with its own prefix and version."""
    random = Random(seed)
    caches = {
        (prefix, version): LocalCache(
            folder=folder, prefix=prefix, prompt_version=version, limits=Limits(max_size=max_size)
        )
        for prefix in PREFIXES
        for version in VERSIONS
    }
    for _ in range(calls):
        (prefix, version), cache = random.choice(list(caches.items()))
        number = random.choice(QUESTIONS)
        stored = cache.read(request(number))
        if stored is None:
            answer = response(prefix, version, number, random.randint(1, 200))
            cache.write(request(number), answer, [{"input_tokens": number}])
        else:
            check(stored.response, prefix, version, number)
        print("call", flush=True)


if __name__ == "__main__":
    folder, seed, calls, max_size = sys.argv[1:]
    work(Path(folder), int(seed), int(calls), int(max_size))
