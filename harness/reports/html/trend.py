"""The trend: cost, savings and hit ratio of this run and earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reports.html.charts import trend
from harness.reports.html.figures import show_percent, show_usd
from harness.reports.html.headline import show_time
from harness.reports.html.markup import Html, element
from harness.reports.html.parts import Column, badge, figure, legend, section, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.reports.history import Run
    from harness.reports.html.drawing import Drawer

MOST = 100
"""Most runs of the trend, the latest ones."""

_TITLES = ("Savings and hit ratio by run", "Cost by run")
_SHARES = (("savings share", "fill-series-1"), ("input read from the cache", "fill-series-2"))


def trends(runs: Sequence[Run], drawer: Drawer) -> Html | None:
    """Write the section; ``None`` for fewer than two runs, which show no trend."""
    shown = runs[-MOST:]
    if len(shown) < 2:
        return None
    names = [f"{index}" for index in range(len(shown))]
    shares = [
        (name, series, value)
        for name, run in zip(names, shown, strict=True)
        for series, value in ((1, run.savings_share), (2, run.hit_ratio))
        if value is not None
    ]
    dollars = [
        (name, 1, float(run.cost_usd)) for name, run in zip(names, shown, strict=True) if run.cost_usd is not None
    ]
    drawings = [
        drawer.draw(trend(shares, unit=".0%"), label="Lines: savings and hit ratio by run") if shares else None,
        drawer.draw(trend(dollars, unit="$~g"), label="Line: cost by run") if dollars else None,
    ]
    return section(
        "trend", "Trend",
        element(
            "div",
            figure(_TITLES[0], drawings[0], _numbers(shown, has_cost=False), legend=legend(_SHARES)),
            figure(_TITLES[1], drawings[1], _numbers(shown, has_cost=True)),
            class_="charts",
        ),
        lead="This run and the ones before it, from history.jsonl.",
    )  # fmt: skip


def _numbers(runs: Sequence[Run], *, has_cost: bool) -> Html:
    """Write the runs, latest first; these figures are those of history.jsonl."""
    titles = ("cost",) if has_cost else ("saved", "hit ratio")
    columns = [Column("run"), Column("verdict"), *(Column(title, True) for title in titles)]
    body = []
    for run in reversed(runs):
        figures = [_usd(run)] if has_cost else [_percent(run.savings_share), _percent(run.hit_ratio)]
        body.append([show_time(run.created), badge(run.verdict), *figures])
    return table(columns, body, caption=_TITLES[has_cost])


def _usd(run: Run) -> str:
    return "not known" if run.cost_usd is None else show_usd(run.cost_usd)


def _percent(share: float | None) -> str:
    return "not known" if share is None else show_percent(share)
