"""Hooks that a user's ``conftest.py`` may implement."""

from collections.abc import Mapping
from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_harness_answer(request: Mapping[str, Any]) -> str | None:
    """The text with which the emulator answers a request body; ``None`` leaves it to the emulator."""
