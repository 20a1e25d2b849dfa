"""Load on ``harness serve``: a flood of streams, mixed calls for some minutes, and fuzzed requests.

    python benchmarks/soak_server.py streams              # 200 streams at once; then with 200 long prompts
    python benchmarks/soak_server.py mixed --minutes 10   # mixed calls; memory must stay flat
    python benchmarks/soak_server.py fuzz --requests 10000

Prints what it found, and ends with 1 if an answer was wrong, or the memory grew by 20 MB or more after a warm-up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx2

MODEL = "claude-sonnet-4-6"
MOST_GROWTH_MB = 20
WORDS = Path(__file__).read_text(encoding="utf-8").split()
HUNDRED_EVENTS = "word " * 2350


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, int, float]]:
    """Start a server whose token counts begin empty; gives its address, process id and seconds until it was ready."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.yaml"
        script.write_text(f'- when: {{text: long answer}}\n  answer: "{HUNDRED_EVENTS}"\n')
        command = [sys.executable, "-m", "harness", "serve", "--script", str(script), *arguments]
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        start = time.perf_counter()
        with (
            (Path(folder) / "log").open("w+", encoding="utf-8") as log,
            subprocess.Popen(command, stdout=log, stderr=subprocess.DEVNULL, env=environment) as server,
        ):
            try:
                url = _read_url(Path(folder) / "log")
                yield url, server.pid, time.perf_counter() - start
            finally:
                server.terminate()
                assert server.wait(10) == 0


def _read_url(log: Path) -> str:
    for _ in range(5_000):
        first = log.read_text(encoding="utf-8").partition("\n")[0]
        if first.startswith("serving http://") and first[-1].isdigit():
            return first.split()[1]
        time.sleep(0.002)
    raise TimeoutError("the server did not start")


def memory_mb(process: int) -> float:
    """Resident memory of a process, without that of its children."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def long_prompt(seed: int) -> str:
    """Make a text of about 15,000 tokens that no other seed gives."""
    random = Random(seed)
    return " ".join(random.choice(WORDS) for _ in range(5_500))


async def stream(client: httpx2.AsyncClient, system: str) -> tuple[int, int]:
    """Read a stream of about 100 events; return its status and how many events came."""
    body = {
        "model": MODEL,
        "max_tokens": 8192,
        "stream": True,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "a long answer"}],
    }
    async with client.stream("POST", "/v1/messages", json=body) as response:
        data = await response.aread()
    return response.status_code, data.count(b"event: ")


def flood(url: str, systems: list[str]) -> tuple[float, Counter[Any]]:
    """Read as many streams at once as there are prompts; return seconds and the outcomes."""

    async def run() -> list[Any]:
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            return await asyncio.gather(*(stream(client, system) for system in systems), return_exceptions=True)

    start = time.perf_counter()
    outcomes = asyncio.run(run())
    seconds = time.perf_counter() - start
    return seconds, Counter(repr(outcome) if isinstance(outcome, Exception) else outcome for outcome in outcomes)


def run_streams(number: int) -> bool:
    """Flood a server with short prompts, then with long ones that it has to count."""
    ready = []
    for _ in range(5):
        with serving() as (_, _, seconds):
            ready.append(seconds)
    print(f"ready after {statistics.median(ready) * 1000:.0f} ms (median of 5)")
    with serving() as (url, _, _):
        is_right = True
        for name, systems in (
            ("a short prompt", ["Be brief."] * number),
            ("different prompts of 15,000 tokens", [long_prompt(seed) for seed in range(number)]),
            ("the same prompts again", [long_prompt(seed) for seed in range(number)]),
        ):
            seconds, outcomes = flood(url, systems)
            print(f"{number} streams at once, {name}: {seconds:.1f} s, (status, events): {dict(outcomes)}")
            is_right &= all(isinstance(outcome, tuple) and outcome[0] == 200 for outcome in outcomes)
    return is_right


def mixed_call(client: httpx2.Client, random: Random) -> int:
    """Make one call of a random kind; return its status, negated if that is not the one that is right for it."""
    prompt = f"Prompt {random.randrange(100_000)}. " + "Be brief. " * random.randrange(600)
    body: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 99,
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Hello"}],
    }
    path, expected, headers = "/v1/messages", 200, {}
    match random.randrange(7):
        case 0:
            body["stream"] = True
        case 1:
            path, _ = "/v1/messages/count_tokens", body.pop("max_tokens")
        case 2:
            expected, headers = 529, {"harness-fault": "status=529"}
        case 3:
            expected, body["messages"] = 400, []
        case 4:
            path = "/v1/messages/batches"
            body = {"requests": [{"custom_id": "a", "params": body}]}
        case 5:
            body["diagnostics"] = {"previous_message_id": None}
    status = client.post(path, json=body, headers=headers).status_code
    return status if status == expected else -status


def run_mixed(minutes: float) -> bool:
    """Call a server for some minutes, and compare its memory after a fifth of them with that at the end."""
    with serving() as (url, process, _), httpx2.Client(base_url=url, timeout=60) as client:
        random, statuses, warm = Random(0), Counter[int](), 0.0
        start, calls = time.monotonic(), 0
        while (passed := time.monotonic() - start) < minutes * 60:
            statuses[mixed_call(client, random)] += 1
            calls += 1
            if not warm and passed > minutes * 60 / 5:
                warm = memory_mb(process)
        end = memory_mb(process)
    print(f"{calls} mixed calls in {minutes:g} minutes; statuses: {dict(statuses)}")
    print(f"memory {warm:.1f} MB after a fifth of the time, {end:.1f} MB at the end")
    return min(statuses) > 0 and end - warm < MOST_GROWTH_MB


def run_fuzz(requests: int) -> bool:
    """Send changed and broken bodies; none may get a 500."""
    from tests.emulator.test_hostile_clients import BODY, fuzz

    random, statuses = Random(2), Counter[int]()
    with serving() as (url, _, _), httpx2.Client(base_url=url, timeout=60) as client:
        for _ in range(requests):
            statuses[client.post("/v1/messages", content=fuzz(BODY, random)).status_code] += 1
    print(f"{requests} fuzzed requests; statuses: {json.dumps(dict(statuses))}")
    return statuses.keys() <= {200, 400, 404, 413}


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("streams", "mixed", "fuzz"))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=200)
    options = parser.parse_args()
    runs = {
        "streams": lambda: run_streams(options.streams),
        "mixed": lambda: run_mixed(options.minutes),
        "fuzz": lambda: run_fuzz(options.requests),
    }
    return 0 if runs[options.what]() else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    raise SystemExit(main())
