"""Vega-Lite specifications of the page's charts. Colours are variables of the style sheet."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import east_asian_width

from harness.reports.html.markup import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 340
"""Width of all of a chart; a phone shows it slightly smaller."""

SERIES = 6
"""Colours of series, ``--series-1`` and so on; ``--series-0`` is for what the others are compared with."""

_PLOT_HEIGHT = 190
_BAR_STEP = 30
_COLUMNS = 22
"""Columns of the longest name beside a bar."""

_MARGIN_BARS = 130


class Bar(NamedTuple):
    """One part of one stacked bar."""

    row: str
    part: str
    """A variable of the style sheet without its dashes, such as ``read``."""
    value: float


class Point(NamedTuple):
    """One point of a line."""

    series: int
    x: float
    y: float
    is_dashed: bool = False


class Range(NamedTuple):
    """A value with its interval."""

    series: int
    x: float | str
    y: float
    low: float | None = None
    high: float | None = None


def bars(rows: Sequence[Bar], *, unit: str) -> dict[str, Any]:
    """Draw stacked bars, one for each row, in the order given."""
    parts = list(dict.fromkeys(bar.part for bar in rows))
    names = _shorten(bar.row for bar in rows)
    return {
        "width": WIDTH - _MARGIN_BARS,
        "height": {"step": _BAR_STEP},
        "data": {"values": [{"row": names[bar.row], "part": bar.part, "value": bar.value} for bar in rows]},
        "transform": [{"calculate": f"indexof({parts!r}, datum.part)", "as": "order"}],
        "mark": {"type": "bar", "height": 16},
        "encoding": {
            "y": {"field": "row", "type": "nominal", "title": None, "sort": list(names.values())},
            "x": {
                "field": "value", "type": "quantitative", "title": None, "stack": "zero",
                "axis": {"format": unit, "tickCount": 3},
            },
            "order": {"field": "order"},
            "color": _colours("part", parts, [f"var(--{part})" for part in parts]),
        },
    }  # fmt: skip


def lines(
    points: Sequence[Point], *, x: str, y: str, unit: str, rules: Iterable[tuple[int, int]] = ()
) -> dict[str, Any]:
    """Draw lines over a logarithmic axis; ``rules`` are vertical lines, each a series and a value."""
    values = [
        {"series": f"{point.series}", "x": point.x, "y": point.y, "dash": point.is_dashed}
        for point in points
        if point.x > 0
    ]
    dashes = {"domain": [False, True], "range": [[1, 0], [4, 4]]}
    base = {"x": _log(x), "y": _linear("y", unit, y), "color": _series()}
    line = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {**base, "strokeDash": {"field": "dash", "type": "nominal", "legend": None, "scale": dashes}},
    }
    dot = {
        "transform": [{"filter": "!datum.dash"}],
        "mark": {"type": "point", "size": 28, "filled": True, "opacity": 1},
        "encoding": base,
    }
    marks = [{"series": f"{series}", "x": value} for series, value in rules]
    rule = {
        "data": {"values": marks},
        "mark": {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 1.5},
        "encoding": {"x": _log(x), "color": _series()},
    }
    return {
        "width": WIDTH - 60,
        "height": _PLOT_HEIGHT,
        "data": {"values": values},
        "layer": [line, dot, *([rule] if marks else [])],
    }


def scatter(points: Sequence[Range], *, x: str, y: str, x_unit: str, y_unit: str) -> dict[str, Any]:
    """Draw points with their intervals."""
    across = {"field": "x", "type": "quantitative", "title": x, "scale": {"zero": False, "nice": True, "padding": 12}}
    return {
        "width": WIDTH - 60,
        "height": _PLOT_HEIGHT,
        "data": {"values": _ranges(points)},
        "encoding": {"x": {**across, "axis": {"format": x_unit, "tickCount": 3, "grid": False}}, "color": _series()},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {"y": _linear("low", y_unit, y), "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"y": _linear("y", y_unit, y)},
            },
        ],
    }


def dots(points: Sequence[Range], *, unit: str) -> dict[str, Any]:
    """Draw a row for each name, with a dot and an interval for each series, one below the other."""
    names = _shorten(f"{point.x}" for point in points)
    series = sorted({point.series for point in points})
    offset = {"field": "series", "type": "nominal", "sort": [f"{number}" for number in series]}
    across = {
        "type": "quantitative",
        "title": None,
        "axis": {"format": unit, "values": [0, 0.5, 1]},
        "scale": {"domain": [0, 1]},
    }
    return {
        "width": WIDTH - _MARGIN_BARS,
        "height": {"step": 14},
        "data": {"values": [{**value, "x": names[f"{value['x']}"]} for value in _ranges(points)]},
        "encoding": {
            "y": {"field": "x", "type": "nominal", "title": None, "sort": list(names.values())},
            "yOffset": offset,
            "color": _series(),
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {"x": {**across, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": {**across, "field": "y"}},
            },
        ],
    }


def trend(points: Sequence[tuple[str, int, float]], *, unit: str) -> dict[str, Any]:
    """Draw values over runs in their order: name of the run, series, value."""
    names = list(dict.fromkeys(name for name, _, _ in points))
    values = [{"run": names.index(name), "series": f"{series}", "y": value} for name, series, value in points]
    return {
        "width": WIDTH - 60,
        "height": 120,
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 20, "filled": True, "opacity": 1}},
        "encoding": {
            "x": {
                "field": "run", "type": "quantitative", "title": "earlier runs to this one",
                "axis": {"labels": False, "grid": False}, "scale": {"nice": False, "padding": 6},
            },
            "y": _linear("y", unit, ""),
            "color": _series(),
        },
    }  # fmt: skip


def _shorten(names: Iterable[str]) -> dict[str, str]:
    """Shorten names in their middle, because they often end in a version, and keep them apart.

    Vega cuts a text between the halves of a surrogate pair, and then cannot draw it.
    """
    short: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for name in dict.fromkeys(names):
        shown = _fit(visible(name))
        seen[shown] += 1
        short[name] = f"{shown} ({seen[shown]})" if seen[shown] > 1 else shown
    return short


def _fit(name: str) -> str:
    if sum(map(_columns, name)) <= _COLUMNS:
        return name
    start, end = "", ""
    while sum(map(_columns, start + end)) < _COLUMNS - 2:
        start, end = name[: len(start) + 1], name[-len(end) - 1 :]
    return f"{start}…{end}"


def _columns(char: str) -> int:
    return 2 if east_asian_width(char) in "WF" else 1


def _log(title: str) -> dict[str, Any]:
    axis = {"format": "~s", "grid": False, "tickCount": 5}
    return {"field": "x", "type": "quantitative", "title": title, "axis": axis, "scale": {"type": "log"}}


def _linear(field: str, unit: str, title: str) -> dict[str, Any]:
    axis = {"format": unit, "tickCount": 4}
    return {"field": field, "type": "quantitative", "title": title or None, "axis": axis, "scale": {"zero": True}}


def _series() -> dict[str, Any]:
    numbers = [f"{number}" for number in range(SERIES + 1)]
    return _colours("series", numbers, [f"var(--series-{number})" for number in numbers])


def _colours(field: str, domain: list[str], colours: list[str]) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "legend": None, "scale": {"domain": domain, "range": colours}}


def _ranges(points: Sequence[Range]) -> list[dict[str, Any]]:
    return [
        {
            "series": f"{point.series}",
            "x": point.x,
            "y": point.y,
            "low": point.y if point.low is None else point.low,
            "high": point.y if point.high is None else point.high,
        }
        for point in points
    ]
