"""How failures are shown: errors of the harness by their message alone, whatever the application made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin.attachments import attach, mark_explained
from harness.pytest_plugin.private.names import hide_key
from harness.pytest_plugin.private.reports import show_privately, withhold_collection, withhold_test
from harness.pytest_plugin.request_check import (
    explain_error,
    find_own_error,
    is_expected,
    note_expected,
    note_findings,
    note_skipped,
    swallowed_errors,
)
from harness.pytest_plugin.run import RUN
from harness.pytest_plugin.stash import EXPECTED, FAILED, PASSED, REPORTED


def show_own_errors(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show an error of the harness by its message alone; in a private run, withhold the messages of all others.

    pytest would spend a fifth of a second per failure to format SDK frames that nobody sees.
    """
    error = _error(item, call)
    if error is None or isinstance(error, pytest.skip.Exception):
        return
    if item.config.stash[RUN].options.is_private or isinstance(error, HarnessError):
        text = _text(item, call)
        item.repr_failure = lambda excinfo, style=None: text  # type: ignore[method-assign]
    else:
        # It was set by an earlier subtest, or by an earlier run of the test.
        vars(item).pop("repr_failure", None)


def note_outcome(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note a test's outcome and findings; show errors of the harness without the SDK's frames."""
    _note_outcome(item, call, report)
    error = _error(item, call)
    options = item.config.stash[RUN].options
    own = error if isinstance(error, HarnessError) else None
    if own is not None:
        item.stash[REPORTED] = True
        _note_own(item, own, report)
    elif report.skipped:
        note_skipped(item)
    if options.is_private:
        withhold_test(call, report, text="" if error is None else _text(item, call))
    elif report.failed and own is not None:
        report.longrepr = _text(item, call)
    elif report.failed:
        # The application swallowed an error of the harness, and something else failed as a result.
        report.sections += [("prompt cache harness", str(error)) for error in swallowed_errors(item)]
    attach(item, report)


def show_collection(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """In a private run, show no source line of a file that cannot be collected."""
    if collector.config.stash[RUN].options.is_private:
        withhold_collection(collector, report)


def _note_own(item: pytest.Item, error: HarnessError, report: pytest.TestReport) -> None:
    if item.stash[EXPECTED]:
        note_expected(item, error)
        return
    # A mark xfail that was added while the test ran makes pytest report any error as expected.
    report.outcome = "failed"
    vars(report).pop("wasxfail", None)
    item.stash[FAILED] = True
    note_findings(item, error)
    mark_explained(report)


def _note_outcome(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note whether a test passed with all its subtests; their reports come before its own."""
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    item.stash[EXPECTED] = item.stash.get(EXPECTED, False) or is_expected(item, call, report)
    if report.when == "call":
        item.stash[PASSED] = report.passed and not item.stash[FAILED]


def _error(item: pytest.Item, call: pytest.CallInfo[None]) -> BaseException | None:
    """The error to show: for one that was raised for an unanswered request, what that request shows."""
    error = call.excinfo.value if call.excinfo else None
    if error is None or isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
        return error
    return explain_error(item, error)


def _text(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """The text shown for an error: its message or, in a private run, a description without prompt text."""
    assert call.excinfo is not None
    run, error, raised = item.config.stash[RUN], _error(item, call), call.excinfo.value
    assert error is not None
    options = run.options
    text = f"{_own_line(item, call)}{show_privately(error) if options.is_private else error}"
    if find_own_error(raised) not in (None, raised):
        text += f"\n  raised as {_describe(raised, is_private=options.is_private)}"
    text = hide_key(item, run.storage.scrubber.text(text))
    if not options.github.has_annotations:
        return text
    from harness.reports.github import defuse

    return defuse(text)


def _describe(error: BaseException, *, is_private: bool) -> str:
    first, *_ = str(error).splitlines() or [""]
    return type(error).__name__ if is_private or not first else f"{type(error).__name__}: {first}"


def _own_line(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """``path:line: `` of the last frame in the test's own file; empty for tests that are not Python."""
    assert call.excinfo is not None
    for entry in reversed(call.excinfo.traceback):
        if Path(entry.path) == item.path:
            return f"{item.path.name}:{entry.lineno + 1}: "
    return ""
