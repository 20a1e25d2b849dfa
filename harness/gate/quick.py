"""A fast check of the lock file: the requests of suites, built without the SDK, an answer or pytest."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, SuiteError
from harness.files import relative
from harness.gate.compare import Gate, Subject
from harness.gate.findings import merge
from harness.gate.locate import Source
from harness.gate.unused import Collected, describe_unused
from harness.promptcache.finding import Finding
from harness.suites.capture import capture
from harness.suites.loader import load_function, read_suite_file
from harness.suites.runner import CaseRun
from harness.suites.stub import StubAttributeError

if TYPE_CHECKING:
    from harness.suites.model import Suite
    from harness.suites.runner import Function

_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickCheck:
    """What a fast check found, and what it had to leave to pytest."""

    findings: tuple[Finding, ...]
    cases: int
    """How many were compared."""
    left: tuple[str, ...]
    """Suites that cannot be built without their client."""


def check_quickly(gate: Gate, lock_file: Path) -> QuickCheck:
    """Compare all suites below a lock file's folder with it."""
    root = lock_file.resolve().parent
    if str(root) not in sys.path:
        # What pytest would do for the modules that suites name.
        sys.path.insert(0, str(root))
    findings: list[Finding] = []
    left: list[str] = []
    collected = Collected()
    cases = 0
    for path in find_suite_files(root):
        try:
            suites = _load(path)
        except SuiteError as error:
            findings.append(_undecided(str(error), relative(path, root)))
            continue
        collected.add((), [_source(path, root)], is_all=False)
        for suite in suites:
            runs = [
                CaseRun(suite=suite, version=version, case=case) for version in suite.versions for case in suite.cases
            ]
            collected.add((run.cassette(root) for run in runs), (), is_all=False)
            if suite.client == "http" and not suite.is_build:
                left.append(f"{relative(path, root)}::{suite.name}")
                continue
            findings += _check_suite(gate, suite, runs, root)
            cases += len(runs)
    unused = [entry for entry in gate.lock.entries.values() if entry.version and collected.lacks(entry)]
    findings += describe_unused(unused, collected, file=relative(lock_file.resolve(), root), is_allowed=False)
    return QuickCheck(findings=merge(findings), cases=cases, left=tuple(left))


def find_suite_files(root: Path) -> Iterator[Path]:
    """All ``suite.yaml`` files below a folder, in order; hidden folders and virtual environments are passed over."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        if "suite.yaml" in files:
            yield Path(folder) / "suite.yaml"


def _load(path: Path) -> list[Suite]:
    source = read_suite_file(path)
    return [source.load(name) for name in source.entries]


def _check_suite(gate: Gate, suite: Suite, runs: Sequence[CaseRun], root: Path) -> list[Finding]:
    try:
        function = load_function(suite)
    except SuiteError as error:
        return [_undecided(str(error), relative(suite.path, root))]
    return [finding for run in runs for finding in _check_case(gate, run, function, root)]


def _check_case(gate: Gate, run: CaseRun, function: Function, root: Path) -> tuple[Finding, ...]:
    captured = capture(run, function, is_sdk_allowed=False)
    key, file = run.cassette(root), relative(run.suite.path, root)
    entry = gate.lock.entries.get(key)
    missing = len(entry.calls) - len(captured.bodies) if entry else int(not captured.bodies)
    if captured.error is not None and missing > 0:
        kind = type(captured.error).__name__
        why = "uses the client in a way that needs the SDK" if isinstance(captured.error, StubAttributeError) else kind
        return (_undecided(f"{run.title}: cannot be built here ({why}); pytest checks it", file, run.case.line),)
    prompts = {} if run.version.path is None else {relative(run.version.path, root): run.version.text or ""}
    subject = Subject(
        suite=key.rsplit("/", 2)[0],
        version=run.version.name,
        case=run.case.name,
        requests=tuple(json.loads(body) for body in captured.bodies),
        source=Source(file=file, line=run.case.line, prompts=prompts),
        reason=run.version.cache_bust,
    )
    try:
        return gate.compare(subject)
    except HarnessError as error:
        return (_undecided(f"{run.title}: {error.message}", file, run.case.line),)


def _undecided(headline: str, file: str, line: int = 1) -> Finding:
    return Finding(rule="undecided", headline=headline, file=file, line=line)


def _source(path: Path, root: Path) -> str:
    name = relative(path.parent, root)
    return "" if name == "." else name
