"""What the plugin stores about a test while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.pytest_plugin.guard import Guard
    from harness.sessions.session import CallSession

PASSED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the test passed with all its subtests."""
FAILED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether any report of the test, or of a subtest, says that it failed."""
EXPECTED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether a mark ``xfail`` expects the test's failure."""
REPORTED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether a report of the test shows an error of the harness."""
SESSION: pytest.StashKey[CallSession] = pytest.StashKey()
GUARD: pytest.StashKey[Guard] = pytest.StashKey()
