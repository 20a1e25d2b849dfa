"""``suite.yaml`` files as pytest collectors: one item per case and prompt version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import SuiteError
from harness.pytest_plugin.state import STATE
from harness.suites import runner
from harness.suites.loader import load_call, load_suites
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from collections.abc import Iterator


class SuiteCollector(pytest.File):
    """One ``suite.yaml``."""

    def collect(self) -> Iterator[CaseItem]:
        """One item for each suite, prompt version and case, in the order of the file."""
        try:
            suites = load_suites(self.path)
        except SuiteError as error:
            raise self.CollectError(str(error)) from None
        for suite in suites:
            for version in suite.versions:
                for case in suite.cases:
                    run = CaseRun(suite=suite, version=version, case=case)
                    yield CaseItem.from_parent(self, name=run.name, run=run)


class CaseItem(pytest.Item):
    """One case with one version of the prompt: its call is made twice, and both are checked."""

    def __init__(self, *, run: CaseRun, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case_run = run

    def runtest(self) -> None:
        """Make the calls and check them; in ``record`` mode, keep them."""
        state, run = self.config.stash[STATE], self.case_run
        function = load_call(run.suite)
        session = state.open_session(self, run.cassette(self.config.rootpath))
        try:
            runner.run_case(run, function, session, state.count_text)
        finally:
            state.note_calls(self, session.calls, suite=run.suite.name, version=run.version.name)
        if session.misses:
            raise session.misses[0]
        session.save()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the application's code raised, without the frames of pytest above it."""
        excinfo.traceback = excinfo.traceback.cut(path=runner.__file__)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """The line of the case in its file."""
        return self.path, self.case_run.case.line - 1, self.name
