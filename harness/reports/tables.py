"""The savings table, for the terminal and for Markdown."""

from collections.abc import Callable
from decimal import Decimal

from tabulate import tabulate

from harness.findings.words import printable, unknown_cost
from harness.provider.pricing import dollars
from harness.reports.report import RunReport, VersionRow

_HEADERS = (
    "suite", "version", "model", "plan", "calls", "written", "read", "uncached", "output", "cost", "without cache",
    "saved",
)  # fmt: skip


_UNKNOWN = "unknown"
"""Stands for dollars of which a part is not known; `cost_notes` says which."""


def savings_table(report: RunReport, *, style: str, show: Callable[[str], str] = str) -> str:
    """Write one row per suite, prompt version, model and plan.

    ``style`` is a table format of ``tabulate``, and ``show`` escapes a name for its cell.
    """
    align = ("left",) * 4 + ("right",) * 8
    return tabulate(
        [_cells(row, show) for row in report.rows],
        headers=_HEADERS,
        tablefmt=style,
        colalign=align,
        disable_numparse=True,
    )


def cost_line(report: RunReport) -> str:
    """Say in one sentence what all calls of a run cost, and what the prompt cache saved."""
    cost, plain = report.cost, report.cost_without_cache
    if cost is None or plain is None:
        return f"cost of the calls: {unknown_cost(report.not_priced)}"
    saved = _saved(plain - cost, (plain - cost) / plain if plain else None)
    return f"cost of the calls: {dollars(cost)}, without the prompt cache {dollars(plain)}, saved {saved}"


def cost_notes(report: RunReport) -> list[str]:
    """Say, one line each, what the savings table leaves open: what has no price, and what else was billed."""
    lines = []
    for row in report.rows:
        what = f"{row.suite} {row.version}, {row.model}"
        if row.not_priced:
            lines.append(f"not priced: {what}: {'; '.join(row.not_priced)}")
        if row.usage.also_billed:
            lines.append(f"also billed: {what}: {'; '.join(row.usage.also_billed)}")
    return [printable(line) for line in lines]


def answered_by(report: RunReport) -> str:
    """Say in one sentence where the figures come from."""
    what = {
        "emulator": "the emulator of this package, by the documented caching rules",
        "anthropic": f"the gateway at {report.gateway}" if report.gateway else "the real API",
    }
    return f"usage reported by {' and '.join(what[origin] for origin in report.origins)}"


def _cells(row: VersionRow, show: Callable[[str], str]) -> tuple[str, ...]:
    usage = row.usage
    tokens = (
        usage.cache_creation_input_tokens,
        usage.cache_read_input_tokens,
        usage.input_tokens,
        usage.output_tokens,
    )
    return (
        show(row.suite),
        show(row.version),
        show(row.model),
        row.plan or "-",
        f"{row.calls}",
        *(f"{count:,}" for count in tokens),
        _money(row.cost),
        _money(row.cost_without_cache),
        _saved(row.savings, row.savings_share),
    )


def _saved(amount: Decimal | None, share: Decimal | None) -> str:
    return _UNKNOWN if amount is None else f"{dollars(amount)} ({_percent(share)})"


def _money(amount: Decimal | None) -> str:
    return _UNKNOWN if amount is None else dollars(amount)


def _percent(share: Decimal | None) -> str:
    return "?" if share is None else f"{round(share * 100) + 0} %"
