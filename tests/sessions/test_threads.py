"""Threads under one session: no call slips past it, whatever the others do. The long run is a benchmark."""

import importlib.util
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from harness.emulator.core import Emulator
from harness.emulator.http import HttpAnswer
from harness.emulator.server import EmulatorServer
from harness.prompt.reader import PromptReader
from harness.sessions.session import Mode

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak_clients.py"


class Counting(Emulator):
    """Counts what it is asked."""

    asked = 0
    counting = threading.Lock()

    def handle(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        with self.counting:
            self.asked += 1
        return super().handle(method, path, body, headers)


@pytest.fixture
def soak() -> Iterator[ModuleType]:
    for library in ("aiohttp", "httpx", "requests", "urllib3"):
        pytest.importorskip(library, reason=f"{library} comes with the group integrations")
    spec = importlib.util.spec_from_file_location("soak_clients", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield module
    sys.setswitchinterval(interval)
    module.HTTPX.close()


@pytest.mark.parametrize("mode", ["replay", "emulate", "record"])
def test_eight_threads_with_four_clients_ask_for_no_foreign_address(
    mode: Mode, soak: ModuleType, tmp_path: Path
) -> None:
    with soak.watched() as found:
        soak.play_round("record", tmp_path, 8, soak.CLIENTS)
        for _ in range(3):
            soak.play_round(mode, tmp_path, 8, soak.CLIENTS)
    assert found == []


@pytest.mark.parametrize("mode", ["replay", "emulate", "record"])
def test_four_workers_that_each_post_twelve_times_with_requests_look_up_nothing(
    mode: Mode, soak: ModuleType, tmp_path: Path
) -> None:
    with soak.watched() as found:
        soak.play_round("record", tmp_path, 4, (soak.with_requests,) * 12)
        soak.play_round(mode, tmp_path, 4, (soak.with_requests,) * 12)
    assert found == []


def test_look_up_would_be_found(soak: ModuleType) -> None:
    with soak.watched() as found, pytest.raises(Exception, match="Max retries exceeded"):
        soak.with_requests(b"{}")
    assert found[0] == "look-up of api.anthropic.com"


def test_threads_that_record_from_a_gateway_ask_it_once_for_each_call(
    soak: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = Counting(reader=PromptReader(lambda text, _: len(text) // 4), clock=time.monotonic)
    with EmulatorServer(emulator) as gateway, soak.watched() as found:
        monkeypatch.setattr(soak, "URL", f"{gateway.url}/v1/messages")
        soak.play_round("record", tmp_path, 8, soak.CLIENTS, upstream="anthropic")
        assert emulator.asked == 32
        soak.play_round("replay", tmp_path, 8, soak.CLIENTS)
        assert emulator.asked == 32
    assert found == []
