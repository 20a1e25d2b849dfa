"""Private runs: no text of a test or of a prompt is shown."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin.options import asks_for_privacy

if TYPE_CHECKING:
    import warnings
    from collections.abc import Iterator

    from harness.findings.finding import Finding
    from harness.pytest_plugin.options import Options

WITHHELD = "its message is withheld: --harness-private"


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
    """Report a file that cannot be collected, or is skipped, without details."""
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
        return "\n".join([*lines, *(error.advice() if isinstance(error, HarnessError) else [])])
    return f"{type(error).__name__} ({WITHHELD})"


def withhold_report(call: pytest.CallInfo[None], report: pytest.TestReport, *, text: str) -> None:
    """Remove everything that the test or its code wrote from a report; ``text`` is shown for its error."""
    report.sections = []
    if isinstance(report.longrepr, tuple):
        path, line, _ = report.longrepr
        report.longrepr = (path, line, f"Skipped: {WITHHELD}")
    elif report.longrepr is not None and call.excinfo is not None:
        report.longrepr = text
    if hasattr(report, "wasxfail"):
        report.wasxfail = WITHHELD
