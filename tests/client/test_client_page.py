"""The examples of docs/client.md run."""

import re
from functools import partial
from pathlib import Path

import anthropic
import httpx2
import pytest

from tests.client.conversation import RULES, TOOLS
from tests.conftest import BASE_URL, Wire

PAGE = Path(__file__).parents[2] / "docs" / "client.md"


def test_the_examples_run_one_after_the_other(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make = partial(anthropic.Anthropic, api_key="test", base_url=BASE_URL, http_client=httpx2.Client(transport=wire))
    monkeypatch.setattr(anthropic, "Anthropic", make)
    monkeypatch.chdir(tmp_path)
    names = {"system_prompt": RULES, "tools": TOOLS}

    for example in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        exec(example, names)

    assert len(wire.sent) == 6
    assert len(list(Path("cache/prompts").iterdir())) == 5
    names["watched"].close()  # type: ignore[attr-defined]
    assert len(Path("calls.jsonl").read_bytes().splitlines()) == 1
    assert "emulator's answer" in capsys.readouterr().out
