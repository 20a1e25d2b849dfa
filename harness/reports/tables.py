"""The savings table, for the terminal and for Markdown."""

from decimal import Decimal

from tabulate import tabulate

from harness.provider.pricing import dollars
from harness.reports.run import RunReport, VersionRow

_HEADERS = (
    "suite", "version", "model", "calls", "written", "read", "uncached", "output", "cost", "without cache", "saved",
)  # fmt: skip


def savings_table(report: RunReport, *, style: str) -> str:
    """One row per suite and prompt version; ``style`` is a table format of ``tabulate``."""
    align = ("left",) * 3 + ("right",) * 8
    return tabulate(
        [_cells(row) for row in report.rows], headers=_HEADERS, tablefmt=style, colalign=align, disable_numparse=True
    )


def answered_by(report: RunReport) -> str:
    """One sentence on where the figures come from."""
    what = {
        "emulator": "the emulator of this package, by the documented caching rules",
        "anthropic": "the real API",
    }
    return f"usage reported by {' and '.join(what[origin] for origin in report.origins)}"


def markdown(report: RunReport) -> str:
    """The report as a Markdown document."""
    return (
        f"# Prompt cache report\n\n{report.passed} passed, {report.failed} failed in `{report.mode}` mode; "
        f"{answered_by(report)}.\n\n{savings_table(report, style='github')}\n\n"
        "Tokens: written to and read from the prompt cache, uncached input, output. Every case is called twice: "
        "the first call writes, the second reads.\n"
    )


def _cells(row: VersionRow) -> tuple[str, ...]:
    usage = row.usage
    tokens = (
        usage.cache_creation_input_tokens,
        usage.cache_read_input_tokens,
        usage.input_tokens,
        usage.output_tokens,
    )
    saved = "?" if row.savings is None else f"{dollars(row.savings)} ({_percent(row.savings_share)})"
    return (
        row.suite,
        row.version,
        row.model,
        f"{row.calls}",
        *(f"{count:,}" for count in tokens),
        _money(row.cost),
        _money(row.cost_without_cache),
        saved,
    )


def _money(amount: Decimal | None) -> str:
    return "?" if amount is None else dollars(amount)


def _percent(share: Decimal | None) -> str:
    return "?" if share is None else f"{round(share * 100) + 0} %"
