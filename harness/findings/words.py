"""Wording shared by all messages and reports: numbers, plurals, shortened lists, places in files, safe text."""

from collections.abc import Sequence
from decimal import Decimal

from harness.provider.pricing import dollars


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 error``, ``1,200 errors``; ``plural`` where adding an s is not enough."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def times(number: int) -> str:
    """``once``, ``3 times``."""
    return "once" if number == 1 else f"{number:,} times"


def and_more(number: int) -> str:
    """`` and 3 more``, to follow a shortened list; empty if nothing was left out."""
    return f" and {number:,} more" if number > 0 else ""


def join(names: Sequence[str], *, limit: int) -> str:
    """``a, b and 3 more``: at most ``limit`` names, and the number of the others."""
    return ", ".join(names[:limit]) + and_more(len(names) - limit)


def amount(cost: Decimal | None) -> str:
    """Dollars as text; ``an unknown amount`` if no price is known."""
    return "an unknown amount" if cost is None else dollars(cost)


def unknown_cost(reasons: Sequence[str]) -> str:
    """``unknown (not priced: speed 'turbo', …)``: in place of dollars that are not known."""
    return f"unknown (not priced: {'; '.join(map(printable, reasons))})"


def place_in_file(file: str | None, line: int | None) -> str:
    """``prompts/v2.md:12``; empty if no file is known."""
    if file is None:
        return ""
    return slashed(file) if line is None else f"{slashed(file)}:{line}"


def slashed(path: str) -> str:
    """A path with forward slashes, as URIs and GitHub write it."""
    return path.replace("\\", "/")


def printable(text: str) -> str:
    """Text as one unambiguous line: control and invisible characters become escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
