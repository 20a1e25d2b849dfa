"""Measure when the first event of a stream arrives: while recording, and in replays with and without its gaps.

Run: python benchmarks/stream.py
"""

import time
from collections.abc import Iterator
from statistics import median

import httpx2

from harness.cassettes.format import Cassette, Header
from harness.sessions.record import RecordTransport
from harness.sessions.replay import CassetteMissError, ReplayTransport

EVENTS = 25
GAP_SECONDS = 0.02
ROUNDS = 7


class Slow(httpx2.BaseTransport, httpx2.SyncByteStream):
    """Answers with an event every 20 ms."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Start the answer."""
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=self)

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(EVENTS):
            yield b"event: ping\ndata: {}\n\n"
            time.sleep(GAP_SECONDS)


def first_and_all(transport: httpx2.BaseTransport) -> tuple[float, float]:
    """Milliseconds to the first event, and to the end."""
    start, first = time.perf_counter(), 0.0
    client = httpx2.Client(transport=transport)
    with client, client.stream("POST", "https://api.anthropic.com/v1/messages", content=b"{}") as response:
        for _ in response.iter_raw():
            first = first or time.perf_counter()
    return (first - start) * 1e3, (time.perf_counter() - start) * 1e3


def main() -> None:
    header = Header(origin="emulator", recorded_at="", sdk="")
    rows: dict[str, list[tuple[float, float]]] = {"recording": [], "replay in real time": [], "replay": []}
    for _ in range(ROUNDS):
        recorder = RecordTransport(Slow(), origin="emulator", on_call=lambda _: None)
        rows["recording"].append(first_and_all(recorder))
        cassette = Cassette(header=header, interactions=recorder.interactions)
        for name, is_realtime in (("replay in real time", True), ("replay", False)):
            replay = ReplayTransport(
                cassette,
                on_call=lambda _: None,
                make_miss=lambda _: CassetteMissError("a miss"),
                is_realtime=is_realtime,
            )
            rows[name].append(first_and_all(replay))
    for name, times in rows.items():
        first, whole = (median(column) for column in zip(*times, strict=True))
        print(f"{name:20} first event after {first:6.1f} ms of {whole:6.1f} ms")


if __name__ == "__main__":
    main()
