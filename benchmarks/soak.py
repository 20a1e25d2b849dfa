"""Try to break cassettes in long runs: kills while recording, mutated files, many threads and tasks.

Run: python benchmarks/soak.py [--kills 200] [--mutations 10000] [--rounds 50] [--xdist-rounds 50]
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness.cassettes.store import CassetteStore
from harness.errors import CassetteError
from harness.prompt.reader import PromptReader
from harness.sessions.session import CallSession, SessionOptions

SYSTEM = "Weigh the evidence of each skill before the title of the post. " * 100


def ask(client: Any, number: int) -> str:
    """Make one call, whose answer no other call gets."""
    message = client.messages.create(**request(number))
    return str(message.content[0].text)


def request(number: int) -> dict[str, Any]:
    """A request that is unique to its number."""
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "x" * (number + 1)}],
    }


def open_session(folder: Path, mode: Any, name: str) -> CallSession:
    """A session with its own store."""
    options = SessionOptions(
        mode=mode, upstream="emulator", store=CassetteStore(folder), reader=PromptReader(lambda text, _: len(text) // 4)
    )
    return CallSession(options, name)


def record_for_ever(folder: Path) -> None:
    """Record cassettes until the process is killed."""
    number = 0
    while True:
        session = open_session(folder, "record", f"case{number % 5}")
        client = session.anthropic()
        for step in range(3):
            ask(client, number * 3 + step)
        session.save()
        if number == 0:
            print("ready", flush=True)
        number += 1


def kill_while_recording(folder: Path, kills: int, chance: random.Random) -> str:
    """Kill a recorder at random moments; after each kill, every cassette on disk must be whole."""
    whole = 0
    for _ in range(kills):
        with subprocess.Popen([sys.executable, __file__, "--record", str(folder)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.2))
            os.kill(process.pid, signal.SIGKILL)
        store = CassetteStore(folder)
        for path in folder.glob("*.json"):
            cassette = store.load(path.stem)
            assert cassette is not None
            assert all(interaction.request.body for interaction in cassette.interactions)
            whole += 1
    return f"{kills} kills while recording: {whole} cassettes read after them, all whole"


def mutate(folder: Path, mutations: int, chance: random.Random) -> str:
    """Change files at random; each load must raise an error with the file's name, or give what was recorded."""
    session = open_session(folder, "record", "case")
    ask(session.anthropic(), 1)
    session.save()
    files = [path for path in folder.rglob("*") if path.is_file()]
    originals = {path: path.read_bytes() for path in files}
    recorded = _contents(folder)
    refused = 0
    for _ in range(mutations):
        path = chance.choice(files)
        path.write_bytes(_mutated(originals[path], chance))
        try:
            same = _contents(folder) == recorded
            assert same, f"a wrong body came out of {path}"
        except CassetteError as error:
            refused += 1
            if str(folder) not in str(error):
                raise
        path.write_bytes(originals[path])
    return f"{mutations} mutations of cassettes and blobs: {refused} refused with the file's name, the rest harmless"


def _contents(folder: Path) -> list[tuple[bytes, bytes]]:
    cassette = CassetteStore(folder).load("case")
    assert cassette is not None, "a mutated cassette counts as never recorded"
    return [(item.request.body, item.response.body) for item in cassette.interactions]


def _mutated(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + data[place + chance.randrange(1, 20) :]
    if kind == 3:
        return data[:place] + bytes(chance.randrange(256) for _ in range(chance.randrange(1, 8))) + data[place:]
    if kind == 4:
        return b""
    return data.replace(b"\n", b"\r\n") if chance.random() < 0.5 else data[place:] + data[:place]


def in_parallel(folder: Path, rounds: int) -> str:
    """Make 200 calls from 8 threads, and from 200 tasks; each must get its own answer, played once."""
    session = open_session(folder, "record", "parallel")
    client = session.anthropic()
    expected = {number: ask(client, number) for number in range(200)}
    session.save()
    for _ in range(rounds):
        replay = open_session(folder, "replay", "parallel")
        sdk = replay.anthropic()
        with ThreadPoolExecutor(8) as pool:
            found = dict(zip(range(200), pool.map(lambda number, sdk=sdk: ask(sdk, number), range(200)), strict=True))
        assert found == expected
        assert not replay.unplayed
        replay = open_session(folder, "replay", "parallel")
        assert asyncio.run(_gather(replay)) == expected
        assert not replay.unplayed
    return f"{rounds} rounds of 200 calls in 8 threads and of 200 tasks: no answer lost, doubled or mixed up"


XDIST_TEST = """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_each_call_gets_its_own_answer(anthropic_client, number):
    # The same request three times over: first recorded, first served, and each once.
    texts = [
        anthropic_client.messages.create(
            model="claude-sonnet-5-5", max_tokens=100, messages=[{"role": "user", "content": "x" * (number + 1)}]
        ).content[0].text
        for _ in range(3)
    ]
    assert texts == [f"This is the emulator's answer to a message of {number + 1} characters."] * 3
"""


def in_processes(folder: Path, rounds: int) -> str:
    """Replay 40 tests of three equal calls in two processes; a lost, doubled or unplayed answer fails."""
    (folder / "test_own.py").write_text(XDIST_TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    record = [*command, "--harness-mode=record", "--harness-upstream=emulator"]
    subprocess.run(record, check=True, capture_output=True)
    for _ in range(rounds):
        replay = [*command, "-n", "2", "--harness-fail-unplayed"]
        done = subprocess.run(replay, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        assert "40 passed" in done.stdout, done.stdout
    return f"{rounds} rounds of 40 tests of three equal calls under -n 2: all passed, nothing left unplayed"


async def _gather(session: CallSession) -> dict[int, str]:
    async with session.async_anthropic() as client:
        messages = await asyncio.gather(*(client.messages.create(**request(number)) for number in range(200)))
    return {number: message.content[0].text for number, message in enumerate(messages)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--xdist-rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    if options.record:
        record_for_ever(options.record)
    chance = random.Random(options.seed)
    for run, number in ((mutate, options.mutations), (kill_while_recording, options.kills)):
        with tempfile.TemporaryDirectory() as name:
            print(run(Path(name), number, chance), flush=True)
    with tempfile.TemporaryDirectory() as name:
        print(in_parallel(Path(name), options.rounds), flush=True)
    with tempfile.TemporaryDirectory() as name:
        print(in_processes(Path(name), options.xdist_rounds), flush=True)
    print(json.dumps({"seed": options.seed}))


if __name__ == "__main__":
    main()
