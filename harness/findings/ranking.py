"""Findings in the order in which people should read them, and their counts, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.findings.finding import Finding, Severity

LEVELS: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first."""


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes; within a level as they came."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def of_level(findings: Sequence[Finding], level: Severity) -> list[Finding]:
    """The findings of one level, as they came."""
    return [finding for finding in findings if finding.level == level]


def count_levels(findings: Sequence[Finding]) -> str:
    """``2 errors, 1 note``; ``no findings`` if there are none."""
    counts = [count(len(of_level(findings, level)), level) for level in LEVELS if of_level(findings, level)]
    return ", ".join(counts) or "no findings"


def count(number: int, what: str) -> str:
    """``1 error``, ``1,200 errors``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def place_in_file(finding: Finding) -> str:
    """``prompts/v2.md:12``; empty where no file is known."""
    if finding.file is None:
        return ""
    path = slashed(finding.file)
    return path if finding.line is None else f"{path}:{finding.line}"


def slashed(path: str) -> str:
    """A path as URIs and GitHub spell it, whatever system found it."""
    return path.replace("\\", "/")


def printable(text: str) -> str:
    """Text as one line that no terminal and no reader mistakes: control and invisible characters as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def next_command(findings: Sequence[Finding]) -> str:
    """What to type next: the command of the worst finding that has one; empty if none has."""
    return next((finding.command for finding in worst_first(findings) if finding.command), "")
