"""Exact amounts: fractions inside, plain decimals outside."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

PLACES = 12
"""Decimal places of amounts that have no end, such as a mean: a millionth of a millionth of a dollar."""


def mean(amounts: Iterable[Decimal]) -> Fraction | None:
    """The exact mean of some amounts; ``None`` of none."""
    found = [Fraction(amount) for amount in amounts]
    return sum(found, Fraction(0)) / len(found) if found else None


def to_decimal(amount: Fraction | Decimal, places: int = PLACES) -> Decimal:
    """The closest decimal with so many places, without trailing zeros."""
    return _shift(round(Fraction(amount) * 10**places), places)


def to_exact(amount: Fraction) -> Decimal:
    """The decimal that equals a fraction, such as a sum of prices.

    Raises:
        ValueError: there is none, as of a third.
    """
    places, rest = 0, amount.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1:
        raise ValueError(f"{amount} is no decimal")
    return _shift(int(amount * 10**places), places)


def write(amount: Fraction | Decimal | None, places: int = PLACES) -> str | None:
    """Write dollars in plain notation, never with an exponent; ``None`` for what is not known."""
    return None if amount is None else f"{to_decimal(amount, places):f}"


def round_parts(parts: Mapping[str, Fraction], total: Decimal) -> dict[str, Decimal]:
    """Round parts to decimals that still add up to their total, to its last digit.

    The parts that lose most by rounding down get what is left over, one unit each.
    """
    places = max(PLACES, _places(total))
    scaled = {name: amount * 10**places for name, amount in parts.items()}
    floors = {name: amount.__floor__() for name, amount in scaled.items()}
    left = int(Fraction(total) * 10**places) - sum(floors.values())
    by_loss = sorted(scaled, key=lambda name: floors[name] - scaled[name])
    lifted = set(by_loss[:left])
    return {name: _shift(floor + (name in lifted), places) for name, floor in floors.items()}


def add_known(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """Add the amounts exactly; ``None`` if any of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    places = max(map(_places, known), default=0)
    return _shift(int(sum(map(Fraction, known)) * 10**places), places)


def _shift(units: int, places: int) -> Decimal:
    """So many units of the last decimal place, exactly, whatever their number; without trailing zeros."""
    while places and units % 10 == 0:
        units, places = units // 10, places - 1
    sign, digits = int(units < 0), tuple(map(int, str(abs(units))))
    return Decimal((sign, digits, -places))


def _places(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
