"""What the plugin stores about a test while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.pytest_plugin.guard import Guard
    from harness.sessions.session import CallSession

PASSED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the test passed with all its subtests."""
SESSION: pytest.StashKey[CallSession] = pytest.StashKey()
GUARD: pytest.StashKey[Guard] = pytest.StashKey()
