"""What tests have to say to the end of the run: lines of JSON on their teardown reports, which also xdist carries.

Not ``user_properties``, for those stand in the JUnit file of everybody who writes one.
"""

from __future__ import annotations

import json
from typing import Literal

import pytest

Kind = Literal["calls", "drift", "entry", "finding", "old", "unplayed"]

_ROWS: pytest.StashKey[dict[str, list[str]]] = pytest.StashKey()
_ATTRIBUTE = "harness_rows"


def note(item: pytest.Item, kind: Kind, row: str) -> None:
    """Note one line of JSON; a string, since xdist ends the session over anything that it cannot carry."""
    item.stash.setdefault(_ROWS, {}).setdefault(kind, []).append(row)


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Hang what was noted on the test's last report: only then have the fixtures had their say."""
    if report.when == "teardown" and _ROWS in item.stash:
        setattr(report, _ATTRIBUTE, item.stash[_ROWS])
        report.user_properties += _properties(item.stash[_ROWS])


def of_report(report: pytest.TestReport, kind: Kind) -> list[str]:
    """The lines that hang on one report."""
    noted = getattr(report, _ATTRIBUTE, None)
    return list(noted.get(kind, ())) if isinstance(noted, dict) else []


def gather(reporter: pytest.TerminalReporter, kind: Kind) -> list[str]:
    """The lines of all tests, in the order of their reports."""
    reports = (report for kind_of_reports in reporter.stats.values() for report in kind_of_reports)
    return [row for report in reports for row in of_report(report, kind)]


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
