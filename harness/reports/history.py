"""One line for each run, in ``history.jsonl``: verdict, cost, savings and hit ratio, also by suite and version."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import ReportError
from harness.files.reading import read_text
from harness.files.writing import append_to_file
from harness.findings.rules import RunVerdict
from harness.reports.document import Usd
from harness.reports.totals import hit_ratio, total

if TYPE_CHECKING:
    from pathlib import Path

    from harness.reports.document import ReportDocument, VersionModel

FILE = "history.jsonl"
"""Name of the file, beside ``report.json``."""


class VersionRun(BaseModel):
    """One suite and version in one run."""

    model_config = ConfigDict(frozen=True)

    suite: str
    version: str
    model: str = ""
    cost_usd: Usd | None = None
    savings_share: float | None = None
    hit_ratio: float | None = None


class Run(BaseModel):
    """One run. Keys that are not known here are left alone, so that later versions can add some."""

    model_config = ConfigDict(frozen=True)

    created: str
    """UTC time, ISO 8601."""
    verdict: RunVerdict
    cost_usd: Usd | None = None
    savings_share: float | None = None
    hit_ratio: float | None = None
    versions: tuple[VersionRun, ...] = ()


def sum_up(report: ReportDocument) -> Run:
    """Make the line of a run."""
    sums = total(report.versions)
    return Run(
        created=report.created or "",
        verdict=report.verdict,
        cost_usd=sums.cost,
        savings_share=_round(sums.savings_share),
        hit_ratio=_round(sums.hit_ratio),
        versions=tuple(map(_sum_up_version, report.versions)),
    )


def read_history(path: Path) -> list[Run]:
    """Read the lines of a file in their order; empty if there is none. A last line that was cut short is left out.

    Raises:
        ReportError: a line is no run; the message starts ``path:line``.
    """
    if not path.exists():
        return []
    lines = read_text(path, ReportError).splitlines(keepends=True)
    runs = []
    for number, line in enumerate(lines, start=1):
        try:
            runs.append(Run.model_validate_json(line))
        except ValidationError:
            if number == len(lines) and not line.endswith("\n"):
                break
            raise ReportError(
                f"{path}:{number}: not a line of the history", hint="remove the line; later runs add theirs"
            ) from None
    return runs


def add_run(path: Path, run: Run) -> None:
    """Add the line of a run, on a line of its own even if the last one was cut short."""
    start = b"\n" if path.exists() and path.stat().st_size and not _ends_in_line_break(path) else b""
    append_to_file(path, start + run.model_dump_json().encode() + b"\n")


def with_run(runs: list[Run], run: Run) -> list[Run]:
    """The history up to a run, whether it holds that run already or not."""
    earlier = [one for one in runs if one.created < run.created]
    return [*earlier, run]


def _ends_in_line_break(path: Path) -> bool:
    return read_text(path, ReportError).endswith("\n")


def _sum_up_version(version: VersionModel) -> VersionRun:
    return VersionRun(
        suite=version.suite,
        version=version.version,
        model=version.model,
        cost_usd=version.cost_usd,
        savings_share=None if version.savings_share is None else float(version.savings_share),
        hit_ratio=_round(hit_ratio([version.usage])),
    )


def _round(share: float | Decimal | None) -> float | None:
    return None if share is None else round(float(share), 4)
