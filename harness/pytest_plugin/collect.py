"""``suite.yaml`` files as pytest collectors: one item per case and prompt version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import CheckError, SuiteError
from harness.findings.ranking import of_level
from harness.pytest_plugin.attachments import note_calls, note_finding, test_command
from harness.pytest_plugin.progress import Progress
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
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.calls.call import Call
    from harness.evaluation.check import Check
    from harness.findings.finding import Finding
    from harness.prompt.reading import Prompt
    from harness.pytest_plugin.answer_checks import AnswerChecks
    from harness.sessions.session import CallSession
    from harness.suites.model import Suite
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
                checks = _compile_checks(suite)
            except SuiteError as error:
                yield RefusedItem.from_parent(self, name=name, error=error)
                continue
            for version in suite.versions:
                for case in suite.cases:
                    case_run = CaseRun(suite=suite, version=version, case=case)
                    yield CaseItem.from_parent(
                        self, name=case_run.name, case_run=case_run, checks=checks.get(case.name, ())
                    )


def _compile_checks(suite: Suite) -> Mapping[str, Sequence[Check]]:
    """The checks of each case of a suite, by its name.

    Raises:
        SuiteError: a check is invalid; starts with ``path:line:``.
    """
    if suite.checks is None and suite.gate is None and all(case.checks is None for case in suite.cases):
        return {}
    # Suites without checks need none of it.
    from harness.evaluation.suites import compile_suite

    return compile_suite(suite)


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

    def __init__(self, *, case_run: CaseRun, checks: Sequence[Check] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case_run = case_run
        self.checks = checks
        """The checks of its answers."""
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
        progress = Progress(self)
        answers, checked = self._make_checks(progress.step), []
        try:
            rounds = execution.run_case(self.case_run, function, session, on_round=progress.step)
            if answers is not None:
                checked = answers.check(rounds, session)
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
            progress.end()
            judged = [] if answers is None else answers.judged
            own = [call for call in session.calls if all(call is not other for other in judged)]
            self._note(own, accepted=session.accepted_answers)
            for remark in session.remarks:
                note_finding(self, remark)
        self._raise_miss(function, session)
        accepted = None if self._run.options.is_updating_lock else self._run.gate.find_entry(self)
        faults = [] if answers is None else answers.find(checked, accepted)
        try:
            self._check(function, rounds)
            # Answers that fail a check are recorded all the same: the next run shows them again.
            self._run.sessions.close(self, session, self.cassette)
        except CheckError:
            for fault in faults:
                note_finding(self, fault)
            raise
        self._raise_faults(faults)

    def _make_checks(self, on_verdict: Callable[[str], None]) -> AnswerChecks | None:
        """What checks the answers; ``None`` if nothing does, and in a mutation test, which changes the requests."""
        if not self.checks or self._run.sessions.rewrite is not None:
            return None
        from harness.pytest_plugin.answer_checks import AnswerChecks

        may_show = self._run.rows.may_show
        return AnswerChecks(self, self.case_run, self.checks, may_show=may_show, on_verdict=on_verdict)

    def _raise_faults(self, faults: Sequence[Finding]) -> None:
        """Raise what the checks of the answers found.

        Raises:
            CheckError: an answer fails a check, or a check cannot tell.
        """
        if faults:
            raise CheckError("\n".join(map(str, faults)), hint=test_command(self), findings=tuple(faults))

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
