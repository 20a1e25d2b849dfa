"""A fast check of the lock file: build the requests of suites without the SDK, answers or pytest."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Protocol

from harness.errors import HarnessError, SuiteError
from harness.files import relative
from harness.findings.commands import from_here, pytest_command
from harness.findings.finding import Finding
from harness.findings.from_errors import split_place
from harness.findings.merging import merge
from harness.lock.compare import CaseRequests, Gate
from harness.lock.locate import Source
from harness.lock.unused import Collected, describe_unused
from harness.prompt.reader import PromptReader
from harness.suites.capture import Captured, capture
from harness.suites.checks import check_refusal
from harness.suites.fake_client import ANSWER, FakeAttributeError
from harness.suites.loader import load_function, read_suite_file
from harness.suites.runner import CaseRun

if TYPE_CHECKING:
    from harness.lock.entries import LockEntry
    from harness.prompt.reading import Prompt
    from harness.suites.loader import SuiteSource
    from harness.suites.model import Suite
    from harness.suites.runner import SuiteFunction

_SKIPPED = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages"})
_NOT_ACCEPTABLE = ("cannot-tell", "leak", "unstable")
"""Rules of findings that do not go away by accepting the prompt."""


class FindUnstable(Protocol):
    """Finds what the cached prefixes of a case depend on, from its requests; builds it again without the SDK."""

    def __call__(
        self, run: CaseRun, function: SuiteFunction, prompts: Sequence[Prompt], *, is_sdk_allowed: bool
    ) -> tuple[Finding, ...]:
        """Find what the prefixes of ``run`` depend on; ``prompts`` are its requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCheck:
    """The findings of a fast check, and the cases that only pytest can judge."""

    findings: tuple[Finding, ...]
    cases: int
    """Number of cases that were compared."""
    left: tuple[str, ...]
    """Suites and cases that cannot be judged without their client or its answers, each with the reason."""


def check_suites(
    gate: Gate,
    lock_file: Path,
    root: Path,
    *,
    find_unstable: FindUnstable,
    is_private: bool = False,
    is_outside_allowed: bool = False,
) -> LockCheck:
    """Compare all suites below the root of a project with its lock file.

    ``find_unstable`` finds what the prefixes of a case depend on. ``is_private`` withholds the
    messages of errors, which may quote an input or a prompt. ``is_outside_allowed`` lets suites name
    prompts and fixtures that are outside the root.
    """
    checker = _Checker(
        gate,
        root.resolve(),
        find_unstable,
        is_private=is_private,
        is_outside_allowed=is_outside_allowed,
    )
    for path in find_suite_files(checker.root):
        checker.check_file(path)
    checker.find_unused(lock_file)
    return LockCheck(findings=merge(checker.findings), cases=checker.cases, left=tuple(checker.left))


def find_suite_files(root: Path) -> Iterator[Path]:
    """Find all ``suite.yaml`` files below a folder, in order; skips the folders that pytest skips."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        if "suite.yaml" in files:
            yield Path(folder) / "suite.yaml"


class _Checker:
    """The check of one project, file by file."""

    def __init__(
        self,
        gate: Gate,
        root: Path,
        find_unstable: FindUnstable,
        *,
        is_private: bool,
        is_outside_allowed: bool,
    ) -> None:
        self.findings: list[Finding] = []
        self.left: list[str] = []
        self.cases = 0
        self.root = root
        self._gate = gate
        self._find_unstable = find_unstable
        self._reader = PromptReader(gate.count_text)
        self._collected = Collected()
        self._is_partial = False
        self._is_private = is_private
        self._prompts_in = None if is_outside_allowed else root
        if str(root) not in sys.path:
            # As pytest does, so that the modules that suites name can be imported.
            sys.path.insert(0, str(root))

    def check_file(self, path: Path) -> None:
        """Check all suites of one file."""
        file = relative(path, self.root)
        try:
            source = read_suite_file(path, root=self._prompts_in)
        except SuiteError as error:
            self._refuse(error, file)
            return
        for name in source.entries:
            self._check_suite(source, name, file)

    def find_unused(self, lock_file: Path) -> None:
        """Find entries that are no longer in any suite; plain tests are not known here."""
        # An unreadable suite file may hold the cases that seem to be gone.
        self._collected.add((), (), is_all=not self._is_partial)
        entries = [entry for entry in self._gate.lock.entries.values() if entry.version]
        unused = [entry for entry in entries if self._collected.lacks(entry)]
        file = relative(lock_file.resolve(), self.root)
        self.findings += describe_unused(unused, self._collected, file=file, is_allowed=False)

    def _check_suite(self, source: SuiteSource, name: str, file: str) -> None:
        try:
            suite = source.load(name)
        except SuiteError as error:
            self._refuse(error, file)
            return
        runs = [CaseRun(suite=suite, version=version, case=case) for version in suite.versions for case in suite.cases]
        self._collected.add((run.cassette(self.root) for run in runs), (), is_all=False)
        if suite.client == "http" and not suite.is_build:
            self.left.append(f"{file}::{name}: it has its own client")
            return
        function = self._load_function(suite, file)
        if function is None:
            return
        for run in runs:
            self.findings += self._check_case(run, function, file)

    def _load_function(self, suite: Suite, file: str) -> SuiteFunction | None:
        try:
            return load_function(suite)
        except SuiteError as error:
            self.findings.append(self._unread(error, file))
        # Importing user code may raise anything, and even exit.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            headline = f"{suite.name}: {suite.function} cannot be imported: {type(error).__name__}"
            self.findings.append(_cannot_tell(headline, file, suite.line, self._find_raised(error)))
        return None

    def _check_case(self, run: CaseRun, function: SuiteFunction, file: str) -> list[Finding]:
        captured = capture(run, function, is_sdk_allowed=False)
        test = f"{file}::{run.name}"
        try:
            # What a prefix depends on also says why it is not the accepted one.
            found = [*self._check_stability(run, function, captured, file), *self._judge(run, captured, file)]
        except HarnessError as error:
            found = [_cannot_tell(f"{run.title}: {self._words(error, error.message)}", file, run.case.line)]
        return [replace(finding, test=test, command=self._command(run, test, finding)) for finding in found]

    def _command(self, run: CaseRun, test: str, finding: Finding) -> str:
        """The next command: to see more, or to accept the change."""
        here = from_here(test, self.root)
        if finding.rule in _NOT_ACCEPTABLE:
            return pytest_command(here)
        # No cassette holds the changed request; a building function needs none.
        upstream = self._gate.find_upstream(run.cassette(self.root))
        record = [] if run.suite.is_build else ["--harness-mode=record", f"--harness-upstream={upstream}"]
        return pytest_command(here, *record, "--harness-update-lock")

    def _check_stability(self, run: CaseRun, function: SuiteFunction, captured: Captured, file: str) -> list[Finding]:
        """Find what the prefixes of a case depend on; leaves it to pytest if that needs the SDK."""
        if run.suite.determinism == "off" or isinstance(captured.error, FakeAttributeError):
            return []
        prompts = [self._reader.read(body) for body in captured.bodies]
        found = self._find_unstable(run, function, prompts, is_sdk_allowed=False)
        return [replace(finding, file=file, line=run.case.line) for finding in found]

    def _judge(self, run: CaseRun, captured: Captured, file: str) -> list[Finding]:
        """Compare the captured requests of a case; add it to ``left`` if not all of them can be judged.

        Raises:
            RequestError: a body does not have the shape of a Messages request.
        """
        entry = self._gate.lock.entries.get(run.cassette(self.root))
        if captured.error is not None and not captured.bodies and not isinstance(captured.error, FakeAttributeError):
            headline = f"{run.title}: no request was built: {type(captured.error).__name__}"
            return [_cannot_tell(headline, file, run.case.line, self._find_raised(captured.error))]
        why = _why_short(captured, entry, is_build=run.suite.is_build)
        findings = () if why else self._compare(self._make_case_requests(run, captured.bodies, file))
        if not why and (not findings or not any(map(_has_answer, captured.bodies))):
            self.cases += 1
            return [*findings]
        self.left.append(f"{file}::{run.name}: {why or 'one of its requests contains an answer'}")
        if entry is None or run.version.cache_bust not in (None, entry.reason):
            return []
        return self._compare_known(run, captured.bodies, file)

    def _compare(self, case: CaseRequests) -> tuple[Finding, ...]:
        """Compare the requests of a case with the accepted ones; refused ones are found even if unchanged."""
        found = self._gate.compare(case)
        if any(finding.level == "error" for finding in found):
            return found
        refused = (check_refusal(prompt) for prompt in case.prompts)
        return tuple(_place(finding, case) for finding in refused if finding is not None) or found

    def _compare_known(self, run: CaseRun, bodies: tuple[bytes, ...], file: str) -> list[Finding]:
        """Compare only the requests that do not depend on an answer."""
        known = [(number, body) for number, body in enumerate(bodies) if not _has_answer(body)]
        found = [self._gate.compare_one(self._make_case_requests(run, (body,), file), number) for number, body in known]
        return [finding for finding in found if finding is not None]

    def _make_case_requests(self, run: CaseRun, bodies: tuple[bytes, ...], file: str) -> CaseRequests:
        path = run.version.path
        prompts = {} if path is None else {relative(path, self.root): run.version.text or ""}
        return CaseRequests(
            suite=run.cassette(self.root).rsplit("/", 2)[0],
            version=run.version.name,
            case=run.case.name,
            prompts=tuple(self._reader.read(body) for body in bodies),
            plan=run.case.plan,
            source=Source(file=file, line=run.case.line, prompts=prompts),
            reason=run.version.cache_bust,
        )

    def _refuse(self, error: SuiteError, file: str) -> None:
        self._is_partial = True
        self.findings.append(self._unread(error, file))

    def _unread(self, error: SuiteError, file: str) -> Finding:
        """Turn an error whose message begins with ``path:line:`` into a finding."""
        found, line, rest = split_place(error.message)
        place = file if found is None else relative(Path(found), self.root)
        return replace(_cannot_tell(self._words(error, rest), place, line or 1), fix=error.hint)

    def _words(self, error: HarnessError, text: str) -> str:
        return f"{type(error).__name__} (its message is withheld: --private)" if self._is_private else text

    def _find_raised(self, error: BaseException | None) -> tuple[str, ...]:
        """The place in the user's files where an error was raised, as a fact."""
        frames = extract_tb(error.__traceback__ if error else None)
        own = [
            f"{relative(path, self.root)}:{frame.lineno}"
            for frame in frames
            if (path := Path(frame.filename)).is_relative_to(self.root) and "site-packages" not in path.parts
        ]
        return (f"raised at {own[-1]}",) if own else ()


def _place(finding: Finding, case: CaseRequests) -> Finding:
    headline = f"{case.title}: {finding.headline}"
    return replace(finding, headline=headline, file=case.source.file, line=case.source.line)


def _why_short(captured: Captured, entry: LockEntry | None, *, is_build: bool) -> str | None:
    """Why a case made fewer or more requests than accepted, if real answers may change that."""
    expected = len(entry.calls) if entry else max(1, len(captured.bodies))
    if is_build or len(captured.bodies) == expected:
        return None
    if isinstance(captured.error, FakeAttributeError):
        return "it uses the client in a way that needs the SDK"
    return f"without real answers it makes {len(captured.bodies)} of {expected} requests"


def _has_answer(body: bytes) -> bool:
    return ANSWER.encode() in body


def _cannot_tell(headline: str, file: str, line: int, facts: tuple[str, ...] = ()) -> Finding:
    return Finding(rule="cannot-tell", headline=headline, facts=facts, file=file, line=line)
