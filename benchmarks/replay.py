"""Measure the replay of 500 calls of 60 KB that share a 58 KB system prompt, against a floor and two other recorders.

The floor is the SDK on ``httpx2.MockTransport`` with a dictionary of ready bytes. Every variant runs in its own
process, five times in turn; the time is the CPU time of loading and replaying, without imports. All variants give
the SDK the same answers.

Run: python benchmarks/replay.py [--calls 500] [--rounds 5]
vcrpy is a dependency of this package; run `pip install cassetter` to measure cassetter too.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.sessions.session import Mode

SYSTEM = "".join(
    f"Rule {number}: weigh the evidence of each skill before the title of the post.\n" for number in range(770)
)
QUESTION = "Where does this resume fall short of the job? " * 40


def bodies(calls: int) -> list[dict[str, Any]]:
    """The requests, as keyword arguments of the SDK."""
    system = [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}]
    return [
        {
            "model": "claude-sonnet-5-5",
            "max_tokens": 100,
            "system": system,
            "messages": [{"role": "user", "content": f"{number}: {QUESTION}"}],
        }
        for number in range(calls)
    ]


def client(transport: Any) -> Any:
    """An SDK client on a transport."""
    import httpx2
    from anthropic import Anthropic

    return Anthropic(
        api_key="offline", base_url="https://api.anthropic.com", http_client=httpx2.Client(transport=transport)
    )


def ask(sdk: Any, requests: list[dict[str, Any]]) -> None:
    """Make all calls."""
    for request in requests:
        sdk.messages.create(**request)


def sessions(folder: Path, mode: Mode) -> Any:
    """A function that makes sessions the way the plugin does, with one store for the run."""
    from harness.cassettes.store import CassetteStore
    from harness.prompt.reader import PromptReader
    from harness.sessions.session import CallSession, SessionOptions

    store = CassetteStore(folder)
    reader = PromptReader(lambda text, _: len(text) // 4)
    options = SessionOptions(mode=mode, upstream="emulator", store=store, reader=reader)
    return lambda name: CallSession(options, name)


def record(folder: Path, calls: int) -> None:
    """Record everything once, for every variant."""
    import httpx2
    import vcr

    from harness.cassettes.store import CassetteStore

    requests = bodies(calls)
    one = sessions(folder / "one", "record")("all")
    ask(one.anthropic(), requests)
    one.save()
    open_many = sessions(folder / "many", "record")
    for number, request in enumerate(requests):
        many = open_many(f"case{number}")
        ask(many.anthropic(), [request])
        many.save()
    # The same answers for all: the SDK's work on an answer takes much of the time.
    recorded = CassetteStore(folder / "one").load("all")
    assert recorded is not None
    answers = {item.request.body: item.response.body for item in recorded.interactions}

    def keep(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=answers[request.content])

    with vcr.use_cassette(str(folder / "vcr.yaml"), record_mode="all", match_on=["method", "path", "raw_body"]):
        ask(client(httpx2.MockTransport(keep)), requests)
    if find_spec("cassetter"):
        import cassetter

        with cassetter.use_cassette(folder / "cassetter.yaml", record_mode="all", match_on=["method", "uri", "body"]):
            ask(client(httpx2.MockTransport(keep)), requests)
    (folder / "floor.json").write_text(json.dumps({key.decode(): value.decode() for key, value in answers.items()}))


def run_floor(folder: Path, calls: int) -> None:
    """The SDK on a dictionary of ready bytes."""
    import httpx2

    ready = json.loads((folder / "floor.json").read_text())
    answers = {key.encode(): value.encode() for key, value in ready.items()}
    headers = {"content-type": "application/json"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers=headers, content=answers[request.content])

    ask(client(httpx2.MockTransport(answer)), bodies(calls))


def run_one(folder: Path, calls: int) -> None:
    """This package, one cassette."""
    ask(sessions(folder / "one", "replay")("all").anthropic(), bodies(calls))


def run_many(folder: Path, calls: int) -> None:
    """This package, one cassette and one client per call, as in tests."""
    open_session = sessions(folder / "many", "replay")
    for number, request in enumerate(bodies(calls)):
        ask(open_session(f"case{number}").anthropic(), [request])


def run_floor_many(folder: Path, calls: int) -> None:
    """The floor with one client per call."""
    import httpx2

    ready = json.loads((folder / "floor.json").read_text())
    answers = {key.encode(): value.encode() for key, value in ready.items()}
    headers = {"content-type": "application/json"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers=headers, content=answers[request.content])

    for request in bodies(calls):
        ask(client(httpx2.MockTransport(answer)), [request])


def run_vcr(folder: Path, calls: int) -> None:
    """Stock vcrpy, matching on the raw body."""
    import httpx2
    import vcr

    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError("not in the cassette")

    with vcr.use_cassette(str(folder / "vcr.yaml"), record_mode="none", match_on=["method", "path", "raw_body"]):
        ask(client(httpx2.MockTransport(refuse)), bodies(calls))


def run_cassetter(folder: Path, calls: int) -> None:
    """cassetter, matching on the body."""
    import cassetter
    import httpx2

    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError("not in the cassette")

    with cassetter.use_cassette(folder / "cassetter.yaml", record_mode="none", match_on=["method", "uri", "body"]):
        ask(client(httpx2.MockTransport(refuse)), bodies(calls))


VARIANTS = {
    "floor, one client": run_floor,
    "this package, one cassette": run_one,
    "floor, a client each": run_floor_many,
    "this package, a cassette each": run_many,
    "vcrpy": run_vcr,
    "cassetter": run_cassetter,
}


def measure(name: str, folder: Path, calls: int) -> float:
    """CPU seconds of one variant in a separate process."""
    command = [sys.executable, __file__, "--variant", name, "--folder", str(folder), "--calls", str(calls)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--variant", choices=VARIANTS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.variant:
        import anthropic  # noqa: F401

        import harness.sessions.session  # noqa: F401

        # Otherwise a full garbage collection of the imported modules (60 ms) falls into the time or not, by chance.
        gc.collect()
        gc.freeze()
        start = time.process_time()
        VARIANTS[options.variant](options.folder, options.calls)
        print(time.process_time() - start)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(folder, options.calls)
        sizes = {
            part: sum(f.stat().st_size for f in (folder / part).rglob("*") if f.is_file()) for part in ("one", "many")
        }
        for path in folder.glob("*.yaml"):
            sizes[path.name] = path.stat().st_size
        print({part: f"{size / 1e6:.2f} MB" for part, size in sizes.items()})
        names = [name for name in VARIANTS if name not in ("vcrpy", "cassetter")]
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(options.rounds):
            for variant in names:
                times[variant].append(measure(variant, folder, options.calls))
        for variant in names:
            print(f"{variant:32} {median(times[variant]):6.2f} s")
        for ours, floor in (
            ("this package, one cassette", "floor, one client"),
            ("this package, a cassette each", "floor, a client each"),
        ):
            ratio = median(a / b for a, b in zip(times[ours], times[floor], strict=True))
            print(f"{ours}: {ratio:.2f} of {floor}")
        for other in ("vcrpy", "cassetter") if options.rounds > 4 else ():
            if find_spec("vcr" if other == "vcrpy" else other):
                print(f"{other + ', once':32} {measure(other, folder, options.calls):6.2f} s")


if __name__ == "__main__":
    main()
