"""Hooks that a user's ``conftest.py`` may implement."""

from collections.abc import Mapping
from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_harness_answer(request: Mapping[str, Any]) -> Any:
    """Return the emulator's answer to a request body, or ``None`` for its default answer.

    The answer is a text; a list of content blocks; a message or an error, as the API writes it; an iterator of
    pieces of text; or a `CallTool`, `Fault` or `Plan` of `harness.emulator.answers`.
    """
