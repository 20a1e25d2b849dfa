"""A badge with hit ratio and savings, in the endpoint format of shields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.reports.totals import total

if TYPE_CHECKING:
    from harness.reports.document import ReportDocument

FILE = "badge.json"
"""Name of the file, beside ``report.json``."""

_COLOURS = {"pass": "brightgreen", "cannot tell": "yellow", "fail": "red", "bust": "red"}


def badge(report: ReportDocument) -> str:
    """Write the badge of a run as JSON; its colour is the verdict.

    Source: shields.io/badges/endpoint-badge (checked 2026-11-26)
    """
    sums = total(report.versions)
    figures = ((sums.hit_ratio, "read"), (sums.savings_share, "saved"))
    known = [f"{round(share * 100) + 0} % {what}" for share, what in figures if share is not None]
    words = ", ".join(known) if report.verdict == "pass" else ", ".join([report.verdict, *known])
    document = {
        "schemaVersion": 1,
        "label": "prompt cache",
        "message": words or report.verdict,
        "color": _COLOURS[report.verdict],
    }
    return json.dumps(document, indent=2) + "\n"
