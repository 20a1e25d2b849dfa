"""The results of the checks: by version, against cost, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.words import count
from harness.reports.html.charts import SERIES, Range, dots, scatter
from harness.reports.html.costs import Numbered, short_label
from harness.reports.html.figures import decimal, number, percent, usd
from harness.reports.html.headline import TEMPLATES
from harness.reports.html.markup import Html, element, join
from harness.reports.html.parts import Column, badge, figure, legend, section, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.reports.document import Comparison, Interval, Quality, ReportDocument
    from harness.reports.html.drawing import Drawer


def quality(report: ReportDocument, drawer: Drawer) -> Html | None:
    """Write the section; ``None`` for a run without checks of answers."""
    by_suite: dict[str, list[Numbered]] = {}
    for row in enumerate(report.versions):
        if row[1].quality:
            by_suite.setdefault(row[1].suite, []).append(row)
    if not by_suite and not report.comparisons:
        return None
    charts = [chart for suite, rows in by_suite.items() for chart in _charts(suite, rows, drawer)]
    return section(
        "quality", "Quality", element("div", *charts, class_="charts two"), _comparisons(report),
        lead=TEMPLATES if "emulator" in report.answered_by else "How the answers did in the checks of their suites.",
    )  # fmt: skip


def _charts(suite: str, rows: Sequence[Numbered], drawer: Drawer) -> list[Html]:
    shown = rows[-SERIES:]
    ranges = [
        Range(series, one.check, value, *(one.interval or ()))
        for series, (_, version) in enumerate(shown, start=1)
        for one in version.quality
        if (value := _value(one)) is not None
    ]
    title = f"{suite}: checks"
    drawing = drawer.draw(dots(ranges, unit=".0%"), label=f"Dots with intervals: {title}") if ranges else None
    charts = [figure(title, drawing, _numbers(suite, rows), legend=legend(_names(rows)))]
    against = [
        Range(series, float(version.cost_usd) / version.calls, _value(one) or 0.0, *(one.interval or ()))
        for series, (_, version) in enumerate(shown, start=1)
        if version.cost_usd is not None and version.calls and (at := _weakest(version.quality)) is not None
        for one in [version.quality[at]]
    ]
    if against:
        charts.append(_against_cost(suite, rows, against, drawer))
    return charts


def _against_cost(suite: str, rows: Sequence[Numbered], points: Sequence[Range], drawer: Drawer) -> Html:
    spec = scatter(points, x="dollars a call", y="weakest check", x_unit="$~g", y_unit=".0%")
    title = f"{suite}: quality against cost"
    drawing = drawer.draw(spec, label=f"Points with intervals: {title}")
    columns = [
        Column("version"),
        Column("a call", True),
        Column("weakest check"),
        Column("result", True),
        Column("interval", True),
    ]
    body = []
    for row in rows:
        index, version = row
        at = _weakest(version.quality)
        if at is None:
            continue
        place, one = f"/versions/{index}/quality/{at}", version.quality[at]
        key = "mean_score" if one.rate is None else "rate"
        each = None if version.cost_usd is None or not version.calls else version.cost_usd / version.calls
        figures = (usd(each, f"/versions/{index}", of="per call"), one.check, percent(_value(one), f"{place}/{key}"))
        body.append([short_label(row[1], rows), *figures, _interval(one.interval, f"{place}/interval")])
    return figure(
        title, drawing, table(columns, body, caption=title), legend=legend(_names(rows)),
        note="The check that each version passes least often, with its interval.",
    )  # fmt: skip


def _names(rows: Sequence[Numbered]) -> list[tuple[str, str]]:
    """The series of a chart: the latest versions, because there are only so many colours."""
    return [(short_label(row[1], rows), f"fill-series-{at}") for at, row in enumerate(rows[-SERIES:], start=1)]


def _value(one: Quality) -> float | None:
    return one.mean_score if one.rate is None else one.rate


def _weakest(results: Sequence[Quality]) -> int | None:
    """The place of the check with the lowest result; ``None`` if none has one."""
    known = [(value, at) for at, one in enumerate(results) if (value := _value(one)) is not None]
    return min(known)[1] if known else None


def _numbers(suite: str, rows: Sequence[Numbered]) -> Html:
    columns = [Column("version"), Column("check")]
    columns += [
        Column(name, True) for name in ("cases", "passed", "failed", "cannot tell", "rate", "mean score", "interval")
    ]
    body = [
        [
            short_label(row[1], rows),
            one.check,
            number(one.cases, f"{place}/cases"),
            number(one.passed, f"{place}/passed"),
            number(one.failed, f"{place}/failed"),
            number(one.cannot_tell, f"{place}/cannot_tell"),
            percent(one.rate, f"{place}/rate"),
            decimal(one.mean_score, f"{place}/mean_score") if one.mean_score is not None else "-",
            _interval(one.interval, f"{place}/interval"),
        ]
        for row in rows
        for at, one in enumerate(row[1].quality)
        for place in [f"/versions/{row[0]}/quality/{at}"]
    ]
    return table(columns, body, caption=f"{suite}: checks by version")


def _comparisons(report: ReportDocument) -> Html | None:
    """The comparisons in which anything changed, then, folded, those with equal results."""
    if not report.comparisons:
        return None
    numbered = list(enumerate(report.comparisons))
    changed = [row for row in numbered if row[1].word != "not shown" or row[1].difference]
    equal = [row for row in numbered if row not in changed]
    title = "Versions compared on the same cases"
    words = f"{count(len(equal), 'comparison')} with equal results"
    return join(
        element("h3", title),
        _comparison_table(changed, title) if changed else None,
        element("details", element("summary", words), _comparison_table(equal, words)) if equal else None,
    )


def _comparison_table(rows: Sequence[tuple[int, Comparison]], title: str) -> Html:
    titles = ("suite", "check", "versions", "result", "what it rests on")
    columns = [Column(title) for title in titles]
    columns += [Column(name, True) for name in ("cases", "difference", "interval", "p")]
    columns.append(Column("cases that changed"))
    body = [
        [
            one.suite,
            one.check,
            f"{one.before} to {one.after}",
            badge(one.word),
            one.says,
            number(one.cases, f"/comparisons/{at}/cases"),
            decimal(one.difference, f"/comparisons/{at}/difference"),
            _interval(one.interval, f"/comparisons/{at}/interval"),
            decimal(one.p_value, f"/comparisons/{at}/p_value"),
            _changed(one.flipped, one.fixed),
        ]
        for at, one in rows
    ]
    return table(columns, body, caption=title)


def _changed(flipped: Sequence[str], fixed: Sequence[str]) -> str:
    said = [f"now failing: {', '.join(flipped)}"] if flipped else []
    said += [f"now passing: {', '.join(fixed)}"] if fixed else []
    return "; ".join(said) or "-"


def _interval(interval: Interval | None, place: str) -> Html:
    if interval is None:
        return join("-")
    return join(decimal(interval[0], f"{place}/0"), " to ", decimal(interval[1], f"{place}/1"))
