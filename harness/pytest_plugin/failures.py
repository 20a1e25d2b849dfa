"""How failures are shown: errors of the harness by their message alone, and in private no text of a prompt."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import CheckError, HarnessError
from harness.provider.endpoints import is_message_call
from harness.pytest_plugin.attachments import attach, mark_explained, note_finding
from harness.pytest_plugin.options import asks_for_privacy
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
"""What a test raised last, and what is said of it."""
_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_NOT_RECORDED = "its cassette does not hold the request either"


def show_own_errors(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show an error of the harness by its message alone; in private, show no other error's message either.

    Formatting the frames of the SDK takes a fifth of a second for each failure, to be thrown away.
    """
    error = _error(item, call)
    if error is None or isinstance(error, pytest.skip.Exception):
        return
    if item.config.stash[RUN].options.is_private or isinstance(error, HarnessError):
        text = _text(item, call)
        item.repr_failure = lambda excinfo, style=None: text  # type: ignore[method-assign]
    else:
        # Of an earlier subtest, or an earlier run of the test.
        vars(item).pop("repr_failure", None)


def note_outcome(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note how a test ended and what was found; show errors of the harness without the SDK's frames."""
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
        # The application swallowed an error of ours, and something else failed for it.
        report.sections += [("prompt cache harness", str(error)) for error in _swallowed(item)]
    attach(item, report)


def _note_passed(item: pytest.Item, report: pytest.TestReport) -> None:
    """Note whether a test passed with all its subtests, whose reports come before its own."""
    if report.when == "setup":
        # It may run more than once.
        item.stash[_FAILED] = False
    elif report.when == "call":
        item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
        item.stash[PASSED] = report.passed and not item.stash[_FAILED]


@contextmanager
def withheld_conftests(arguments: list[str]) -> Iterator[None]:
    """In private, say of a ``conftest.py`` that cannot be imported no more than that.

    Raises:
        pytest.UsageError: in place of what was raised.
    """
    try:
        yield
    except Exception:
        # Whatever it is, pytest shows it with the lines of source around it; the options are not parsed yet.
        if asks_for_privacy(arguments):
            raise pytest.UsageError(f"a conftest.py cannot be imported ({WITHHELD})") from None
        raise


def withhold_collection(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """In private, say of a file that cannot be collected, or is skipped, no more than that."""
    if not collector.config.stash[RUN].options.is_private:
        return
    report.sections = []
    if report.failed:
        report.longrepr = f"{collector.nodeid} cannot be collected ({WITHHELD})"
    elif isinstance(report.longrepr, tuple):
        report.longrepr = (*report.longrepr[:2], f"Skipped: {WITHHELD}")


def register_private(config: pytest.Config, options: Options) -> None:
    """In private, leave of warnings their kind and their place, and of subtests no output."""
    if options.is_private:
        config.pluginmanager.register(_Withholder(), "harness-private")


class _Withholder:
    """A plugin, since the hooks are not told of the configuration."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Take the text out before anybody shows it, and the line of source below it."""
        warning_message.message = f"{warning_message.category.__name__} ({WITHHELD})"
        warning_message.line = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take out what was printed meanwhile: that of a subtest is added only after its report was made."""
        report.sections = []


def show_privately(error: BaseException) -> str:
    """What may be said of an error where no text of a prompt may be."""
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
    """Leave nothing on a report that the test or its code has written."""
    report.sections = []
    if isinstance(report.longrepr, tuple):
        path, line, _ = report.longrepr
        report.longrepr = (path, line, f"Skipped: {WITHHELD}")
    elif report.longrepr is not None and call.excinfo is not None:
        report.longrepr = _text(item, call)
    if hasattr(report, "wasxfail"):
        report.wasxfail = WITHHELD


def _error(item: pytest.Item, call: pytest.CallInfo[None]) -> BaseException | None:
    """What a test raised; of a request that was not answered, what the lock file says of it, which is more."""
    error = call.excinfo.value if call.excinfo else None
    if error is None or call.when != "call":
        return error
    # The subtests of a test fail each for something else.
    if _EXPLAINED not in item.stash or item.stash[_EXPLAINED][0] is not error:
        item.stash[_EXPLAINED] = (error, _explain(item, error))
    return item.stash[_EXPLAINED][1]


def _explain(item: pytest.Item, error: BaseException) -> BaseException:
    """Turn a cassette miss, or what followed from a refused request, into a bust; leave any other error."""
    gate = item.config.stash[RUN].gate
    sent: RecordedRequest | None = getattr(error, "sent", None) if isinstance(error, HarnessError) else None
    body = _rejected_body(item, error) if sent is None else _messages_body(sent)
    finding = None if body is None else gate.explain_miss(item, body)
    if finding is None:
        return error
    if sent is None:
        return CheckError(str(finding), hint=gate.accept_command(item), findings=(finding,))
    known = replace(finding, notes=(*finding.notes, _NOT_RECORDED))
    hint = f"{getattr(error, 'hint', '')} --harness-update-lock"
    return CheckError(str(known), hint=hint, findings=(known,))


def _messages_body(sent: RecordedRequest) -> bytes | None:
    """The body of a request for a message; ``None`` for any other, which the lock file knows nothing of."""
    return sent.body if is_message_call(sent.method, sent.path) else None


def _rejected_body(item: pytest.Item, error: BaseException) -> bytes | None:
    """The body of the last request that was refused, if a test failed for what its application made of that."""
    if isinstance(error, HarnessError) or SESSION not in item.stash:
        return None
    rejected = item.stash[SESSION].rejected
    return rejected[-1] if rejected else None


def _text(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """What is shown of an error: our own message, or in private what may be said of any."""
    options, error = item.config.stash[RUN].options, _error(item, call)
    assert error is not None
    text = f"{_own_line(item, call)}{show_privately(error) if options.is_private else error}"
    if not options.github.has_annotations:
        return text
    from harness.reports.github import defuse

    return defuse(text)


def _swallowed(item: pytest.Item) -> tuple[HarnessError, ...]:
    """The first miss and the first refused connection of a test, as far as there were any."""
    misses = item.stash[SESSION].misses if SESSION in item.stash else ()
    blocked = item.stash[GUARD].blocked if GUARD in item.stash else ()
    return (*misses[:1], *blocked[:1])


def _own_line(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """``path:line: `` of the last frame in the test's own file; empty for tests that are no Python."""
    assert call.excinfo is not None
    for entry in reversed(call.excinfo.traceback):
        if Path(entry.path) == item.path:
            return f"{item.path.name}:{entry.lineno + 1}: "
    return ""
