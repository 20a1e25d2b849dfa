"""``suite.yaml`` files as pytest collectors: one item per case and prompt version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import CheckError, SuiteError
from harness.findings.ranking import of_level
from harness.pytest_plugin.attachments import note_calls, note_finding, test_command
from harness.pytest_plugin.refusals import explain_refusal
from harness.pytest_plugin.run import RUN, Run
from harness.pytest_plugin.sessions import offline_settings
from harness.pytest_plugin.stability import rebuild_suite
from harness.pytest_plugin.stash import SESSION
from harness.stability.determinism import find_unstable
from harness.suites import built, execution, runner
from harness.suites.loader import load_function, read_suite_file
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.calls.call import Call
    from harness.prompt.reading import Prompt
    from harness.sessions.session import CallSession
    from harness.suites.runner import SuiteFunction

_OWN = frozenset(module.__file__ for module in (runner, built, execution))
"""Files of the harness between pytest and the application's code."""


class SuiteCollector(pytest.File):
    """One ``suite.yaml``."""

    def collect(self) -> Iterator[CaseItem | RefusedItem]:
        """Yield one item for each suite, prompt version and case, in the order of the file.

        A suite that cannot be loaded becomes an item that fails: a collection error would
        keep pytest from running the others.
        """
        try:
            options = self.config.stash[RUN].options
            source = read_suite_file(self.path, root=None if options.is_outside_allowed else options.root)
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
                    case_run = CaseRun(suite=suite, version=version, case=case)
                    yield CaseItem.from_parent(self, name=case_run.name, case_run=case_run)


class RefusedItem(pytest.Item):
    """Placeholder for a suite that could not be loaded."""

    cassette = None
    """Its cassettes are not known."""

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
    """One case with one version of the prompt: makes the calls of its plan, and checks them."""

    def __init__(self, *, case_run: CaseRun, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case_run = case_run
        self.cassette = case_run.cassette(self.config.rootpath)
        """Name of the case's cassette, and of its entry in the lock file."""

    def runtest(self) -> None:
        """Make the calls and check them; in ``record`` mode, write them to the cassette."""
        function = load_function(self.case_run.suite)
        sessions = self._run.sessions
        if self.case_run.suite.is_build:
            self._run_build(function)
        elif self.case_run.suite.client == "http":
            with sessions.open_foreign(self, self.cassette) as session, offline_settings(session):
                self._run_calls(function, session)
        else:
            self._run_calls(function, sessions.open(self, self.cassette))

    def _run_build(self, function: SuiteFunction) -> None:
        run = self._run
        rounds = built.run_build(self.case_run, function, run.storage.reader, rewrite=run.sessions.rewrite)
        self._note([call for calls in rounds for call in calls])
        self._check(function, rounds)

    def _run_calls(self, function: SuiteFunction, session: CallSession) -> None:
        self.stash[SESSION] = session
        try:
            rounds = execution.run_case(self.case_run, function, session)
        except CheckError:
            # If the application swallowed a miss or a refusal, the failed checks follow from it.
            self._raise_miss(function, session)
            refusal = explain_refusal(self.config.stash[RUN].storage.reader, session.rejected)
            if refusal is not None:
                raise refusal from None
            raise
        except Exception:
            self._raise_miss(function, session)
            raise
        finally:
            self._note(session.calls, accepted=session.accepted_answers)
            for remark in session.remarks:
                note_finding(self, remark)
        self._raise_miss(function, session)
        self._check(function, rounds)
        self._run.sessions.close(self, session, self.cassette)

    def _raise_miss(self, function: SuiteFunction, session: CallSession) -> None:
        """Raise the first miss, or what the requests depend on: that is why no cassette can hold them.

        Raises:
            CheckError: the cached prefix is not the same for all inputs, or not under all conditions.
            HarnessError: a request was not answered.
        """
        if session.misses:
            self._check_stability(function, None)
        session.raise_first_miss()

    def _check(self, function: SuiteFunction, rounds: list[list[Call]]) -> None:
        """Check that the requests which the lock file keeps are stable, and that they are the accepted ones."""
        prompts = [call.prompt for call in self.case_run.case.plan.accepted_calls(rounds)]
        self._run.rows.note_map(self, prompts[0], self._run.gate.find_entry(self))
        self._check_stability(function, prompts)
        self._run.gate.check(self, prompts)

    def _check_stability(self, function: SuiteFunction, prompts: Sequence[Prompt] | None) -> None:
        """Rebuild the case's requests with other inputs and, if requested, under other conditions.

        ``prompts`` are its usual requests, if they are known.

        Raises:
            CheckError: the cached prefix is not the same for all inputs, or not under all conditions.
        """
        run, suite = self._run, self.case_run.suite
        if suite.determinism == "off" or run.options.mode == "live" or run.sessions.rewrite is not None:
            return
        is_full = suite.determinism == "full" or run.options.is_determinism_full
        findings = find_unstable(self.case_run, function, prompts)
        if is_full and all(finding.level == "note" for finding in findings):
            findings += rebuild_suite(suite, root=run.options.root, rebuilt=run.rebuilt)
        errors = of_level(findings, "error")
        for finding in findings:
            if finding.level != "error":
                note_finding(self, finding)
        if errors:
            again = test_command(self, *(["--harness-determinism"] if is_full else []))
            raise CheckError("\n".join(map(str, errors)), hint=again, findings=errors)

    def _note(self, calls: list[Call], *, accepted: Callable[[], Sequence[str]] = tuple) -> None:
        run = self.case_run
        note_calls(self, calls, suite=run.suite.name, version=run.version.name, plan=run.case.plan.label)
        self._run.rows.note_answers(self, calls, accepted=accepted)
        self._run.rows.note_traffic(self, run.suite)

    @property
    def _run(self) -> Run:
        return self.config.stash[RUN]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the application's code raised, without the frames of pytest and the harness above it."""
        excinfo.traceback = excinfo.traceback.cut(path=runner.__file__).filter(
            lambda entry: str(entry.path) not in _OWN
        )
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """The line of the case in its file."""
        return self.path, self.case_run.case.line - 1, self.name
