"""The findings in the summary of a run: a few lines each, because the failures above show the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.commands import next_lines
from harness.findings.ranking import LEVELS, next_command, of_level, worst_first
from harness.findings.words import count, place_in_file, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.findings.finding import Finding, Place

_OF_ANSWERS = ("answer-check", "regression")
"""Rules whose quotes are one sentence of why and a place."""

MAX_OF_A_LEVEL = 20
"""Most findings of one level that are shown."""


def finding_lines(findings: Sequence[Finding], *, is_private: bool) -> list[str]:
    """List errors, then warnings, then notes; the last line is the command to run next. Empty without findings."""
    command = next_command(findings)
    lines = []
    for level in LEVELS:
        found = of_level(findings, level)
        for finding in found[:MAX_OF_A_LEVEL]:
            lines += _block(finding, command, is_private=is_private)
        if len(found) > MAX_OF_A_LEVEL:
            lines.append(f"and {count(len(found) - MAX_OF_A_LEVEL, f'more {level}')}")
    first = next((finding for finding in worst_first(findings) if finding.command), None)
    lines += next_lines(first) if first is not None else []
    return [printable(line) for line in lines]


def _block(finding: Finding, command: str, *, is_private: bool) -> list[str]:
    lines = [f"{finding.level}: {finding.headline}"]
    if place := _place(finding, is_private=is_private):
        lines.append(f"  {place}")
    if not finding.test:
        # No failure above shows the rest.
        lines += [f"  {fact}" for fact in finding.facts]
        lines += [f"  fix: {finding.fix}"] if finding.fix is not None and not finding.command else []
    if finding.rule in _OF_ANSWERS and not is_private:
        lines += [f"  {quote}" for quote in finding.quotes]
    if explained := finding.explained_cause:
        lines.append(f"  cause: {explained}")
    lines += [f"  also {edit.cause}: {_show(edit.place, is_private=is_private)}" for edit in finding.edits]
    lines += [f"  cost: {cost}" for cost in finding.costs]
    # Findings often share one command, which is shown once at the end.
    if finding.command not in ("", command):
        lines.append(f"  next: {finding.command}")
    return lines


def _place(finding: Finding, *, is_private: bool) -> str:
    parts = [place_in_file(finding.file, finding.line)] if finding.file is not None else []
    if (place := finding.place) is not None:
        parts.append(_show(place, is_private=is_private))
    return ", ".join(parts)


def _show(place: Place, *, is_private: bool) -> str:
    return str(place) if is_private else f"{place}{_texts(place)}"


def _texts(place: Place) -> str:
    if not (place.before or place.after):
        return ""
    return f": {place.before!r} -> {place.after!r}" if place.first else f": {place.after!r}"
