"""What a call costs more than with the bare SDK: watched, and through `ClaudeClient`.

One process, a transport that answers at once, and calls of both kinds in random order: the medians of each, and the
processor time of all threads a call, which includes what is done in the background. The local cache is off.

Run: python benchmarks/client_overhead.py [ROUNDS]
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time, sleep
from typing import Any

import httpx2
from anthropic import Anthropic

from harness import ClaudeClient, Settings, watch

USAGE: dict[str, Any] = {
    "input_tokens": 5,
    "cache_read_input_tokens": 1_900,
    "cache_creation_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 70,
}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-5-5",
    "content": [{"type": "text", "text": "A short answer. " * 20}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": USAGE,
}
WARM_UP = 100
SETTLE = 1.5
"""Seconds in which the watch does what is left."""


def events() -> bytes:
    start = {**MESSAGE, "content": [], "stop_reason": None}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "A short answer. "}}
    found: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *([delta] * 20),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
        {"type": "message_stop"},
    ]
    return b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in found)


ANSWER, STREAM = json.dumps(MESSAGE).encode(), events()


def answer(request: httpx2.Request) -> httpx2.Response:
    if b'"stream":true' in request.content:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=STREAM)
    return httpx2.Response(200, headers={"content-type": "application/json"}, content=ANSWER)


def make_sdk() -> Anthropic:
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return Anthropic(api_key="test", base_url="https://api.anthropic.com", http_client=http)


def parameters(size: int) -> dict[str, Any]:
    system = [{"type": "text", "text": "word " * (size // 5), "cache_control": {"type": "ephemeral"}}]
    messages = [{"role": "user", "content": "Which one?"}]
    return {"model": "claude-sonnet-5-5", "max_tokens": 4096, "system": system, "messages": messages}


def read_stream(sdk: Anthropic, request: dict[str, Any]) -> None:
    with sdk.messages.stream(**request) as stream:
        for _ in stream.text_stream:
            pass


def measure(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Medians in microseconds, of calls that alternate in random order."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    order, random = list(calls), Random(0)
    for index in range(rounds + WARM_UP):
        random.shuffle(order)
        for name in order:
            start = perf_counter()
            calls[name]()
            if index >= WARM_UP:
                times[name].append(perf_counter() - start)
    return {name: median(found) * 1e6 for name, found in times.items()}


def processor_time(call: Callable[[], Any], rounds: int) -> float:
    """Microseconds a call of all threads, with what is done behind its back."""
    sleep(SETTLE)
    start = process_time()
    for _ in range(rounds):
        call()
    sleep(SETTLE)
    return (process_time() - start) / rounds * 1e6


def show(kind: str, size: int, bare: Callable[[], Any], others: dict[str, Callable[[], Any]], rounds: int) -> None:
    for name, call in others.items():
        found = measure({"bare": bare, name: call}, rounds)
        more = found[name] / found["bare"] - 1
        used = [processor_time(one, 500) for one in (bare, call)]
        print(
            f"{kind:6} {size:6,} bytes  {name:12} {found[name]:6.0f} us, bare {found['bare']:6.0f} us: {more:+6.1%}   "
            f"processor {used[1]:6.0f} us, bare {used[0]:6.0f} us"
        )


def compare(size: int, rounds: int, folder: Path) -> None:
    request = parameters(size)
    text = request["system"][0]["text"]
    bare, watched = make_sdk(), make_sdk()
    ours = ClaudeClient(make_sdk(), settings=Settings(use_local_cache=False))
    with watch(watched, log=folder / "calls.jsonl"):
        creates: dict[str, Callable[[], Any]] = {
            "watched": lambda: watched.messages.create(**request),
            "ClaudeClient": lambda: ours.create_message(text, "Which one?"),
        }
        show("create", size, lambda: bare.messages.create(**request), creates, rounds)
        streams: dict[str, Callable[[], Any]] = {
            "watched": lambda: read_stream(watched, request),
            "ClaudeClient": lambda: list(ours.stream_message(text, "Which one?")),
        }
        show("stream", size, lambda: read_stream(bare, request), streams, rounds)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as folder:
        for size in (2_000, 60_000):
            compare(size, rounds, Path(folder))


if __name__ == "__main__":
    main()
