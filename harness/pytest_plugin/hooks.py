"""Hooks that a user's ``conftest.py`` may implement."""

from collections.abc import Mapping
from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_harness_answer(request: Mapping[str, Any]) -> str | None:
    """Return the text of the emulator's answer to a request body, or ``None`` for its default answer."""
