from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from anthropic import Anthropic
from hypothesis import settings

from harness.cassettes.secrets import SECRETS
from harness.emulator.core import Emulator
from harness.emulator.transport import EmulatorTransport
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider import pricing

BASE_URL = "https://api.anthropic.com"

# The time that an example takes depends on the machine, not on the code.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@dataclass
class Clock:
    """A clock that moves only when a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Wire(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Passes requests on and keeps them, so that a test can check what was sent."""

    def __init__(self, upstream: EmulatorTransport) -> None:
        self.upstream = upstream
        self.sent: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        return self.upstream.handle_request(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        return await self.upstream.handle_async_request(request)


@pytest.fixture
def without_prices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A price list that has no row for any model, as an old one has none for a new model."""

    def refuse(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr("genai_prices.calc_price", refuse)
    pricing._price.cache_clear()
    yield
    pricing._price.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_recorded_holds_a_secret(request: pytest.FixtureRequest) -> Iterator[None]:
    """Scan everything that a test recorded for secrets; tests that plant secrets are marked."""
    yield
    if "tmp_path" in request.fixturenames and request.node.get_closest_marker("plants_secrets") is None:
        folder: Path = request.node.funcargs["tmp_path"]
        found = [finding for path in sorted(folder.rglob("cassettes")) for finding in find_secrets(path)]
        assert found == []


def find_secrets(folder: Path) -> list[str]:
    """Secrets in the cassettes of a folder and in the texts beside them."""
    files = [path for path in (*folder.rglob("*.json"), *folder.rglob("*.txt")) if path.is_file()]
    texts = ((path, path.read_text(encoding="utf-8", errors="replace")) for path in files)
    return [f"{path}: {what}" for path, text in texts for what, pattern in SECRETS if pattern.search(text)]


@pytest.fixture(scope="session")
def count_text() -> TextCounter:
    return TextCounter()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(count_text: TextCounter, clock: Clock) -> Emulator:
    return Emulator(reader=PromptReader(count_text), clock=clock)


@pytest.fixture
def wire(emulator: Emulator) -> Wire:
    return Wire(EmulatorTransport(emulator))


@pytest.fixture
def anthropic(wire: Wire) -> Iterator[Anthropic]:
    with (
        httpx2.Client(transport=wire) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as client,
    ):
        yield client
