"""Lines of JSON that tests attach to their reports for the end of the run; xdist carries them too.

They are not ``user_properties``, because pytest writes those to every JUnit file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from harness.files import relative
from harness.pytest_plugin.private.names import command_id, hide_key, shown_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.calls.call import Call
    from harness.findings.finding import Finding

AttachmentKind = Literal[
    "calls", "case", "changed-answers", "checks", "entry", "finding", "old", "prompt", "traffic", "unplayed"
]

_ATTACHED: pytest.StashKey[dict[str, list[str]]] = pytest.StashKey()
_RUNS: pytest.StashKey[int] = pytest.StashKey()
"""How often the test has been run, by a plugin that runs failed tests again."""
_ATTRIBUTE = "harness_attachments"
_RUN = "harness_run"
_EXPLAINED = "harness_is_explained"


def note(item: pytest.Item, kind: AttachmentKind, row: str) -> None:
    """Note one line of JSON: a string, because xdist aborts the session if it cannot serialize a value."""
    # The lock file needs the true key.
    shown = row if kind == "entry" else hide_key(item, row)
    item.stash.setdefault(_ATTACHED, {}).setdefault(kind, []).append(shown)


def note_finding(item: pytest.Item, finding: Finding, *, hint: str | None = None) -> None:
    """Note a finding with its test, its place in a file and the command to type: ``hint``, if that is one."""
    note(item, "finding", finding_row(item, finding, hint=hint))


def test_command(item: pytest.Item, *options: str) -> str:
    """The command that runs one test, from the folder in which the user stands."""
    from harness.findings.commands import from_here, pytest_command

    config = item.config
    return pytest_command(from_here(command_id(item), config.rootpath, config.invocation_params.dir), *options)


def finding_row(item: pytest.Item, finding: Finding, *, hint: str | None = None) -> str:
    """One line of JSON: a finding with its test, its place in a file and the command to type."""
    from dataclasses import replace

    file, line, _ = item.reportinfo()
    known = replace(
        finding,
        test=shown_id(item),
        file=relative(Path(finding.file or file), item.config.rootpath),
        line=finding.line or (None if line is None else line + 1),
        command=finding.command or (hint if hint and hint.startswith("pytest ") else test_command(item)),
    )
    return hide_key(item, json.dumps(known.to_json()))


def note_calls(item: pytest.Item, calls: Sequence[Call], *, suite: str, version: str, plan: str = "") -> None:
    """Note a test's calls as rows of the report, and usages that cannot be true.

    ``plan`` is the label of the case's plan, if it is a case.
    """
    from harness.findings.from_usage import find_contradictions
    from harness.reports.report import CallRow

    lines = [CallRow.from_call(call, suite=suite, version=version, plan=plan).to_json() for call in calls]
    note(item, "calls", json.dumps(lines))
    for finding in find_contradictions([call.usage for call in calls]):
        note_finding(item, finding)


def forget_notes(item: pytest.Item) -> None:
    """Forget what an earlier run of the same test noted: only the last run counts."""
    item.stash[_RUNS] = item.stash.get(_RUNS, 0) + 1
    item.stash[_ATTACHED] = {}


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Attach all notes to the test's last report, when its fixtures have been torn down."""
    if report.when == "teardown" and item.stash.get(_ATTACHED, None):
        setattr(report, _ATTRIBUTE, item.stash[_ATTACHED])
        setattr(report, _RUN, item.stash.get(_RUNS, 0))
        report.user_properties += _properties(item.stash[_ATTACHED])


def mark_explained(report: pytest.TestReport) -> None:
    """Mark a report as failed for a reason that a finding states."""
    setattr(report, _EXPLAINED, True)


def is_explained(report: pytest.TestReport) -> bool:
    """Whether a finding states why the report failed."""
    return bool(getattr(report, _EXPLAINED, False))


def of_report(report: pytest.TestReport, kind: AttachmentKind) -> list[str]:
    """The lines attached to one report."""
    noted = getattr(report, _ATTRIBUTE, None)
    return list(noted.get(kind, ())) if isinstance(noted, dict) else []


def gather(reporter: pytest.TerminalReporter, kind: AttachmentKind) -> list[str]:
    """The lines of all tests, in the order of their reports; of a test that was run again, only of its last run."""
    return [row for report in last_reports(reporter) for row in of_report(report, kind)]


def last_reports(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    """The reports with attachments, of a test that was run again only that of its last run."""
    last: dict[str, pytest.TestReport] = {}
    for report in (report for reports in reporter.stats.values() for report in reports):
        if hasattr(report, _RUN) and (report.nodeid not in last or _run_of(report) >= _run_of(last[report.nodeid])):
            last[report.nodeid] = report
    return list(last.values())


def _run_of(report: pytest.TestReport) -> int:
    """Which run of its test a report with attachments belongs to, counted from 1."""
    return int(getattr(report, _RUN))


def properties_of(report: pytest.TestReport) -> list[tuple[str, object]]:
    """The figures attached to a report, as flat properties."""
    noted = getattr(report, _ATTRIBUTE, None)
    return _properties(noted) if isinstance(noted, dict) else []


def _properties(noted: dict[str, list[str]]) -> list[tuple[str, object]]:
    """A test's figures as flat properties, which JUnit files can hold."""
    if not noted.keys() & {"calls", "finding"}:
        return []
    from harness.findings.finding import Finding
    from harness.reports.junit import properties
    from harness.reports.report import CallRow

    calls = [CallRow.from_json(row) for lines in noted.get("calls", ()) for row in json.loads(lines)]
    findings = [Finding.from_json(json.loads(line)) for line in noted.get("finding", ())]
    return [*properties(calls, findings)]
