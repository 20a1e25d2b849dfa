"""Make the emulator answer in the format that ResumeRocket's prompts ask for."""

from collections.abc import Mapping
from typing import Any

from prompt_suites.answers import answer


def pytest_harness_answer(request: Mapping[str, Any]) -> str | None:
    """The emulator's answer to one of the application's requests."""
    return answer(request)
