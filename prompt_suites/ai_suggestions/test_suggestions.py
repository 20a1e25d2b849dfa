"""The answer must be the JSON object that the application asked for."""

import json
from pathlib import Path
from typing import Any

from harness import ClaudeClient
from prompt_suites.ai_suggestions.service import AISuggestions, load_prompt

_FIXTURES = Path(__file__).parents[1] / "fixtures"


def _load(kind: str) -> Any:
    return json.loads((_FIXTURES / kind / "backend-engineer-mid.json").read_text(encoding="utf-8"))


def test_suggestions_are_json_with_a_reason_for_each(claude: ClaudeClient) -> None:
    pieces = AISuggestions(claude, load_prompt("v2")).suggest(_load("resumes"), _load("jobs"))

    suggestions = json.loads("".join(pieces))["suggestions"]

    assert suggestions
    assert all(suggestion["reason"] for suggestion in suggestions)
