"""``suite.yaml`` files as pytest collectors: one item per case and prompt version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import CheckError, SuiteError
from harness.pytest_plugin.run import RUN, SESSION, Run, offline_settings
from harness.pytest_plugin.stability import check_determinism
from harness.suites import built, execution, runner
from harness.suites.loader import load_function, read_suite_file
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.calls.call import Call
    from harness.sessions.session import CallSession
    from harness.suites.runner import SuiteFunction


_OWN = frozenset(module.__file__ for module in (runner, built, execution))
"""Files between pytest and the application's code."""


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

    cassette = None
    """None is known."""

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
    """One case with one version of the prompt: the calls of its rounds are made and checked."""

    def __init__(self, *, run: CaseRun, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case_run = run
        self.cassette = run.cassette(self.config.rootpath)
        """Name of the case's cassette, and of its entry in the lock file."""

    def runtest(self) -> None:
        """Make the calls and check them; in ``record`` mode, keep them."""
        function = load_function(self.case_run.suite)
        if self.case_run.suite.is_build:
            self._run_build(function)
        elif self.case_run.suite.client == "http":
            with self._state.open_foreign_session(self, self.cassette) as session, offline_settings(session):
                self._run_calls(function, session)
        else:
            self._run_calls(function, self._state.open_session(self, self.cassette))

    def _run_build(self, function: SuiteFunction) -> None:
        rounds = built.run_build(self.case_run, function, self._state.reader, rewrite=self._state.rewrite)
        self._note([call for calls in rounds for call in calls])
        self._check(function, rounds)

    def _run_calls(self, function: SuiteFunction, session: CallSession) -> None:
        self.stash[SESSION] = session
        try:
            rounds = execution.run_case(self.case_run, function, session)
        except CheckError:
            # What the checks found follows from the miss, if the application swallowed one.
            session.raise_first_miss()
            raise
        finally:
            self._note(session.calls)
        session.raise_first_miss()
        self._check(function, rounds)
        self._state.close_session(self, session, self.cassette)

    def _check(self, function: SuiteFunction, rounds: list[list[Call]]) -> None:
        """Hold the accepted requests of the plan to what all builds and the lock file say."""
        prompts = [call.prompt for call in self.case_run.case.plan.accepted_calls(rounds)]
        check_determinism(self._state, self, self.case_run, function, prompts)
        self._state.check_gate(self, prompts)

    def _note(self, calls: list[Call]) -> None:
        run = self.case_run
        self._state.note_calls(self, calls, suite=run.suite.name, version=run.version.name, plan=run.case.plan.label)

    @property
    def _state(self) -> Run:
        return self.config.stash[RUN]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the application's code raised, without the frames of pytest above it."""
        excinfo.traceback = excinfo.traceback.cut(path=runner.__file__).filter(
            lambda entry: str(entry.path) not in _OWN
        )
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """The line of the case in its file."""
        return self.path, self.case_run.case.line - 1, self.name
