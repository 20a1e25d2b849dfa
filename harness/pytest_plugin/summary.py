"""The end of a run: its exit code, its summary and the files that it writes."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from harness.errors import LockError, ReportError, WriteError
from harness.files import append_to_file, relative, write_atomically
from harness.pytest_plugin.attachments import gather, is_explained
from harness.pytest_plugin.private.names import KeyHider
from harness.pytest_plugin.report_rows import gather_cases, gather_maps, gather_traffic
from harness.pytest_plugin.run import RUN
from harness.pytest_plugin.workers import send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.findings.finding import Finding
    from harness.pytest_plugin.quality import RunQuality
    from harness.pytest_plugin.run import Run
    from harness.reports.history import Run as HistoryRun
    from harness.reports.report import RunReport


def set_exit_status(session: pytest.Session) -> None:
    """Set the exit code from the findings, unless pytest has a worse one; an xdist worker sends what it collected."""
    run = session.config.stash[RUN]
    run.session = session
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        send(run, output)
    elif session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        session.exitstatus = _find_exit_status(run, reporter, int(session.exitstatus))


def _find_exit_status(run: Run, reporter: pytest.TerminalReporter | None, exitstatus: int) -> int:
    if reporter is not None:
        findings, unexplained = Summary(run, reporter).judged
    else:
        # Only the reporter knows the findings of tests.
        findings, unexplained = run.gate.find_unused(), exitstatus
    if not findings:
        return exitstatus
    from harness.findings.verdict import exit_code

    return exit_code(findings, unexplained=unexplained) or exitstatus


class Summary:
    """Prints and writes the results of a run."""

    def __init__(self, run: Run, reporter: pytest.TerminalReporter) -> None:
        self._run = run
        self._options = run.options
        self._reporter = reporter
        self._unwritten: list[str] = []
        """What could not be written, and why."""

    def show(self) -> None:
        """Write the lock file; print cassettes, savings and findings; write the reports."""
        # Nothing that fails later may lose what was accepted.
        lock_lines = self._write_lock()
        self._print_cassettes()
        if self._calls or self._findings:
            self._print_savings()
            self._print_quality()
            self._print_findings()
            self._append_step_summary()
            self._write_reports()
            self._add_to_history()
        self._print_lock(lock_lines)
        self._print_not_rebuilt()
        self._print_unwritten()

    @property
    def judged(self) -> tuple[tuple[Finding, ...], int]:
        """The findings, and the number of failures without one; together they decide the exit code."""
        return self._findings, sum(not is_explained(report) for report in self._failed)

    @cached_property
    def _failed(self) -> list[pytest.TestReport]:
        return [report for kind in ("failed", "error") for report in self._reporter.stats.get(kind, ())]

    @cached_property
    def _calls(self) -> list[str]:
        return [row for lines in gather(self._reporter, "calls") for row in json.loads(lines)]

    @cached_property
    def _findings(self) -> tuple[Finding, ...]:
        """Findings of the tests, and unused entries of the lock file."""
        lines = [*gather(self._reporter, "finding"), *self._run.late_findings]
        unused = self._run.gate.find_unused()
        if self._calls:
            unused += self._run.gate.find_missing(self._reporter.config.invocation_params.dir)
        quality = self._quality.findings if self._quality is not None else ()
        if not lines and not unused and not quality:
            return ()
        from harness.findings.finding import Finding
        from harness.findings.merging import merge

        lines += [json.dumps(finding.to_json()) for finding in (*unused, *quality)]
        return merge([Finding.from_json(json.loads(self._hide_keys(line))) for line in lines])

    @cached_property
    def _quality(self) -> RunQuality | None:
        """What the checks of the answers say together; ``None`` for a run without any."""
        rows = gather(self._reporter, "checks")
        if not rows:
            return None
        from harness.pytest_plugin.quality import judge_run

        return judge_run(rows, root=self._options.root)

    def _hide_keys(self, text: str) -> str:
        """In a private run, remove texts from the names of cassettes; the tests of a worker have removed their own."""
        return KeyHider(self._keys).hide(text) if self._options.is_private else text

    @cached_property
    def _keys(self) -> set[str]:
        """The keys of the lock file, and the cases that the run adds to it."""
        return {*self._run.gate.known_keys, *(json.loads(row)["case"] for row in gather(self._reporter, "entry"))}

    @cached_property
    def _folder(self) -> str:
        """The project's folder in its repository."""
        from harness.reports.repository import find_folder

        return find_folder(self._options.root, self._options.github.workspace)

    @property
    def _gateway(self) -> str:
        """Host of a base URL that is not the API's own."""
        if self._options.base_url is None:
            return ""
        from urllib.parse import urlsplit

        from harness.provider.endpoints import API_URL

        host = urlsplit(self._options.base_url).netloc.rpartition("@")[2]
        return "" if host == urlsplit(API_URL).netloc else host

    @cached_property
    def _report(self) -> RunReport:
        from harness.reports.build import build_report
        from harness.reports.report import CallRow

        findings, unexplained = self.judged
        report = build_report(
            (CallRow.from_json(row) for row in self._calls),
            mode=self._options.mode,
            passed=len({report.nodeid for report in self._reporter.stats.get("passed", ())}),
            failed=len(self._failed),
            findings=findings,
            traffic=gather_traffic(gather(self._reporter, "traffic")),
        )
        return replace(
            report,
            explained=len(self._failed) - unexplained,
            folder=self._folder,
            gateway=self._gateway,
            created=self._run.sessions.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
            prompts=tuple(gather_maps(gather(self._reporter, "prompt"))),
            cases=tuple(gather_cases(self._reporter)),
            quality={} if self._quality is None else self._quality.by_version,
            comparisons=() if self._quality is None else tuple(one.to_json() for one in self._quality.comparisons),
        )

    # --- what is printed ---------------------------------------------------------------------------------

    def _print_savings(self) -> None:
        if not self._report.rows:
            return
        from harness.reports.tables import answered_by, cost_notes, savings_table

        self._reporter.section("prompt cache savings")
        self._reporter.line(savings_table(self._report, style="simple"))
        for line in cost_notes(self._report):
            self._reporter.line(line)
        self._reporter.line(f"{self._options.mode} mode; {answered_by(self._report)}.")

    def _print_quality(self) -> None:
        if self._quality is None:
            return
        from harness.reports.quality import check_lines, comparison_lines, quality_table

        self._reporter.section("answers")
        self._reporter.line(quality_table(self._report, style="simple"))
        for line in (*check_lines(self._report), *comparison_lines(self._report), *filter(None, [self._quality.hint])):
            self._reporter.line(line)

    def _print_findings(self) -> None:
        if not self._findings:
            return
        from harness.reports.terminal import finding_lines

        self._reporter.section("prompt cache")
        lines = finding_lines(self._findings, is_private=self._options.is_private)
        text = self._without_secrets("\n".join(lines))
        if not self._options.github.has_annotations:
            self._reporter.line(text)
            return
        from harness.reports import github
        from harness.reports.repository import in_repository

        self._reporter.line(github.defuse(text))
        # The runner reads commands only at the beginning of a log line.
        found = in_repository(self._findings, self._folder)
        annotations = github.annotations(found, is_private=self._options.is_private)
        self._reporter.line(self._without_secrets("\n".join(annotations)))

    def _print_not_rebuilt(self) -> None:
        """Say that nothing was rebuilt: only suites name what builds their requests."""
        if self._options.is_determinism_full and not any(json.loads(row)["plan"] for row in self._calls):
            what = "no case of a suite sent a request, so nothing was rebuilt under other conditions"
            self._reporter.line(f"warning: --harness-determinism: {what}", yellow=True)

    def _print_cassettes(self) -> None:
        lines = [*self._warnings(), *self._lines_of_changed_answers()]
        if lines:
            self._reporter.section("cassettes")
            self._reporter.line("\n".join(lines))

    def _warnings(self) -> list[str]:
        old, unplayed = gather(self._reporter, "old"), gather(self._reporter, "unplayed")
        if not old and not unplayed:
            return []
        from harness.pytest_plugin.cassette_warnings import old_lines, unplayed_lines

        return [*old_lines(old, self._options.max_age_days or 0), *unplayed_lines(unplayed)]

    def _lines_of_changed_answers(self) -> list[str]:
        if not self._options.is_verified:
            return []
        from harness.findings.words import count

        lines = [line for found in gather(self._reporter, "changed-answers") for line in json.loads(found)]
        return [*lines, f"verified: {count(len(lines), 'difference')} between the answers and the cassettes"]

    # --- what is written ---------------------------------------------------------------------------------

    def _append_step_summary(self) -> None:
        path = self._options.github.summary_file
        if path is None:
            return
        from harness.reports.markdown import SUMMARY_LIMIT, markdown

        text = markdown(self._report, self._findings, is_private=self._options.is_private, limit=SUMMARY_LIMIT)
        with self._noting_unwritten():
            append_to_file(path, self._without_secrets(text).encode())

    def _write_reports(self) -> None:
        folder = self._options.reports
        if folder is None:
            return
        from harness.reports.formats import FORMATS

        history, written = self._read_history(), []
        for row in FORMATS:
            text = self._without_secrets(row.write(self._report, is_private=self._options.is_private))
            with self._noting_unwritten():
                content = text if row.finish is None else row.finish(text, history)
                write_atomically(folder / row.file, content.encode())
                written.append(relative(folder / row.file, self._options.start))
        if written:
            self._reporter.line(f"written: {', '.join(written)}")
        if find_spec("vl_convert") is None:
            from harness.reports.html.drawing import MISSING

            self._reporter.line(MISSING)

    def _read_history(self) -> list[HistoryRun]:
        if self._options.history is None:
            return []
        from harness.reports.history import read_history

        try:
            return read_history(self._options.history)
        except ReportError as error:
            self._unwritten.append(error.message)
            return []

    def _add_to_history(self) -> None:
        path = self._options.history
        if path is None:
            return
        from harness.reports.document import read_document
        from harness.reports.history import add_run, sum_up

        document = read_document(json.loads(self._report.to_json()))
        with self._noting_unwritten():
            add_run(path, sum_up(document))

    def _without_secrets(self, text: str) -> str:
        """Remove secrets from a report, which quotes prompts and answers."""
        return self._run.storage.scrubber.text(text) if self._findings or self._report.cases else text

    def _write_lock(self) -> list[str]:
        """Write the lock file and the rules for git; return the lines to print."""
        added = self._add_git_attributes()
        lines = [f"written: {file} ({'; '.join(rules)})" for file, rules in added.items()]
        if self._options.is_updating_lock:
            with self._noting_unwritten():
                rows, has_failures = gather(self._reporter, "entry"), bool(self._failed)
                written = self._run.gate.write(rows, has_failures=has_failures, beside=[*added])
                lines = [*map(self._hide_keys, written), *lines]
        return lines

    def _print_lock(self, lines: list[str]) -> None:
        if self._options.is_updating_lock:
            self._reporter.section("lock file")
        elif self._calls and self._run.gate.lock is None:
            self._reporter.line("no lock file yet: accept today's prompts with pytest --harness-update-lock")
        for line in lines:
            self._reporter.line(line)

    @contextmanager
    def _noting_unwritten(self) -> Iterator[None]:
        """Note what cannot be written, and go on with the rest."""
        try:
            yield
        except (LockError, ReportError, WriteError) as error:
            self._unwritten.append(error.message)

    def _print_unwritten(self) -> None:
        """Print what could not be written: the run was asked for it, so it does not pass without it."""
        for line in self._unwritten:
            self._reporter.line(f"error: {line}", red=True)
        session = self._run.session
        if self._unwritten and session is not None and session.exitstatus == pytest.ExitCode.OK:
            from harness.findings.verdict import CANNOT_TELL

            session.exitstatus = CANNOT_TELL
        forgotten = self._run.storage.forgotten_counts
        if forgotten is not None:
            self._reporter.line(f"warning: {forgotten}", yellow=True)

    def _add_git_attributes(self) -> dict[str, list[str]]:
        """Add rules for git on cassettes and the lock file; return the lines added, by file."""
        options = self._options
        if options.mode != "record" and not options.is_updating_lock:
            return {}
        from harness.cassettes.git_attributes import add_rules, cassette_rule, lock_rule

        rules = [
            *([cassette_rule(options.cassettes)] if options.cassettes.exists() else []),
            *([lock_rule(options.lock_file)] if options.is_updating_lock or options.lock_file.exists() else []),
        ]
        try:
            return {relative(file, options.root): lines for file, lines in add_rules(rules).items()}
        except WriteError as error:
            # Only a convenience, so the run does not fail.
            self._reporter.line(error.message)
            return {}
