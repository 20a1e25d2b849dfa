"""Measure the speed of the pure core against floors, as medians of interleaved runs.

Run: python benchmarks/core.py
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median

import orjson

from harness.prompt import read
from harness.prompt.tokens import TextCounter
from harness.promptcache.simulator import Simulator

ROUNDS = 200
MARK = {"type": "ephemeral"}
PROMPT = Path(__file__).parents[1] / "prompt_suites/resume_customizer/prompts/analysis/v2.md"


def large_request() -> dict[str, object]:
    """A request of about 62 KB in 30 blocks, 4 of them marked."""
    texts = [f"Block {number}. " + "Weigh the evidence of each skill before the title. " * 40 for number in range(28)]
    tool = {"name": "look_up", "description": texts[0], "input_schema": {"type": "object"}, "cache_control": MARK}
    system: list[dict[str, object]] = [{"type": "text", "text": text} for text in texts[1:11]]
    content: list[dict[str, object]] = [{"type": "text", "text": text} for text in texts[11:]]
    system[-1]["cache_control"] = MARK
    content[8]["cache_control"] = content[-1]["cache_control"] = MARK
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 1000,
        "tools": [tool],
        "system": system,
        "messages": [{"role": "user", "content": content}, {"role": "assistant", "content": "Yes."}],
    }


def interleaved(*functions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median seconds of each function, run in turn."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, spent in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            spent.append(time.perf_counter() - start)
    return [median(spent) for spent in times]


def main() -> None:
    request = large_request()
    body = orjson.dumps(request)
    floor, ours, whole = interleaved(
        lambda: (orjson.loads(body), sha256(body).digest()),
        lambda: read(request).fingerprints,
        lambda: read(orjson.loads(body)).fingerprints,
    )
    print(f"body of {len(body):,} bytes in {len(read(request).blocks)} blocks")
    print(f"  orjson.loads and sha256: {floor * 1e6:.0f} us")
    print(f"  fingerprints of the parsed request: {ours * 1e6:.0f} us, {floor / ours:.2f} of the floor's speed")
    print(f"  orjson.loads and fingerprints:      {whole * 1e6:.0f} us, {floor / whole:.2f} of the floor's speed")

    record = read(request, lambda text, _: len(text) // 4).record
    simulator, count = Simulator(), 100_000

    def simulate() -> None:
        for number in range(count):
            simulator.send(record, at=float(number))

    (spent,) = interleaved(simulate, rounds=5)
    print(f"simulator: {count / spent:,.0f} requests a second with 4 breakpoints, on ready fingerprints")

    text = PROMPT.read_text(encoding="utf-8")
    code = (
        "import sys, time; from harness.prompt.tokens import TextCounter; text = open(sys.argv[1]).read();"
        "start = time.perf_counter(); TextCounter()(text, '4.8'); print(time.perf_counter() - start)"
    )
    cold = [float(subprocess.check_output([sys.executable, "-c", code, PROMPT])) for _ in range(5)]
    counter = TextCounter()
    counter(text, "4.8")
    (warm,) = interleaved(lambda: counter(text, "4.8"))
    print(f"prompt of {len(text):,} characters: counted cold in {median(cold):.2f} s, warm in {warm * 1e3:.3f} ms")
    print(json.dumps({"fingerprint_ratio": floor / ours, "simulator_per_second": count / spent, "cold": median(cold)}))


if __name__ == "__main__":
    main()
