"""Prices of tokens that the list of ``genai-prices`` lacks, as dated rows.

A change of a price is a new row; the old one gets its end. The list holds one price for all times where it does not
know of a change, so a row also replaces it for the days in which another price was valid.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """The prices of one model for some time, in dollars per million tokens."""

    model: str
    """Its id in ``models.toml``."""
    input: Decimal
    write_5m: Decimal
    write_1h: Decimal
    read: Decimal
    output: Decimal
    since: date = date.min
    until: date = date.max
    """The first day with another price."""
    source: str
    checked: date


_PRICES = "platform.claude.com/docs/en/about-claude/pricing"
_CHECKED = date(2026, 11, 26)

PRICE_ROWS: tuple[PriceRow, ...] = (
    PriceRow(
        model="claude-sonnet-5-5",
        input=Decimal(2),
        write_5m=Decimal("2.5"),
        write_1h=Decimal(4),
        read=Decimal("0.2"),
        output=Decimal(10),
        until=date(2026, 10, 7),
        source=f"{_PRICES}, text before 2026-10-07, when the multiplier of reads became 0.05",
        checked=_CHECKED,
    ),
    PriceRow(
        model="claude-mythos-5-1",
        input=Decimal(10),
        write_5m=Decimal("12.5"),
        write_1h=Decimal(20),
        read=Decimal("0.25"),
        output=Decimal(50),
        source=f"{_PRICES}: as Fable 5.1",
        checked=_CHECKED,
    ),
    PriceRow(
        model="claude-mythos-5",
        input=Decimal(10),
        write_5m=Decimal("12.5"),
        write_1h=Decimal(20),
        read=Decimal(1),
        output=Decimal(50),
        source=f"{_PRICES}: as Fable 5",
        checked=_CHECKED,
    ),
    PriceRow(
        model="claude-mythos-preview",
        input=Decimal(10),
        write_5m=Decimal("12.5"),
        write_1h=Decimal(20),
        read=Decimal(1),
        output=Decimal(50),
        source="the model list of LiteLLM 1.106: as Fable 5",
        checked=_CHECKED,
    ),
)


def find_price_row(model: str, day: date) -> PriceRow | None:
    """Find the row of a model, by its id, that is valid on a day; ``None`` where the list has the price."""
    return next((row for row in PRICE_ROWS if row.model == model and row.since <= day < row.until), None)
