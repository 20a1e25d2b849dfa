from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from anthropic import Anthropic
from hypothesis import settings

from harness.emulator.core import Emulator
from harness.emulator.transport import EmulatorTransport
from harness.prompt.tokens import TextCounter

BASE_URL = "https://api.anthropic.com"

# How long an example takes says something about the machine, not about the code.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Wire(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Passes requests on, and keeps them, so that a test can say what was sent."""

    def __init__(self, upstream: EmulatorTransport) -> None:
        self.upstream = upstream
        self.sent: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        return self.upstream.handle_request(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        return await self.upstream.handle_async_request(request)


@pytest.fixture(scope="session")
def count_text() -> TextCounter:
    return TextCounter()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(count_text: TextCounter, clock: Clock) -> Emulator:
    return Emulator(count_text=count_text, clock=clock)


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
