"""Streamed phases: the text arrives in pieces, and the second stream reads what the first one wrote."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ClaudeClient
from harness.sessions.session import CallSession
from harness.testing.assertions import assert_reads_prefix
from prompt_suites.resume_customizer.service import Phase, ResumeCustomizer, load_prompt

_FIXTURES = Path(__file__).parents[1] / "fixtures"

_STREAMS: dict[Phase, Callable[..., Iterator[str]]] = {
    "analysis": ResumeCustomizer.analyze_stream,
    "implementation": ResumeCustomizer.implement_stream,
    "simulation": ResumeCustomizer.simulate_stream,
}


def _load(kind: str, name: str) -> Any:
    return json.loads((_FIXTURES / kind / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("phase", _STREAMS)
def test_second_stream_reads_the_system_prompt(
    phase: Phase, claude: ClaudeClient, harness_session: CallSession
) -> None:
    customizer = ResumeCustomizer(claude, {phase: load_prompt(phase, "v2")})
    stream = _STREAMS[phase]
    nurse = _load("resumes", "icu-nurse-senior"), _load("jobs", "icu-nurse-senior")
    teacher = (
        _load("resumes", "maths-teacher-experienced-arabic"),
        _load("jobs", "maths-teacher-experienced-arabic"),
    )

    pieces = list(stream(customizer, *nurse))
    assert len(pieces) > 1
    list(stream(customizer, *teacher))

    first, second = harness_session.calls
    assert_reads_prefix(second, written_by=first)
