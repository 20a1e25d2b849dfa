"""Reports of a private run: what tests and their code wrote is removed before any plugin sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin.attachments import properties_of
from harness.pytest_plugin.private.names import private_id

if TYPE_CHECKING:
    from types import TracebackType

    from harness.findings.finding import Finding

WITHHELD = "its message is withheld: --harness-private"
_SHOWN = "harness_shown"
"""Attribute of a report: the text that the harness shows for its error."""


def show_privately(error: BaseException) -> str:
    """Describe an error without any text of a prompt."""
    findings: tuple[Finding, ...] = getattr(error, "findings", ())
    if findings:
        lines = [line for finding in findings for line in finding.lines(is_private=True)]
        return "\n".join([*lines, *(error.advice() if isinstance(error, HarnessError) else [])])
    return f"{type(error).__name__} ({WITHHELD})"


def describe_at_place(error: BaseException, root: Path) -> str:
    """Describe an error with its place in the project: ``conftest.py:3 in pytest_configure: RuntimeError (…)``."""
    return f"{_place(error.__traceback__, root)}{type(error).__name__} ({WITHHELD})"


def is_raised_by(error: BaseException, *packages: str) -> bool:
    """Whether the code that raised an error belongs to one of some packages."""
    module, found = "", error.__traceback__
    while found is not None:
        module, found = found.tb_frame.f_globals.get("__name__") or "", found.tb_next
    return module.partition(".")[0] in packages


def show_report(report: pytest.TestReport | pytest.CollectReport, text: str) -> None:
    """Let a report show ``text`` for its error, in place of what pytest made of it."""
    report.longrepr = text
    setattr(report, _SHOWN, text)


def withhold_collection(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Report a file that cannot be collected without details."""
    if report.failed:
        show_report(report, f"{private_id(collector.nodeid)} cannot be collected ({WITHHELD})")


def withhold_test(call: pytest.CallInfo[None], report: pytest.TestReport, *, text: str) -> None:
    """Report the error of a test by ``text`` alone."""
    if report.longrepr is None or isinstance(report.longrepr, tuple):
        return
    is_strict = call.excinfo is None and report.failed
    show_report(report, f"passed, but its mark xfail is strict ({WITHHELD})" if is_strict else text)


def withhold(report: pytest.TestReport | pytest.CollectReport, *, is_last: bool) -> None:
    """Remove everything from a report that tests, their code or their plugins wrote, whoever changed it since.

    Ids are replaced only in the process that shows them, where ``is_last``: xdist compares them in its workers.
    """
    report.sections = []
    if isinstance(report.longrepr, tuple):
        path, line, _ = report.longrepr
        report.longrepr = (path, line, f"Skipped: {WITHHELD}")
    elif report.longrepr is not None and report.longrepr != getattr(report, _SHOWN, None):
        show_report(report, f"{report.outcome} ({WITHHELD})")
    if isinstance(report, pytest.TestReport):
        _withhold_details(report)
    if is_last:
        report.nodeid = private_id(report.nodeid)


def _withhold_details(report: pytest.TestReport) -> None:
    report.keywords = {}
    report.user_properties = properties_of(report)
    if hasattr(report, "wasxfail"):
        report.wasxfail = WITHHELD
    file, line, _ = report.location
    report.location = (file, line, private_id(report.nodeid).partition("::")[2])
    context: Any = getattr(report, "context", None)
    if context is not None:
        # Of a subtest: its message and values.
        vars(report)["context"] = type(context)(msg=None, kwargs={})


def withhold_internal_error(shown: Any, text: str) -> None:
    """Let the representation of an error inside pytest show ``text`` alone, for all plugins that write it."""
    shown.toterminal = lambda writer: writer.line(text)
    for part in ("chain", "reprcrash", "reprtraceback"):
        if hasattr(shown, part):
            setattr(shown, part, None)


def describe_internal_error(error: BaseException, root: Path) -> str:
    """Describe an error inside pytest with its place; that of an xdist worker as the worker has described it."""
    text = str(error).strip()
    is_described = is_raised_by(error, "xdist") and text.endswith(f"({WITHHELD})") and "\n" not in text
    return text if is_described else describe_at_place(error, root)


def _place(traceback: TracebackType | None, root: Path) -> str:
    """``path:line in function: `` of the last frame in the project; empty if there is none."""
    place = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = Path(code.co_filename)
        if path.is_relative_to(root) and "site-packages" not in path.parts:
            place = f"{path.relative_to(root).as_posix()}:{traceback.tb_lineno} in {code.co_name}: "
        traceback = traceback.tb_next
    return place
