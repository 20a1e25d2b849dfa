"""Hit ratio and cost against calls a day, for both lifetimes of the prompt cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reports.html.charts import Point, lines
from harness.reports.html.figures import decimal, percent, usd
from harness.reports.html.markup import Child, Html, element, join
from harness.reports.html.parts import Column, figure, legend, section, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.reports.document import ReportDocument, TrafficModel, VersionModel
    from harness.reports.html.drawing import Drawer

_LIFETIMES = (("5m", "fill-series-1"), ("1h", "fill-series-2"))


def traffic(report: ReportDocument, drawer: Drawer) -> Html | None:
    """Write the section, for the last version of each suite that states its traffic; ``None`` without any."""
    last = {version.suite: (index, version) for index, version in enumerate(report.versions) if version.traffic}
    parts = [_suite(index, version, version.traffic, drawer) for index, version in last.values() if version.traffic]
    if not parts:
        return None
    return section("traffic", "Traffic", *parts, lead="What the traffic that each suite states would read and cost.")


def _suite(index: int, version: VersionModel, model: TrafficModel, drawer: Drawer) -> Html:
    place = f"/versions/{index}/traffic"
    rate = decimal(model.calls_per_day, f"{place}/calls_per_day")
    words = element(
        "div",
        element("h3", f"{version.suite} {version.version}"),
        element("p", f"{model.pattern}, ", rate, " calls a day."),
        element("p", model.advice),
        _per_thousand(model, place),
    )
    return element("div", words, _hits(model, place, drawer), _dollars(model, place, drawer), class_="charts")


def _per_thousand(model: TrafficModel, place: str) -> Html | None:
    """Write the cost of 1,000 calls, and the rate from which each lifetime pays."""
    rows: list[Sequence[Child]] = [
        [
            "no caching" if lifetime == "none" else lifetime,
            usd(cost, f"{place}/per_1000_calls_usd/{lifetime}"),
            _pays_from(model, lifetime, place),
        ]
        for lifetime, cost in model.per_1000_calls_usd.items()
    ]
    columns = [Column("lifetime"), Column("1,000 calls", True), Column("pays from", True)]
    return table(columns, rows, caption="Cost of 1,000 calls") if rows else None


def _pays_from(model: TrafficModel, lifetime: str, place: str) -> Child:
    if lifetime not in model.pays_from_calls_per_day:
        return "-"
    rate = model.pays_from_calls_per_day[lifetime]
    if not rate:
        return "no rate" if rate is None else "any rate"
    return join(decimal(rate, f"{place}/pays_from_calls_per_day/{lifetime}"), " a day")


def _hits(model: TrafficModel, place: str, drawer: Drawer) -> Html:
    points = [
        Point(series, float(point.calls_per_day), ratio)
        for point in model.points
        for series, ratio in ((1, point.hit_ratio_5m), (2, point.hit_ratio_1h))
    ]
    body = [
        [
            decimal(point.calls_per_day, f"{place}/points/{at}/calls_per_day"),
            percent(point.hit_ratio_5m, f"{place}/points/{at}/hit_ratio_5m"),
            percent(point.hit_ratio_1h, f"{place}/points/{at}/hit_ratio_1h"),
        ]
        for at, point in enumerate(model.points)
    ]
    title = "Calls that hit"
    numbers = table([Column("calls a day"), Column("5m", True), Column("1h", True)], body, caption=title)
    drawing = drawer.draw(
        lines(points, x="calls a day", y="hit ratio", unit=".0%"), label="Lines: hit ratio by calls a day"
    )
    return figure(title, drawing, numbers, legend=legend(_LIFETIMES))


def _dollars(model: TrafficModel, place: str, drawer: Drawer) -> Html:
    points = [
        Point(series, float(point.calls_per_day), float(cost / point.monthly_usd_none), is_dashed=series == 0)
        for point in model.points
        if point.monthly_usd_none
        for series, cost in ((1, point.monthly_usd_5m), (2, point.monthly_usd_1h), (0, point.monthly_usd_none))
    ]
    body = [
        [
            decimal(point.calls_per_day, f"{place}/points/{at}/calls_per_day"),
            usd(point.monthly_usd_none, f"{place}/points/{at}/monthly_usd_none"),
            usd(point.monthly_usd_5m, f"{place}/points/{at}/monthly_usd_5m"),
            usd(point.monthly_usd_1h, f"{place}/points/{at}/monthly_usd_1h"),
        ]
        for at, point in enumerate(model.points)
    ]
    title = "Monthly cost against no caching"
    columns = [Column("calls a day"), Column("no caching, a month", True), Column("5m", True), Column("1h", True)]
    numbers = table(columns, body, caption=title)
    spec = lines(points, x="calls a day", y="share of the cost without caching", unit=".0%")
    drawing = drawer.draw(spec, label="Lines: monthly cost by calls a day") if points else None
    return figure(title, drawing, numbers, legend=legend([*_LIFETIMES, ("no caching", "dashed")]))
