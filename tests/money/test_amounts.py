from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.money.amounts import add_known, mean, round_parts, to_decimal, to_exact, write


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("0.0387"), "0.0387"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("1E+3"), "1000"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(-2, 3), "-0.666666666667"),
        (Decimal("-0"), "0"),
        (Decimal("123456789012345678901234567890.5"), "123456789012345678901234567890.5"),
        (None, None),
    ],
)
def test_dollars_are_written_in_plain_notation(amount: Decimal | Fraction | None, text: str | None) -> None:
    assert write(amount) == text


def test_a_mean_is_exact() -> None:
    assert mean([Decimal("0.1"), Decimal("0.2"), Decimal("0.2")]) == Fraction(1, 6)
    assert mean([]) is None


def test_to_a_number_of_places() -> None:
    assert to_decimal(Fraction(2, 3), 2) == Decimal("0.67")


@given(st.lists(st.decimals(-(10**20), 10**20, places=15), max_size=9))
def test_sums_are_exact_beyond_the_digits_of_decimals(amounts: list[Decimal]) -> None:
    assert Fraction(add_known(list(amounts)) or 0) == sum(map(Fraction, amounts))


def test_a_sum_with_an_unknown_amount_is_not_known() -> None:
    assert add_known([Decimal(1), None]) is None
    assert add_known([]) == 0


@given(st.lists(st.fractions(-1_000, 1_000), min_size=1, max_size=8), st.integers(0, 15))
def test_rounded_parts_add_up(amounts: list[Fraction], places: int) -> None:
    # The total has an end, as every sum of prices does.
    total = to_decimal(sum(amounts, Fraction(0)), places)
    parts = {str(number): amount for number, amount in enumerate(amounts)}
    parts["rest"] = Fraction(total) - sum(amounts, Fraction(0))

    rounded = round_parts(parts, total)

    assert sum(map(Fraction, rounded.values())) == Fraction(total)
    assert all(abs(Fraction(rounded[name]) - parts[name]) < Fraction(1, 10**12) for name in parts)


@pytest.mark.parametrize("text", ["0", "-0.0000001", "12345678901234567890123456789.000000000001", "1000"])
def test_a_fraction_that_is_a_decimal_becomes_it(text: str) -> None:
    assert to_exact(Fraction(text)) == Decimal(text)


def test_a_third_is_no_decimal() -> None:
    with pytest.raises(ValueError, match="1/3 is no decimal"):
        to_exact(Fraction(1, 3))
