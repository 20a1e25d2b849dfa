"""Rounds wait only for the real API, and only as long as they must."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.cassettes.store import CassetteStore
from harness.emulator.core import Emulator
from harness.emulator.server import EmulatorServer
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider.limits import READABLE_AFTER_SECONDS
from harness.sessions.other_clients import ForeignSession
from harness.sessions.pause import Pause
from harness.sessions.session import CallSession, Mode, SessionOptions
from tests.conftest import Clock

COUNT = TextCounter()
REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello"}],
}


@pytest.mark.parametrize(
    ("answers", "now", "pauses"),
    [
        pytest.param([], 0, [], id="first-round"),
        pytest.param([10], 10, [3], id="at-once"),
        pytest.param([10], 11.25, [1.75], id="soon"),
        pytest.param([10], 13, [], id="just-late-enough"),
        pytest.param([10], 60, [], id="much-later"),
        pytest.param([10, 12], 13, [2], id="counted-from-the-latest-answer"),
        pytest.param([0], 0, [3], id="at-the-start-of-the-clock"),
    ],
)
def test_pause_is_the_rest_of_the_time_since_the_latest_answer_began(
    answers: list[float], now: float, pauses: list[float]
) -> None:
    clock, slept = Clock(), list[float]()
    pause = Pause(clock, slept.append)
    for moment in answers:
        clock.now = moment
        pause.note_answer()
    clock.now = now

    pause.wait()

    assert slept == pauses
    assert READABLE_AFTER_SECONDS == 3


def open_session(
    mode: Mode, upstream: Any, folder: Path, slept: list[float], clock: Clock, *, url: str | None = None
) -> CallSession:
    options = SessionOptions(
        mode=mode,
        upstream=upstream,
        store=CassetteStore(folder),
        reader=PromptReader(COUNT),
        base_url=url,
        clock=clock,
        sleep=slept.append,
    )
    return CallSession(options, "case")


def ask(session: CallSession) -> None:
    with session.anthropic() as client:
        client.messages.create(**REQUEST)


def ask_async(session: CallSession) -> None:
    async def run() -> None:
        async with session.async_anthropic() as client:
            await client.messages.create(**REQUEST)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("mode", "upstream", "pauses"),
    [
        ("live", "anthropic", [3]),
        ("record", "anthropic", [3]),
        ("record", "emulator", []),
        ("emulate", "emulator", []),
        ("replay", "emulator", []),
    ],
)
@pytest.mark.parametrize("call", [ask, ask_async])
def test_only_the_real_api_is_waited_for(
    call: Any, mode: Mode, upstream: str, pauses: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")
    slept, clock = list[float](), Clock()
    recording = open_session("record", "emulator", tmp_path, slept, clock)
    call(recording)
    recording.save()
    with EmulatorServer(Emulator(reader=PromptReader(COUNT), clock=clock)) as server:
        session = open_session(mode, upstream, tmp_path, slept, clock, url=server.url)
        session.await_entries()
        call(session)
        session.await_entries()

    assert slept == pauses


def test_time_counts_from_the_beginning_of_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")
    slept, clock = list[float](), Clock()
    with EmulatorServer(Emulator(reader=PromptReader(COUNT), clock=clock)) as server:
        session = open_session("live", "anthropic", tmp_path, slept, clock, url=server.url)
        with session.anthropic() as client, client.messages.stream(**REQUEST) as stream:
            clock.now = 1.5
            for _ in stream:
                clock.now += 0.001
        clock.now = 2.0
        session.await_entries()

    assert slept == [1.0]


def test_other_clients_wait_too(tmp_path: Path) -> None:
    slept, clock = list[float](), Clock()
    options = SessionOptions(
        mode="live",
        upstream="anthropic",
        store=CassetteStore(tmp_path),
        reader=PromptReader(COUNT),
        clock=clock,
        sleep=slept.append,
    )
    with (
        EmulatorServer(Emulator(reader=PromptReader(COUNT), clock=clock)) as server,
        ForeignSession(options, "case") as session,
        httpx2.Client() as client,
    ):
        client.post(f"{server.url}/v1/messages", json=REQUEST)
        clock.now = 0.5
        session.await_entries()

    assert len(session.calls) == 1
    assert slept == [2.5]
