from decimal import Decimal

import pytest

from harness.reports.document import read_document
from harness.reports.html.costs import label, short_label
from harness.reports.html.figures import decimal, number, percent, show_decimal, show_percent, show_usd, usd
from tests.reports.sample_document import document


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.0000"), ("0.03871", "$0.0387"), ("-1.25", "-$1.2500"), ("1234.5", "$1,234.5000"),
        ("0.0001", "$0.0001"), ("0.00009999", "$0.000100"), ("0.0000123456", "$0.000012"),
        ("-0.00000025", "-$0.00000025"),
    ],
)  # fmt: skip
def test_small_amounts_are_never_shown_as_nothing(amount: str, shown: str) -> None:
    assert show_usd(Decimal(amount)) == shown


def test_shares_and_numbers_have_no_idle_zeros() -> None:
    assert [show_percent(share) for share in (0, 1, 0.264, -0.0001, Decimal("-0.2"), 0.99999)] == [
        "0 %", "100 %", "26.4 %", "0 %", "-20 %", "100 %",
    ]  # fmt: skip
    assert [show_decimal(value) for value in (1200, 0.1254, -0.125, Decimal("92.600"))] == [
        "1,200", "0.125", "-0.125", "92.6",
    ]  # fmt: skip


def test_a_figure_holds_its_exact_value_and_its_place() -> None:
    assert usd(Decimal("0.03871"), "/a/0", of="sum") == (
        '<data value="0.03871" data-from="/a/0" data-of="sum">$0.0387</data>'
    )
    unknown = '<span class="unknown">not known</span>'
    assert [show(None, "/a") for show in (number, usd, percent, decimal)] == [unknown] * 4


def test_versions_of_one_name_are_told_apart_by_what_differs() -> None:
    data = document(cases=0, suites=("a",), versions=("v1",))
    [row] = data["versions"]
    rows = [row, row | {"model": "claude-opus-5-5"}, row | {"version": "-"}, row | {"version": "v2"}]
    versions = list(enumerate(read_document(data | {"versions": rows}).versions))

    assert [label(version, versions) for _, version in versions] == [
        "a v1, claude-sonnet-5-5", "a v1, claude-opus-5-5", "a", "a v2",
    ]  # fmt: skip
    assert [short_label(version, versions) for _, version in versions[1:]] == ["v1, claude-opus-5-5", "-", "v2"]
