"""Builders of small requests, and cases to run them with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.suites.model import Case, PromptVersion, Suite
from harness.suites.runner import CaseRun

MARK = {"type": "ephemeral"}
RESUME = {"name": "Ana Silva", "born": "1990-05-06", "age": 30, "posts": [{"title": "Nurse"}, {"title": "Head nurse"}]}


def make_run(function: Callable[..., Any], *cases: dict[str, Any], name: str = "ana") -> CaseRun:
    """The first of some cases, given by their inputs."""
    version = PromptVersion(name="v1", path=None, text=None, model="claude-sonnet-5-5")
    names = [name, *(f"other{number}" for number in range(1, len(cases)))]
    suite = Suite(
        name="support",
        path=Path("/p/suite.yaml"),
        line=2,
        function=f"app.py:{function.__name__}",
        is_build=True,
        client="claude",
        versions=(version,),
        cases=tuple(Case(name=name, line=7, inputs=inputs) for name, inputs in zip(names, cases, strict=True)),
    )
    return CaseRun(suite=suite, version=version, case=suite.cases[0])


def build(system: str, content: Any = "Why?", **more: Any) -> dict[str, Any]:
    """A request whose prefix ends with the system prompt."""
    blocks = [{"type": "text", "text": system, "cache_control": MARK}]
    messages = [{"role": "user", "content": content}]
    return {"model": "claude-sonnet-5-5", "max_tokens": 9, "system": blocks, "messages": messages, **more}
