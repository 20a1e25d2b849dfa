"""One way for all libraries: record from the emulator, then replay, and compare what the library gave."""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.calls.call import Call
from harness.cassettes.store import CassetteStore
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.sessions.other_clients import ForeignSession
from harness.sessions.session import Mode, SessionOptions

# LiteLLM would fetch its price list when it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

KEY = "sk-ant-api03-secret"
MODEL = "claude-sonnet-5-5"
ANSWER = "This is the emulator's answer to a message of 5 characters."

# The newest models take no forced choice of a tool.
TOOL_MODEL = "claude-sonnet-4-6"
PARAMETERS = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "level": {"type": "string", "enum": ["junior", "senior"]},
        "years": {"type": "integer", "minimum": 3},
    },
    "required": ["title", "level", "years"],
}
ARGUMENTS = {"title": "x", "level": "junior", "years": 3}
"""What the emulator makes up for those parameters."""

Ask = Callable[[str], Any]
"""What a library hands out for "Hello", given the base URL."""


@dataclass
class Bench:
    """Runs a library in a mode, with one cassette."""

    folder: Path
    count_text: TextCounter

    def run(self, mode: Mode, ask: Ask) -> tuple[Any, list[Call]]:
        options = SessionOptions(
            mode=mode, upstream="emulator", store=CassetteStore(self.folder), reader=PromptReader(self.count_text)
        )
        with ForeignSession(options, "case") as session:
            answer = ask(session.base_url)
        session.raise_first_miss()
        assert session.unplayed == ()
        session.save()
        return answer, session.calls

    def record_and_replay(self, ask: Ask, answer: Any = ANSWER) -> Call:
        """The one call that the library made, the same when recorded and when replayed; the answer is checked."""
        (call,) = self.record_and_replay_all(ask, answer)
        return call

    def record_and_replay_all(self, ask: Ask, answer: Any) -> list[Call]:
        """All calls that the library made, the same when recorded and when replayed; the answer is checked."""
        recorded = self.run("record", ask)
        assert recorded[0] == answer
        assert self.run("replay", ask) == recorded
        assert not any(KEY.encode() in path.read_bytes() for path in self.folder.rglob("*.json"))
        return recorded[1]


@pytest.fixture
def bench(tmp_path: Path, count_text: TextCounter) -> Bench:
    return Bench(tmp_path, count_text)


@pytest.fixture(autouse=True)
def _leave_nothing_to_the_next_test() -> Iterator[None]:
    """Collect what a library left open while its warnings are ignored, not while another test runs."""
    yield
    gc.collect()
