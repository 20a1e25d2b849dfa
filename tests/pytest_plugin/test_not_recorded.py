"""Answers that cannot be recorded fail their test, even if the application handles the error."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from harness.emulator.http import HttpAnswer
from harness.emulator.server import EmulatorServer
from harness.prompt.tokens import TextCounter
from tests.pytest_plugin.conftest import APP, Project
from tests.pytest_plugin.live_api import Api
from tests.secret_kinds import OWN_KEY

pytest_plugins = ("pytester",)


class _Damaged(Api):
    """Says that its answers are compressed, which they are not."""

    def handle(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return HttpAnswer(status=200, headers={"content-encoding": "gzip"}, chunks=(b"\x1f\x8b nonsense",))


@contextmanager
def undecodable_api(count_text: TextCounter) -> Iterator[str]:
    with EmulatorServer(_Damaged(count_text=count_text, pauses=[])) as server:
        yield server.url


@pytest.mark.parametrize("handling", ["raise", "swallow"])
def test_answer_that_cannot_be_recorded_fails_its_test_even_if_the_error_is_handled(
    handling: str, project: Project, count_text: TextCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers = {"raise": "raise", "swallow": "pass"}
    project.write(
        "test_app.py",
        "import anthropic\n"
        f"{APP}\n\ndef test_ask(anthropic_client):\n    try:\n        ask(anthropic_client, 'Be kind.', 'Hi')\n"
        f"    except anthropic.AnthropicError:\n        {handlers[handling]}\n",
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", OWN_KEY)
    with undecodable_api(count_text) as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        result = project.run("--harness-mode=record", "--harness-upstream=anthropic")

    assert result.ret != 0
    result.stdout.fnmatch_lines(["*the answer to POST /v1/messages cannot be recorded: a gzip body is damaged*"])
    assert not (project.path / "cassettes").exists()
