"""One run of a user's tests with one kind of bust in every request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from harness.numbers import parse_json
from harness.prompt.wire import to_body
from harness.pytest_plugin import attachments
from harness.pytest_plugin.run import RUN

if TYPE_CHECKING:
    from harness.mutation.mutations import Mutation


@dataclass(slots=True)
class MutationRun:
    """Outcomes of the tests of one run; filled while it runs."""

    changed: set[str] = field(default_factory=set)
    """Tests with a changed request."""
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    rules: dict[str, set[str]] = field(default_factory=dict)
    """Rules of the findings that caught the change, by test."""


class Mutator:
    """A plugin for one run that applies ``mutation`` to the requests; ``None`` leaves them unchanged."""

    def __init__(self, mutation: Mutation | None) -> None:
        self.outcome = MutationRun()
        self._mutation = mutation
        self._test = ""
        self._number = 0

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let the run's sessions send mutated requests."""
        if self._mutation is not None:
            config.stash[RUN].sessions.rewrite = self._rewrite

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Note which test sends the next requests."""
        self._test = item.nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test's outcome and findings."""
        if report.failed:
            self.outcome.failed.add(report.nodeid)
            self.outcome.passed.discard(report.nodeid)
        elif report.when == "call" and report.passed:
            self.outcome.passed.add(report.nodeid)
        for line in attachments.of_report(report, "finding"):
            finding = json.loads(line)
            if finding["level"] == "error":
                self.outcome.rules.setdefault(report.nodeid, set()).add(finding["rule"])

    def _rewrite(self, body: bytes) -> bytes:
        assert self._mutation is not None
        self._number += 1
        changed = self._mutation.apply(parse_json(body), self._number)
        if changed is None:
            return body
        self.outcome.changed.add(self._test)
        return to_body(changed)
