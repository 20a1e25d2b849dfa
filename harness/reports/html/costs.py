"""Tokens and dollars of each suite and version, and the cost by number of calls."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from harness.reports.html.charts import SERIES, Bar, Point, bars, lines
from harness.reports.html.figures import number, percent, usd
from harness.reports.html.markup import Child, Html, element, join
from harness.reports.html.parts import Column, figure, legend, section, table
from harness.reports.html.parts import lines as bullets
from harness.reports.totals import hit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.reports.document import Attribution, ReportDocument, VersionModel
    from harness.reports.html.drawing import Drawer

MOST_BARS = 40
"""Most bars of a chart; the table has all rows."""

_TOKENS = (
    ("read", "cache_read_input_tokens", "read from the cache"),
    ("written", "cache_creation_input_tokens", "written to it"),
    ("uncached", "input_tokens", "uncached input"),
    ("output", "output_tokens", "output"),
)
"""Parts of the tokens: their colour, the API's name and ours."""

_DOLLARS = (("paid", "paid"), ("saved", "saved by the cache"), ("extra", "paid more because of the cache"))

Numbered = tuple[int, "VersionModel"]
"""A version with its place in the report."""


def costs(report: ReportDocument, drawer: Drawer) -> Html | None:
    """Write the section; ``None`` without any call."""
    if not report.versions:
        return None
    rows = list(enumerate(report.versions))
    by_suite: dict[str, list[Numbered]] = {}
    for row in rows:
        by_suite.setdefault(row[1].suite, []).append(row)
    charts = [_tokens(rows, drawer), _dollars(rows, drawer)]
    charts += [chart for suite, found in by_suite.items() if (chart := _by_calls(suite, found, drawer))]
    return section(
        "costs", "Tokens and cost", element("div", *charts, class_="charts"), _attributions(rows), _notes(report),
        lead="What the calls of this run used and cost, and what more calls on the same prefix would.",
    )  # fmt: skip


def label(version: VersionModel, others: Sequence[Numbered]) -> str:
    """Name a version; with its model, origin or plan where another one has the same name."""
    same = [other for _, other in others if (other.suite, other.version) == (version.suite, version.version)]
    # Only cases of suites have a version.
    name = version.suite if version.version == "-" else f"{version.suite} {version.version}"
    extra = [
        value
        for key in ("model", "answered_by", "plan")
        if len({getattr(other, key) for other in same}) > 1 and (value := getattr(version, key))
    ]
    return ", ".join([name, *extra])


def short_label(version: VersionModel, others: Sequence[Numbered]) -> str:
    """Name a version below the name of its suite."""
    return label(version, others).removeprefix(version.suite).strip(" ,") or version.version


def _tokens(rows: Sequence[Numbered], drawer: Drawer) -> Html:
    values = [
        Bar(label(version, rows), part, version.usage.get(key) or 0)
        for _, version in rows[:MOST_BARS]
        for part, key, _ in _TOKENS
    ]
    columns = [
        Column("version"),
        Column("calls", True),
        *(Column(name, True) for *_, name in _TOKENS),
        Column("hit ratio", True),
    ]
    body = [
        [
            label(version, rows),
            number(version.calls, f"/versions/{index}/calls"),
            *(number(version.usage.get(key) or 0, f"/versions/{index}/usage/{key}") for _, key, _ in _TOKENS),
            percent(hit_ratio([version.usage]), f"/versions/{index}/usage", of="hit ratio"),
        ]
        for index, version in rows
    ]
    numbers = table(columns, body, caption="Tokens by version")
    drawing = drawer.draw(bars(values, unit="~s"), label="Stacked bars: tokens of each version by part")
    key = legend((name, f"fill-{part}") for part, _, name in _TOKENS)
    return figure("Tokens by version", drawing, numbers, legend=key)


def list_dollar_bars(report: ReportDocument) -> list[Bar]:
    """The bars of the chart of dollars by version."""
    return _list_bars(list(enumerate(report.versions)))


def _list_bars(rows: Sequence[Numbered]) -> list[Bar]:
    return [bar for _, version in rows[:MOST_BARS] for bar in _dollar_bars(version, label(version, rows))]


def _dollars(rows: Sequence[Numbered], drawer: Drawer) -> Html:
    values = _list_bars(rows)
    columns = [Column("version"), Column("model"), Column("plan")]
    columns += [
        Column(name, True)
        for name in ("cost", "without the cache", "saved", "saved", "first call", "later call", "pays from call")
    ]
    body = [
        [
            label(version, rows),
            version.model,
            version.plan or "-",
            usd(version.cost_usd, f"/versions/{index}/cost_usd"),
            usd(version.cost_without_cache_usd, f"/versions/{index}/cost_without_cache_usd"),
            usd(version.savings_usd, f"/versions/{index}/savings_usd"),
            percent(version.savings_share, f"/versions/{index}/savings_share"),
            usd(version.first_call_usd, f"/versions/{index}/first_call_usd"),
            usd(version.later_call_usd, f"/versions/{index}/later_call_usd"),
            number(version.break_even_calls, f"/versions/{index}/break_even_calls"),
        ]
        for index, version in rows
    ]
    numbers = table(columns, body, caption="Dollars by version")
    shown = {bar.part for bar in values}
    key = legend((name, f"fill-{part}") for part, name in _DOLLARS if part in shown)
    drawing = drawer.draw(bars(values, unit="$~g"), label="Stacked bars: dollars of each version") if values else None
    return figure("Dollars by version", drawing, numbers, legend=key)


def _dollar_bars(version: VersionModel, name: str) -> list[Bar]:
    """Cost and savings add up to the cost without the cache; for a loss, the extra stands at the end."""
    cost, plain = version.cost_usd, version.cost_without_cache_usd
    if cost is None or plain is None:
        return []
    nothing = Decimal(0)
    parts = {"paid": min(cost, plain), "saved": max(plain - cost, nothing), "extra": max(cost - plain, nothing)}
    return [Bar(name, part, float(value)) for part, value in parts.items() if value or part == "paid"]


def _by_calls(suite: str, rows: Sequence[Numbered], drawer: Drawer) -> Html | None:
    shown = [row for row in rows if row[1].cost_by_calls]
    if not shown:
        return None
    points, rules = [], []
    # The latest versions, because there are only so many colours.
    for series, (_, version) in enumerate(shown[-SERIES:], start=1):
        for point in filter(lambda point: point.calls, version.cost_by_calls):
            points.append(Point(series, point.calls, float(point.cost_usd) / point.calls))
            points.append(Point(series, point.calls, float(point.cost_without_cache_usd) / point.calls, is_dashed=True))
        if version.break_even_calls:
            rules.append((series, version.break_even_calls))
    spec = lines(points, x="calls on one prefix", y="dollars a call", unit="$~g", rules=rules)
    body = [
        [
            short_label(version, rows),
            number(point.calls, f"{place}/calls"),
            usd(point.cost_usd, f"{place}/cost_usd"),
            usd(point.cost_without_cache_usd, f"{place}/cost_without_cache_usd"),
        ]
        for index, version in shown
        for at, point in enumerate(version.cost_by_calls)
        for place in [f"/versions/{index}/cost_by_calls/{at}"]
    ]
    title = f"{suite}: cost by number of calls"
    numbers = table(
        [Column("version"), Column("calls", True), Column("cost of all", True), Column("without the cache", True)],
        body,
        caption=title,
    )
    names = [
        (short_label(version, rows), f"fill-series-{at}") for at, (_, version) in enumerate(shown[-SERIES:], start=1)
    ]
    return figure(
        title, drawer.draw(spec, label=f"Lines: {title}"), numbers, note=_break_even(shown),
        legend=legend([*names, ("without the cache", "dashed")]),
    )  # fmt: skip


def _break_even(rows: Sequence[Numbered]) -> Html:
    """Say from which call on caching has paid for its write."""
    said: list[Child] = []
    for index, version in rows:
        if said:
            said.append(", ")
        said.append(short_label(version, rows))
        if version.break_even_calls is None:
            said.append(" at no number of calls that is known")
        else:
            said += [" from call ", number(version.break_even_calls, f"/versions/{index}/break_even_calls")]
    return join("Caching has paid for its write: ", *said, ".")


def _attributions(rows: Sequence[Numbered]) -> Html | None:
    found = [(index, version, version.attribution) for index, version in rows if version.attribution]
    if not found:
        return None
    parts = list(dict.fromkeys(part.part for *_, attribution in found for part in attribution.parts))
    columns = [Column("version"), Column("against"), *(Column(part, True) for part in parts), Column("in all", True)]
    body = [
        [
            label(version, rows),
            attribution.against,
            *_parts(attribution, parts, f"/versions/{index}/attribution"),
            usd(attribution.total_usd, f"/versions/{index}/attribution/total_usd"),
        ]
        for index, version, attribution in found
    ]
    title = "What changed the cost against the version before"
    return join(element("h3", title), table(columns, body, caption=title))


def _parts(attribution: Attribution, parts: Sequence[str], place: str) -> list[Html]:
    known = {part.part: (at, part.usd) for at, part in enumerate(attribution.parts)}
    return [
        usd(known[part][1], f"{place}/parts/{known[part][0]}/usd") if part in known else join("-") for part in parts
    ]


def _notes(report: ReportDocument) -> Html | None:
    """Say what has no price, and what else was billed."""
    notes = []
    for version in report.versions:
        what = f"{version.suite} {version.version}, {version.model}"
        if version.not_priced:
            notes.append(f"Not priced: {what}: {'; '.join(version.not_priced)}.")
        if version.also_billed:
            notes.append(f"Also billed: {what}: {'; '.join(version.also_billed)}.")
    return bullets(notes, class_="notes")
