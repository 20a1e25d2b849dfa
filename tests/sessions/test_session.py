import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes.store import CassetteStore
from harness.errors import CassetteError
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.sessions.replay import CassetteMissError
from harness.sessions.session import CallSession, Mode, SessionOptions

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello"}],
}


@pytest.fixture
def options(tmp_path: Path, count_text: TextCounter) -> SessionOptions:
    return options_for("record", tmp_path, count_text)


def options_for(mode: Mode, folder: Path, count_text: TextCounter) -> SessionOptions:
    return SessionOptions(
        mode=mode,
        upstream="emulator",
        store=CassetteStore(folder),
        reader=PromptReader(count_text),
        today=lambda: datetime(2026, 11, 23, 10, 30, tzinfo=UTC),
    )


def ask(session: CallSession) -> str:
    with session.anthropic() as client:
        return client.messages.create(**REQUEST).content[0].text


def ask_async(session: CallSession) -> str:
    async def run() -> str:
        async with session.async_anthropic() as client:
            return (await client.messages.create(**REQUEST)).content[0].text

    return asyncio.run(run())


def test_what_a_session_recorded_another_replays(tmp_path: Path, count_text: TextCounter) -> None:
    recording = CallSession(options_for("record", tmp_path, count_text), "case")
    answers = [ask(recording), ask_async(recording)]
    recording.save()
    replaying = CallSession(options_for("replay", tmp_path, count_text), "case")
    assert [ask_async(replaying), ask(replaying)] == answers
    assert replaying.calls == recording.calls
    assert len(replaying.calls) == 2


def test_the_cassette_says_when_and_from_whom(options: SessionOptions) -> None:
    session = CallSession(options, "case")
    ask(session)
    session.save()
    recorded = json.loads(options.store.path("case").read_bytes())["recorded"]
    assert (recorded["from"], recorded["at"]) == ("emulator", "2026-11-23T10:30:00Z")
    assert recorded["sdk"].startswith("anthropic 2.")


def test_a_session_that_sent_nothing_writes_nothing(options: SessionOptions, tmp_path: Path) -> None:
    CallSession(options, "case").save()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["emulate", "replay"])
def test_only_record_mode_writes(tmp_path: Path, count_text: TextCounter, mode: Mode) -> None:
    session = CallSession(options_for(mode, tmp_path, count_text), "case")
    if mode == "emulate":
        ask(session)
        assert len(session.calls) == 1
    session.save()
    assert list(tmp_path.iterdir()) == []


def test_a_miss_is_kept_by_the_session_with_its_hint(tmp_path: Path, count_text: TextCounter) -> None:
    session = CallSession(options_for("replay", tmp_path, count_text), "case", hint="pytest --harness-mode=record")
    with pytest.raises(CassetteMissError) as caught:
        ask(session)
    assert session.misses == (caught.value,)
    assert str(caught.value) == (
        "no cassette 'case': nothing was recorded for POST /v1/messages\n  try: pytest --harness-mode=record"
    )


def test_a_damaged_cassette_fails_when_the_session_opens(options: SessionOptions, count_text: TextCounter) -> None:
    options.store.path("case").write_bytes(b"{")
    with pytest.raises(CassetteError, match=r"case\.json: not a cassette"):
        CallSession(options_for("replay", options.store.folder, count_text), "case")


def test_sync_and_async_clients_of_a_session_share_one_emulator(tmp_path: Path, count_text: TextCounter) -> None:
    session = CallSession(options_for("emulate", tmp_path, count_text), "case", responder=lambda _: "mine")
    assert [ask(session), ask_async(session)] == ["mine", "mine"]
    assert [call.origin for call in session.calls] == ["emulator", "emulator"]


@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_no_key_of_the_environment_is_used_offline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count_text: TextCounter, mode: Mode
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-secret")
    with CallSession(options_for(mode, tmp_path, count_text), "case").anthropic() as client:
        assert client.api_key == "offline"
