"""How failures are shown: errors of the harness by their message alone, and no prompt text in private runs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import CheckError, HarnessError
from harness.pytest_plugin.attachments import attach, mark_explained, note_finding
from harness.pytest_plugin.options import asks_for_privacy
from harness.pytest_plugin.refusals import explain_refusal
from harness.pytest_plugin.run import RUN
from harness.pytest_plugin.stash import GUARD, PASSED, SESSION

if TYPE_CHECKING:
    import warnings
    from collections.abc import Iterator

    from harness.cassettes.format import RecordedRequest
    from harness.findings.finding import Finding
    from harness.pytest_plugin.options import Options

WITHHELD = "its message is withheld: --harness-private"
_EXPLAINED: pytest.StashKey[tuple[BaseException, BaseException]] = pytest.StashKey()
"""The last error that a test raised, and the error that is shown for it."""
_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_NOT_RECORDED = "its cassette does not hold the request either"


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
    _note_passed(item, report)
    error = _error(item, call)
    options = item.config.stash[RUN].options
    if report.failed and isinstance(error, HarnessError):
        _note_findings(item, error, is_private=options.is_private)
        mark_explained(report)
    if options.is_private:
        _withhold(item, call, report)
    elif report.failed and isinstance(error, HarnessError):
        report.longrepr = _text(item, call)
    elif report.failed:
        # The application swallowed an error of the harness, and something else failed as a result.
        report.sections += [("prompt cache harness", str(error)) for error in _swallowed(item)]
    attach(item, report)


def _note_passed(item: pytest.Item, report: pytest.TestReport) -> None:
    """Note whether a test passed with all its subtests; their reports come before its own."""
    if report.when == "setup":
        # Setup may run more than once.
        item.stash[_FAILED] = False
    elif report.when == "call":
        item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
        item.stash[PASSED] = report.passed and not item.stash[_FAILED]


@contextmanager
def withheld_conftests(arguments: list[str]) -> Iterator[None]:
    """In a private run, report an import error of a ``conftest.py`` without its details.

    Raises:
        pytest.UsageError: instead of the original error.
    """
    try:
        yield
    except Exception:
        # pytest would show any error with the source lines around it. The options are not parsed yet.
        if asks_for_privacy(arguments):
            raise pytest.UsageError(f"a conftest.py cannot be imported ({WITHHELD})") from None
        raise


def withhold_collection(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """In a private run, report a file that cannot be collected, or is skipped, without details."""
    if not collector.config.stash[RUN].options.is_private:
        return
    report.sections = []
    if report.failed:
        report.longrepr = f"{collector.nodeid} cannot be collected ({WITHHELD})"
    elif isinstance(report.longrepr, tuple):
        report.longrepr = (*report.longrepr[:2], f"Skipped: {WITHHELD}")


def register_private(config: pytest.Config, options: Options) -> None:
    """In a private run, reduce warnings to their kind and place, and drop the output of subtests."""
    if options.is_private:
        config.pluginmanager.register(_Withholder(), "harness-private")


class _Withholder:
    """A plugin of its own, because these hooks do not receive the configuration."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Remove the text and the source line before any plugin shows them."""
        warning_message.message = f"{warning_message.category.__name__} ({WITHHELD})"
        warning_message.line = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remove captured output: a subtest's output is added only after its report was made."""
        report.sections = []


def show_privately(error: BaseException) -> str:
    """Describe an error without any text of a prompt."""
    findings: tuple[Finding, ...] = getattr(error, "findings", ())
    if findings:
        lines = [line for finding in findings for line in finding.lines(is_private=True)]
        hint = getattr(error, "hint", None)
        return "\n".join([*lines, *([f"  try: {hint}"] if hint else [])])
    return f"{type(error).__name__} ({WITHHELD})"


def _note_findings(item: pytest.Item, error: HarnessError, *, is_private: bool) -> None:
    from harness.findings.from_errors import findings_of

    for finding in findings_of(error, withheld=WITHHELD if is_private else None):
        note_finding(item, finding, hint=error.hint)


def _withhold(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Remove everything that the test or its code wrote from a report."""
    report.sections = []
    if isinstance(report.longrepr, tuple):
        path, line, _ = report.longrepr
        report.longrepr = (path, line, f"Skipped: {WITHHELD}")
    elif report.longrepr is not None and call.excinfo is not None:
        report.longrepr = _text(item, call)
    if hasattr(report, "wasxfail"):
        report.wasxfail = WITHHELD


def _error(item: pytest.Item, call: pytest.CallInfo[None]) -> BaseException | None:
    """The error of a test; for an unanswered request, the bust that the lock file shows it to be."""
    error = call.excinfo.value if call.excinfo else None
    if error is None or call.when != "call":
        return error
    # Each subtest of a test has its own error.
    if _EXPLAINED not in item.stash or item.stash[_EXPLAINED][0] is not error:
        item.stash[_EXPLAINED] = (error, _explain(item, error))
    return item.stash[_EXPLAINED][1]


def _explain(item: pytest.Item, error: BaseException) -> BaseException:
    """Turn a cassette miss, or the failure after a refused request, into a bust or refusal; return any other error."""
    gate = item.config.stash[RUN].gate
    sent: RecordedRequest | None = getattr(error, "sent", None) if isinstance(error, HarnessError) else None
    body = _rejected_body(item, error) if sent is None else _messages_body(sent)
    if sent is None and SESSION in item.stash and not isinstance(error, HarnessError):
        for doubt in item.stash[SESSION].unjudged:
            return doubt
    if body is None:
        return error
    finding = gate.explain_miss(item, body)
    if finding is None:
        return (explain_refusal(item.config.stash[RUN].storage.reader, [body]) if sent is None else None) or error
    if sent is None:
        return CheckError(str(finding), hint=gate.accept_command(item), findings=(finding,))
    known = replace(finding, notes=(*finding.notes, _NOT_RECORDED))
    hint = f"{getattr(error, 'hint', '')} --harness-update-lock"
    return CheckError(str(known), hint=hint, findings=(known,))


def _messages_body(sent: RecordedRequest) -> bytes | None:
    """The body of a request for a message; ``None`` for others, which are not in the lock file."""
    from harness.provider.endpoints import is_message_call

    return sent.body if is_message_call(sent.method, sent.path) else None


def _rejected_body(item: pytest.Item, error: BaseException) -> bytes | None:
    """The body of the last refused request, if the test failed with an error of its application."""
    if isinstance(error, HarnessError) or SESSION not in item.stash:
        return None
    rejected = item.stash[SESSION].rejected
    return rejected[-1] if rejected else None


def _text(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """The text shown for an error: its message or, in a private run, a description without prompt text."""
    run, error = item.config.stash[RUN], _error(item, call)
    assert error is not None
    options = run.options
    text = f"{_own_line(item, call)}{show_privately(error) if options.is_private else error}"
    text = run.storage.scrubber.text(text)
    if not options.github.has_annotations:
        return text
    from harness.reports.github import defuse

    return defuse(text)


def _swallowed(item: pytest.Item) -> tuple[HarnessError, ...]:
    """The first miss and the first refused connection of a test, if any."""
    misses = item.stash[SESSION].misses if SESSION in item.stash else ()
    blocked = item.stash[GUARD].blocked if GUARD in item.stash else ()
    return (*misses[:1], *blocked[:1])


def _own_line(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """``path:line: `` of the last frame in the test's own file; empty for tests that are not Python."""
    assert call.excinfo is not None
    for entry in reversed(call.excinfo.traceback):
        if Path(entry.path) == item.path:
            return f"{item.path.name}:{entry.lineno + 1}: "
    return ""
