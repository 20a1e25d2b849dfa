from decimal import Decimal

import pytest

from harness.findings.words import amount, and_more, count, join, place_in_file, printable, times


@pytest.mark.parametrize(("number", "words"), [(0, "0 errors"), (1, "1 error"), (1_200, "1,200 errors")])
def test_a_number_of_things_has_its_plural(number: int, words: str) -> None:
    assert count(number, "error") == words


@pytest.mark.parametrize(("number", "words"), [(1, "once"), (2, "2 times"), (1_200, "1,200 times")])
def test_a_number_of_times_is_a_word(number: int, words: str) -> None:
    assert times(number) == words


@pytest.mark.parametrize(("number", "words"), [(-1, ""), (0, ""), (1, " and 1 more"), (1_200, " and 1,200 more")])
def test_only_what_is_left_out_is_counted(number: int, words: str) -> None:
    assert and_more(number) == words


@pytest.mark.parametrize(
    ("names", "words"), [((), ""), (("a",), "a"), (("a", "b"), "a, b"), (("a", "b", "c", "d"), "a, b and 2 more")]
)
def test_a_list_is_cut_short(names: tuple[str, ...], words: str) -> None:
    assert join(names, limit=2) == words


def test_an_amount_without_a_price_is_unknown() -> None:
    assert (amount(Decimal("0.0108")), amount(None)) == ("$0.0108", "an unknown amount")


@pytest.mark.parametrize(
    ("file", "line", "shown"),
    [("a/b.md", 3, "a/b.md:3"), ("a\\b.md", None, "a/b.md"), (None, None, ""), (None, 3, "")],
)
def test_a_place_is_a_path_with_forward_slashes(file: str | None, line: int | None, shown: str) -> None:
    assert place_in_file(file, line) == shown


def test_control_and_invisible_characters_are_shown_as_escapes() -> None:
    assert printable("é\t\n\x1b[31m\u200b\u202e\udc80\\") == "é\\t\\n\\x1b[31m\\u200b\\u202e\\udc80\\"
