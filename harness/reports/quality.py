"""What the checks of the answers say, as text: a table by version, and a line for each comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.findings.words import count, join, printable

if TYPE_CHECKING:
    from harness.reports.report import RunReport

TEMPLATES = "The emulator's answers are templates: they show the machinery, not the model."

_MOST = 5
"""Most cases that are named."""

_HEADERS = ("suite", "version", "checks", "cases", "passed", "mean scores")


def quality_table(report: RunReport, *, style: str, show: Callable[[str], str] = printable) -> str:
    """A row for each suite and version; ``style`` is a table format of ``tabulate``. Empty without checks.

    ``show`` writes the user's names.
    """
    rows = [
        (
            show(suite),
            show(version),
            str(len(checks)),
            str(max(row["cases"] for row in checks)),
            f"{sum(row['passed'] for row in checks)} of {sum(row['passed'] + row['failed'] for row in checks)}",
            ", ".join(f"{show(row['check'])} {row['mean_score']:.2f}" for row in checks if _has_score(row)) or "-",
        )
        for (suite, version, _), checks in sorted(report.quality.items())
    ]
    if not rows:
        return ""
    align = ("left", "left", "right", "right", "right", "left")
    return tabulate(rows, headers=_HEADERS, tablefmt=style, colalign=align, disable_numparse=True)


def check_lines(report: RunReport) -> Iterator[str]:
    """A line for each check that not every case of a version passes."""
    for (suite, version, _), checks in sorted(report.quality.items()):
        for row in checks:
            if row["passed"] == row["cases"]:
                continue
            interval = "" if row["interval"] is None else f", 95 % interval {_percent(row['interval'])}"
            rest = f", {row['cannot_tell']} cannot be told" if row["cannot_tell"] else ""
            told = row["passed"] + row["failed"]
            yield f"{suite} {version}, {printable(row['check'])}: {row['passed']} of {told} pass{interval}{rest}"


def comparison_lines(report: RunReport) -> Iterator[str]:
    """A line for each comparison in which anything changed, the number of the others, and who gave the answers."""
    equal, shown = 0, 0
    for one in report.comparisons:
        if one["word"] == "not shown" and not one["difference"]:
            equal += 1
            continue
        shown += 1
        cases = [f"now failing: {join(one['flipped'], limit=_MOST)}"] if one["flipped"] else []
        cases += [f"now passing: {join(one['fixed'], limit=_MOST)}"] if one["fixed"] else []
        title = f"{one['suite']} {one['before']} to {one['after']}, {printable(one['check'])}: {one['word']}"
        yield " ".join([f"{title}. {one['says']}", *(f"({case})" for case in cases)])
    if equal:
        number = count(equal, f"{'more ' if shown else ''}comparison")
        yield f"{number} of versions: not shown, with equal results."
    if any(origin == "emulator" for _, _, origin in report.quality):
        yield TEMPLATES


def _has_score(row: Mapping[str, Any]) -> bool:
    return row["mean_score"] is not None


def _percent(ends: list[float]) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f} %"
