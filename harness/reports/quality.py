"""What the checks of the answers say, as text: a table by version, and a line for each comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.findings.words import printable

if TYPE_CHECKING:
    from harness.reports.report import RunReport

TEMPLATES = "The emulator's answers are templates: they show the machinery, not the model."

_HEADERS = ("suite", "version", "check", "passed", "score", "interval")


def quality_table(report: RunReport, *, style: str) -> str:
    """A row for each suite, version and check; ``style`` is a table format of ``tabulate``. Empty without checks."""
    rows = [
        (suite, version, printable(row["check"]), _passed(row), _number(row["mean_score"]), _interval(row["interval"]))
        for (suite, version, _), rows in sorted(report.quality.items())
        for row in rows
    ]
    if not rows:
        return ""
    align = ("left",) * 3 + ("right",) * 3
    return tabulate(rows, headers=_HEADERS, tablefmt=style, colalign=align, disable_numparse=True)


def comparison_lines(report: RunReport) -> Iterator[str]:
    """A line for each comparison in which anything changed, the number of the others, and who gave the answers."""
    equal = 0
    for one in report.comparisons:
        if one["word"] == "not shown" and not one["difference"]:
            equal += 1
            continue
        cases = [f"now failing: {', '.join(one['flipped'])}"] if one["flipped"] else []
        cases += [f"now passing: {', '.join(one['fixed'])}"] if one["fixed"] else []
        title = f"{one['suite']} {one['before']} to {one['after']}, {printable(one['check'])}: {one['word']}"
        yield " ".join([f"{title}. {one['says']}", *(f"({case})" for case in cases)])
    if equal:
        yield f"{equal} more comparisons of versions: not shown, with equal results."
    if any(origin == "emulator" for _, _, origin in report.quality):
        yield TEMPLATES


def _passed(row: Mapping[str, Any]) -> str:
    told = row["passed"] + row["failed"]
    said = f"{row['passed']} of {told}"
    return f"{said}, {row['cannot_tell']} cannot tell" if row["cannot_tell"] else said


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _interval(ends: list[float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:.2f} to {ends[1]:.2f}"
