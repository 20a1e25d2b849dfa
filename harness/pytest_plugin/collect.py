"""``suite.yaml`` files as pytest collectors: one item per case and prompt version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import CheckError, SuiteError
from harness.pytest_plugin.state import SESSION, STATE
from harness.suites import runner
from harness.suites.loader import load_function, read_suite_file
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from collections.abc import Iterator


class SuiteCollector(pytest.File):
    """One ``suite.yaml``."""

    def collect(self) -> Iterator[CaseItem | RefusedItem]:
        """One item for each suite, prompt version and case, in the order of the file.

        A suite that cannot be loaded is an item that fails: an error while collecting would
        keep pytest from running all the others.
        """
        try:
            source = read_suite_file(self.path)
        except SuiteError as error:
            yield RefusedItem.from_parent(self, name="suites", error=error)
            return
        for name in source.entries:
            try:
                suite = source.load(name)
            except SuiteError as error:
                yield RefusedItem.from_parent(self, name=name, error=error)
                continue
            for version in suite.versions:
                for case in suite.cases:
                    run = CaseRun(suite=suite, version=version, case=case)
                    yield CaseItem.from_parent(self, name=run.name, run=run)


class RefusedItem(pytest.Item):
    """Stands for a suite that could not be loaded."""

    def __init__(self, *, error: SuiteError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def runtest(self) -> None:
        """Fail with the reason."""
        raise self.error

    def reportinfo(self) -> tuple[Any, int, str]:
        """The file as a whole."""
        return self.path, 0, self.name


class CaseItem(pytest.Item):
    """One case with one version of the prompt: its call is made twice, and both are checked."""

    def __init__(self, *, run: CaseRun, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case_run = run

    def runtest(self) -> None:
        """Make the calls and check them; in ``record`` mode, keep them."""
        state, run = self.config.stash[STATE], self.case_run
        function = load_function(run.suite)
        cassette = run.cassette(self.config.rootpath)
        session = state.open_session(self, cassette)
        self.stash[SESSION] = session
        try:
            runner.run_case(run, function, session, state.count_text)
        except CheckError:
            # What the checks found follows from the miss, if the application swallowed one.
            session.raise_first_miss()
            raise
        finally:
            state.note_calls(self, session.calls, suite=run.suite.name, version=run.version.name)
        state.close_session(self, session, cassette)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the application's code raised, without the frames of pytest above it."""
        below = excinfo.traceback.cut(path=runner.__file__)
        excinfo.traceback = below.filter(lambda entry: str(entry.path) != runner.__file__)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """The line of the case in its file."""
        return self.path, self.case_run.case.line - 1, self.name
