"""What the plugin stores about a test while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.errors import NetworkBlockedError
    from harness.lock.results import LockedResult
    from harness.network.guard import Guard
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
RESULTS: pytest.StashKey[tuple[str, dict[str, LockedResult]]] = pytest.StashKey()
"""Who answered, and what the checks of the answers said, for the lock file."""
GUARD: pytest.StashKey[Guard] = pytest.StashKey()
ON_LATE: pytest.StashKey[Callable[[NetworkBlockedError], None]] = pytest.StashKey()
"""Told what the test's threads try after its end."""
