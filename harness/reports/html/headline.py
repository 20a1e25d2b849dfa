"""The top of the page: verdict, what broke, cost and savings, and who answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.findings.ranking import LEVELS
from harness.findings.words import count
from harness.reports.html.figures import number, percent, usd
from harness.reports.html.markup import Child, Html, element, join
from harness.reports.html.parts import KINDS, lines
from harness.reports.totals import total

if TYPE_CHECKING:
    from harness.reports.document import ReportDocument

SENTENCES = {
    "pass": "No prompt lost its cache",
    "cannot tell": "Not everything could be judged",
    "fail": "Tests failed, the prompt cache held",
    "bust": "A prompt lost its cache",
}
"""The verdict in words."""

TEMPLATES = "The emulator's answers are templates: scores show the machinery, not the model."
"""Stands wherever scores of the emulator's answers do."""

_MOST_BROKEN = 5


def headline(report: ReportDocument) -> Html:
    """Write the top of the page."""
    return element(
        "header",
        element("p", "Prompt cache report", class_="eyebrow"),
        element("h1", SENTENCES[report.verdict], class_=KINDS[report.verdict]),
        element("p", _outcome(report), class_="lead"),
        _broken(report),
        _tiles(report),
        element("p", _origin(report), class_="origin"),
    )


def show_time(created: str) -> str:
    """``26 November 2026, 19:20 UTC``; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(created).astimezone(UTC)
    except ValueError:
        return created
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _outcome(report: ReportDocument) -> Html:
    counts = [(level, sum(finding.level == level for finding in report.findings)) for level in LEVELS]
    found = ", ".join(count(number, level) for level, number in counts if number) or "no findings"
    return join(
        "Verdict ", element("b", report.verdict, id="verdict"), f": {found}; ", number(report.passed, "/passed"),
        " passed, ", number(report.failed, "/failed"), f" failed in {report.mode} mode.",
    )  # fmt: skip


def _broken(report: ReportDocument) -> Html | None:
    errors = [(index, finding) for index, finding in enumerate(report.findings) if finding.level == "error"]
    items: list[Child] = [
        element("a", finding.headline, href=f"#finding-{index}") for index, finding in errors[:_MOST_BROKEN]
    ]
    if len(errors) > _MOST_BROKEN:
        items.append(f"and {count(len(errors) - _MOST_BROKEN, 'more error')}")
    return lines(items, class_="broken")


def _tiles(report: ReportDocument) -> Html | None:
    if not report.versions:
        return None
    sums = total(report.versions)
    tiles = (
        ("Cost", usd(sums.cost, "/versions/*/cost_usd", of="sum")),
        ("Without the cache", usd(sums.cost_without_cache, "/versions/*/cost_without_cache_usd", of="sum")),
        ("Saved", percent(sums.savings_share, "/versions/*", of="savings share")),
        ("Input read from the cache", percent(sums.hit_ratio, "/versions/*/usage", of="hit ratio")),
        ("Calls", number(sums.calls, "/versions/*/calls", of="sum")),
    )
    return element(
        "dl", *(element("div", element("dt", name), element("dd", value)) for name, value in tiles), class_="tiles"
    )


def _origin(report: ReportDocument) -> Html:
    """Say where the figures come from."""
    what = {
        "emulator": "the emulator of prompt-cache-harness, by the documented caching rules",
        "anthropic": f"the gateway at {report.gateway}" if report.gateway else "the real API",
    }
    who = " and ".join(what[origin] for origin in report.answered_by)
    says = f"Usage reported by {who}." if who else "No call was made."
    when = (
        None
        if report.created is None
        else join(" Run at ", element("time", show_time(report.created), datetime=report.created), ".")
    )
    has_scores = any(version.quality for version in report.versions) or any(case.checks for case in report.cases)
    return join(says, f" {TEMPLATES}" if has_scores and "emulator" in report.answered_by else None, when)
