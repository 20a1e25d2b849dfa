"""The page: sections in their order, one style sheet, one script, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ReportError
from harness.files.reading import read_text
from harness.reports.document import read_document
from harness.reports.history import sum_up, with_run
from harness.reports.html.cases import cases
from harness.reports.html.costs import costs
from harness.reports.html.drawing import MISSING, Drawer
from harness.reports.html.findings import findings
from harness.reports.html.headline import headline
from harness.reports.html.markup import Html, element
from harness.reports.html.prompts import prompts
from harness.reports.html.quality import quality
from harness.reports.html.traffic import traffic
from harness.reports.html.trend import trends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.reports.document import ReportDocument
    from harness.reports.history import Run

_ASSETS = Path(__file__).parent / "assets"

_TITLES = {
    "findings": "Findings", "costs": "Cost", "traffic": "Traffic", "quality": "Quality", "prompts": "Prompts",
    "trend": "Trend", "cases": "Cases",
}  # fmt: skip


def render_page(document: Mapping[str, Any], *, history: Sequence[Run] = (), place: str = "report.json") -> str:
    """Write a parsed ``report.json`` as one HTML page, with the trend since the runs of ``history``.

    Raises:
        ReportError: the document has another form; the message starts with ``place``.
    """
    report, drawer = read_document(document, place=place), Drawer()
    runs = with_run(list(history), sum_up(report)) if history else []
    sections = {
        "findings": findings(report),
        "costs": costs(report, drawer),
        "traffic": traffic(report, drawer),
        "quality": quality(report, drawer),
        "prompts": prompts(report),
        "trend": trends(runs, drawer),
        "cases": cases(report, document),
    }
    shown = {name: part for name, part in sections.items() if part is not None}
    hint = None if drawer.can_draw or not report.versions else element("p", MISSING, class_="hint")
    main = element("main", headline(report), hint, *shown.values(), id="main")
    body = element(
        "body", element("a", "Skip to the report", href="#main", class_="skip"), _navigation(list(shown)), main,
        _footer(report), _script(_asset("page.js")),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{element('html', _head(report), body, lang='en')}\n"


def _head(report: ReportDocument) -> Html:
    style = _asset("style.css")
    policy = (
        f"default-src 'none'; script-src {_hash(_asset('page.js'))}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"Prompt cache: {report.verdict}"),
        element("style", Html(style)),
    )


def _navigation(names: Sequence[str]) -> Html | None:
    if not names:
        return None
    return element("nav", *(element("a", _TITLES[name], href=f"#{name}") for name in names), aria_label="Sections")


def _footer(report: ReportDocument) -> Html:
    version = f" {report.harness_version}" if report.harness_version else ""
    return element(
        "footer", element("p", f"Written by prompt-cache-harness{version}. Every figure is one of report.json.")
    )


def _script(code: str) -> Html:
    return element("script", Html(code))


def _asset(name: str) -> str:
    return read_text(_ASSETS / name, ReportError)


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"
