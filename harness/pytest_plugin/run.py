"""One run: its options and the parts that they configure."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin.lock_gate import LockGate
from harness.pytest_plugin.report_rows import ReportRows
from harness.pytest_plugin.sessions import Sessions
from harness.pytest_plugin.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from harness.pytest_plugin.options import Options

RUN: pytest.StashKey[Run] = pytest.StashKey()


class Run:
    """The plugin's state for a run; one per process."""

    def __init__(self, options: Options) -> None:
        """Create the parts of a run; end it if the lock file is unreadable."""
        self.options = options
        self.storage = Storage(options)
        self.sessions = Sessions(options, self.storage)
        self.gate = LockGate(options, self.storage)
        self.rows = ReportRows(options, self.storage)
        self.session: pytest.Session | None = None
        """Set when the tests have ended, for the exit code."""
        self.late_findings: list[str] = []
        """Findings, as lines of JSON, of requests that no report of their test could tell of."""
        self.rebuilt: set[tuple[Path, str]] = set()
        """Suites that were already rebuilt under other conditions, once for all their cases."""

    def name_models(self, config: pytest.Config) -> None:
        """Apply the user's names of models until the run ends.

        Raises:
            pytest.UsageError: a name is mapped to a model that is not known.
        """
        if not self.options.models:
            return
        from harness.errors import UnknownModelError
        from harness.provider.models import name_models

        names = ExitStack()
        try:
            names.enter_context(name_models(self.options.models))
        except UnknownModelError as error:
            raise pytest.UsageError(f"harness_models: {error}") from None
        config.add_cleanup(names.close)
