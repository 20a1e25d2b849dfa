"""Figures of ``report.json`` on the page: each is an element that holds the exact value and names its place.

``data-from`` is a JSON pointer, in which ``*`` stands for every item. ``data-of`` says what is shown if it is not
the value there: the ``sum`` of all values, the ``hit ratio`` or ``savings share`` over all objects, or the cost
``per call``.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from harness.provider.pricing import dollars
from harness.reports.html.markup import Html, element

_SMALLEST = Decimal("0.0001")
"""The smallest amount that four decimals show."""


def number(value: int | None, source: str, *, of: str | None = None) -> Html:
    """Write a whole number with separators."""
    return _unknown() if value is None else _figure(f"{value}", f"{value:,}", source, of)


def usd(amount: Decimal | None, source: str, *, of: str | None = None) -> Html:
    """Write dollars to a hundredth of a cent, and smaller amounts to two digits."""
    return _unknown() if amount is None else _figure(f"{amount:f}", show_usd(amount), source, of)


def percent(share: Decimal | float | None, source: str, *, of: str | None = None) -> Html:
    """Write a share in percent, with one decimal."""
    return _unknown() if share is None else _figure(_plain(share), show_percent(share), source, of)


def decimal(value: Decimal | float | None, source: str) -> Html:
    """Write a number to three digits after the point at most."""
    return _unknown() if value is None else _figure(_plain(value), show_decimal(value), source)


def show_usd(amount: Decimal) -> str:
    """``$0.0387``, ``-$1.2500``, ``$0.000012``."""
    if not amount or abs(amount) >= _SMALLEST:
        return dollars(amount)
    digits = Decimal(1).scaleb(amount.adjusted() - 1)
    return f"{'-' if amount < 0 else ''}${abs(amount).quantize(digits, rounding=ROUND_HALF_EVEN):f}"


def show_percent(share: Decimal | float) -> str:
    """``26.4 %``, ``100 %``."""
    shown = f"{share * 100:,.1f}".removesuffix(".0")
    return f"{'0' if shown == '-0' else shown} %"


def show_decimal(value: Decimal | float) -> str:
    """``1,200``, ``0.125``."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def _figure(value: str, shown: str, source: str, of: str | None = None) -> Html:
    return element("data", shown, value=value, data_from=source, data_of=of)


def _plain(value: Decimal | float) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _unknown() -> Html:
    return element("span", "not known", class_="unknown")
