"""A server on loopback that stands for the API."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from harness.emulator.core import Emulator
from harness.emulator.http import HttpAnswer
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.promptcache.simulator import Simulator
from tests.conftest import Clock

LIVE = "--harness-mode=live"


UNHURRIED = """
import pytest
from harness.pytest_plugin.run import RUN

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.stash[RUN].sessions.sleep = lambda seconds: None
"""
"""A ``conftest.py`` for runs in other processes: they wait for nothing."""


class Pauses:
    """A plugin that notes how long a run would wait for the API, and lets it go on at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Replace the sleep of the run's sessions."""
        # Each inner run imports the plugin again.
        from harness.pytest_plugin.run import RUN

        config.stash[RUN].sessions.sleep = self.seconds.append


class Api(Emulator):
    """The emulator, which remembers its requests and whose answers a test can change."""

    def __init__(self, *, count_text: TextCounter, simulator: Simulator | None = None, pauses: list[float]) -> None:
        self.pauses = pauses
        """The pauses between rounds, in seconds."""
        super().__init__(reader=PromptReader(count_text), clock=Clock(), simulator=simulator)
        self.bodies: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.usages: list[tuple[int, int]] = []
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer

    def handle(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        self.bodies.append(json.loads(body))
        answer = super().handle(method, path, body, headers)
        message = self.change(json.loads(b"".join(answer.chunks)))
        usage = message.get("usage", {})
        self.ids.append(message.get("id", ""))
        self.usages.append((usage.get("cache_creation_input_tokens", 0), usage.get("cache_read_input_tokens", 0)))
        return HttpAnswer(status=answer.status, headers=answer.headers, chunks=(json.dumps(message).encode(),))

    @property
    def asked(self) -> list[Any]:
        """The ``diagnostics`` parameter of each request."""
        return [body.get("diagnostics") for body in self.bodies]


class Script(Random):
    """A source of random numbers with a fixed sequence."""

    def __init__(self, *draws: float) -> None:
        super().__init__(0)
        self._draws = list(draws)

    def random(self) -> float:
        return self._draws.pop(0)


def missing(*draws: float) -> Simulator:
    """A prompt cache that misses a read if the number drawn for it is below one half."""
    return Simulator(miss_rate=0.5, random=Script(*draws))


Serve = Callable[..., Api]
