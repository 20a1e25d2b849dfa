"""The report files of a run: one row for each format.

To add a format, add a row here, its function in a file of its own, and a test.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from harness.reports.history import Run
    from harness.reports.report import RunReport

    class Write(Protocol):
        """Writes a report in one format; in private runs, without any text of a prompt."""

        def __call__(self, report: RunReport, *, is_private: bool) -> str: ...  # noqa: D102


class ReportFormat(NamedTuple):
    """One format of the report."""

    name: str
    file: str
    """Name of the file in the folder ``harness_reports``."""
    write: Write
    finish: Callable[[str, Sequence[Run]], str] | None = None
    """Makes the content of the file from what ``write`` wrote, after secrets are removed from that, and from the
    history of earlier runs."""


# The modules are imported only when a report is written: help texts need just the file names.


def _markdown(report: RunReport, *, is_private: bool) -> str:
    from harness.reports.markdown import markdown

    return markdown(report, report.findings, is_private=is_private)


def _json(report: RunReport, *, is_private: bool) -> str:
    return report.to_json(is_private=is_private)


def _sarif(report: RunReport, *, is_private: bool) -> str:
    from harness.reports.repository import in_repository
    from harness.reports.sarif import sarif

    return sarif(in_repository(report.findings, report.folder), is_private=is_private)


def _page(text: str, history: Sequence[Run]) -> str:
    from harness.reports.html.page import render_page

    return render_page(json.loads(text), history=history)


def _badge(text: str, _: Sequence[Run]) -> str:
    from harness.reports.badge import badge
    from harness.reports.document import read_document

    return badge(read_document(json.loads(text)))


FORMATS = (
    ReportFormat(name="Markdown", file="report.md", write=_markdown),
    ReportFormat(name="JSON", file="report.json", write=_json),
    ReportFormat(name="SARIF", file="report.sarif", write=_sarif),
    # The page holds its data packed, where no secret could be found.
    ReportFormat(name="HTML", file="report.html", write=_json, finish=_page),
    ReportFormat(name="badge", file="badge.json", write=_json, finish=_badge),
)
"""All formats, in the order in which they are written and named."""


def list_files() -> str:
    """List the names of all files for a sentence: ``report.md, report.json, report.sarif and report.html``."""
    *first, last = (row.file for row in FORMATS)
    return f"{', '.join(first)} and {last}"
