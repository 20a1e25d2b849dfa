"""What a run of the gate said, and changes to the request that it judges."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.lock.examples import PROMPT, rich_request
from tests.pytest_plugin.conftest import shown
from tests.pytest_plugin.scratch import Body, Desk

REPORTS = ("-o", "harness_reports=reports")
CANNOT_TELL_REPORT = 2


def findings(desk: Desk) -> list[dict[str, Any]]:
    """The findings of the last run, from its report."""
    path = desk.path / "reports/report.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["findings"]
    path.unlink()
    return found


def facts(found: list[dict[str, Any]]) -> set[tuple[str, str, str | None, str | None]]:
    """Rule, level, cause and path of each."""
    return {(one["rule"], one["level"], one["cause"], one["place"]["path"] if one["place"] else None) for one in found}


def section(result: pytest.RunResult) -> str:
    """What a run printed about its findings."""
    return shown(result, "prompt cache", "=")


def prompt_of(body: Body, text: str) -> Body:
    """The body with another system prompt."""
    changed = deepcopy(body)
    changed["system"][0]["text"] = text
    return changed


def late(body: Body) -> Body:
    """The body with one more breakpoint."""
    changed = deepcopy(body)
    changed["tools"][1]["cache_control"] = {"type": "ephemeral"}
    return changed


BUSTED = prompt_of(rich_request(), f"{PROMPT} ")
OTHER = prompt_of(rich_request(), f"Be brief.\n{PROMPT}")
