"""Verdict and exit code of a run, from its findings. Both read the rows of `RULES`."""

from collections.abc import Iterable
from typing import get_args

from harness.findings.finding import Finding
from harness.findings.rules import RULES, RunVerdict

EXIT_CODES: dict[RunVerdict, int] = {"pass": 0, "cannot tell": 2, "fail": 1, "bust": 1}
"""Exit code of a command or run for each verdict."""

CANNOT_TELL = EXIT_CODES["cannot tell"]
"""Exit code for a prompt that cannot be judged."""

_WORST_LAST: tuple[RunVerdict, ...] = get_args(RunVerdict)


def judge(findings: Iterable[Finding], *, unexplained: int = 0) -> RunVerdict:
    """Find the worst verdict of all errors; ``unexplained`` failed tests without a finding count as ``fail``."""
    verdicts: list[RunVerdict] = [RULES[finding.rule].verdict for finding in findings if finding.level == "error"]
    if unexplained:
        verdicts.append("fail")
    return max(verdicts, key=_WORST_LAST.index, default="pass")


def exit_code(findings: Iterable[Finding], *, unexplained: int = 0) -> int:
    """0 for a pass, 1 for a bust or failed test, 2 if nothing but "cannot tell" was found."""
    return EXIT_CODES[judge(findings, unexplained=unexplained)]
