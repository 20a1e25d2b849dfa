"""The end of a run: its exit code, what is printed of it, and the files that are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.files import relative
from harness.pytest_plugin import attachments as rows
from harness.pytest_plugin import cassette_warnings as upkeep
from harness.pytest_plugin.lock_gate import CANNOT_TELL, WORKER_KEY
from harness.pytest_plugin.run import CANNOT_TELL_REPORT, RUN

if TYPE_CHECKING:
    from harness.findings.finding import Finding
    from harness.pytest_plugin.run import Run
    from harness.reports.report import RunReport


def set_exit_status(session: pytest.Session) -> None:
    """1 for what is left over in the lock file, 2 if all that failed could only not be told."""
    gate = session.config.stash[RUN].gate
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[WORKER_KEY] = gate.collected.to_json()
        return
    if session.exitstatus == pytest.ExitCode.OK and any(finding.level == "error" for finding in gate.find_unused()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif session.exitstatus == pytest.ExitCode.TESTS_FAILED and _is_cannot_tell(session):
        session.exitstatus = CANNOT_TELL


def summarise(state: Run, reporter: pytest.TerminalReporter) -> None:
    """Print what there is to say of cassettes, the savings and the findings; write the reports and the lock file."""
    _print_cassettes(state, reporter)
    calls = [row for lines in rows.gather(reporter, "calls") for row in json.loads(lines)]
    findings = state.gate.gather_findings(reporter)
    if calls or findings:
        report = _build_report(state, reporter, calls, findings)
        _print_savings(state, reporter, report)
        _print_findings(state, reporter, report)
        _write_files(state, reporter, report)
    added = _add_git_attributes(state, reporter)
    if state.gate.options.is_updating:
        reporter.section("lock file")
        reporter.line("\n".join(state.gate.write(reporter, beside=[*added])))
    elif calls and state.gate.lock is None:
        reporter.line("no lock file yet: accept today's prompts with pytest --harness-update-lock")
    for file, lines in added.items():
        reporter.line(f"written: {file} ({'; '.join(lines)})")


def _add_git_attributes(state: Run, reporter: pytest.TerminalReporter) -> dict[str, list[str]]:
    """Tell git how to treat what a recording or updating run writes; the lines that were added, by file."""
    lock, is_updating = state.gate.options.path, state.gate.options.is_updating
    if state.mode != "record" and not is_updating:
        return {}
    from harness.cassettes.git_attributes import add_rules, cassette_rule, lock_rule

    rules = [
        *([cassette_rule(state.cassettes)] if state.cassettes.exists() else []),
        *([lock_rule(lock)] if is_updating or lock.exists() else []),
    ]
    try:
        return {relative(file, state.config.rootpath): lines for file, lines in add_rules(rules).items()}
    except OSError as error:
        reporter.line(f"{error.filename} cannot be written: {error.strerror}")
        return {}


def _is_cannot_tell(session: pytest.Session) -> bool:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return False
    failed = [report for kind in ("failed", "error") for report in reporter.stats.get(kind, ())]
    return bool(failed) and all(getattr(report, CANNOT_TELL_REPORT, False) for report in failed)


def _build_report(
    state: Run, reporter: pytest.TerminalReporter, calls: list[str], findings: tuple[Finding, ...]
) -> RunReport:
    from dataclasses import replace

    from harness.reports.report import CallRow, build_report

    report = build_report(
        (CallRow.from_json(row) for row in calls),
        mode=state.mode,
        passed=len(reporter.stats.get("passed", ())),
        failed=len(reporter.stats.get("failed", ())) + len(reporter.stats.get("error", ())),
    )
    return replace(report, findings=findings)


def _print_savings(state: Run, reporter: pytest.TerminalReporter, report: RunReport) -> None:
    if not report.rows:
        return
    from harness.reports.tables import answered_by, savings_table

    reporter.section("prompt cache savings")
    reporter.line(savings_table(report, style="simple"))
    reporter.line(f"{state.mode} mode; {answered_by(report)}.")


def _print_findings(state: Run, reporter: pytest.TerminalReporter, report: RunReport) -> None:
    if not report.findings:
        return
    from harness.reports.terminal import finding_lines

    reporter.section("prompt cache")
    text = "\n".join(finding_lines(report.findings, is_private=state.is_private))
    if not state.github.has_annotations:
        reporter.line(text)
        return
    from harness.reports import github

    reporter.line(github.defuse(text))
    # The runner reads commands from the beginning of a line of the log.
    reporter.line("\n".join(github.annotations(report.findings, is_private=state.is_private)))


def _write_files(state: Run, reporter: pytest.TerminalReporter, report: RunReport) -> None:
    if state.reports is None and state.github.summary_file is None:
        return
    from harness.files import write_atomically
    from harness.reports.markdown import SUMMARY_LIMIT, markdown
    from harness.reports.sarif import sarif

    if state.github.summary_file is not None:
        with state.github.summary_file.open("a", encoding="utf-8") as file:
            file.write(markdown(report, report.findings, is_private=state.is_private, limit=SUMMARY_LIMIT))
    if state.reports is None:
        return
    files = {
        "report.md": markdown(report, report.findings, is_private=state.is_private),
        "report.json": report.to_json(is_private=state.is_private),
        "report.sarif": sarif(report.findings, is_private=state.is_private),
    }
    for name, content in files.items():
        write_atomically(state.reports / name, content.encode())
    start = state.config.invocation_params.dir
    reporter.line(f"written: {', '.join(relative(state.reports / name, start) for name in files)}")


def _print_cassettes(state: Run, reporter: pytest.TerminalReporter) -> None:
    lines = [
        *upkeep.old_lines(rows.gather(reporter, "old"), state.limits.max_age_days or 0),
        *upkeep.unplayed_lines(rows.gather(reporter, "unplayed")),
        *_drift_lines(state, reporter),
    ]
    if lines:
        reporter.section("cassettes")
        reporter.line("\n".join(lines))


def _drift_lines(state: Run, reporter: pytest.TerminalReporter) -> list[str]:
    if not state.limits.is_verified:
        return []
    lines = [line for drift in rows.gather(reporter, "drift") for line in json.loads(drift)]
    return [*lines, f"verified: {len(lines)} differences between the answers and the cassettes"]
