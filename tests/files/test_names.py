import pytest

from harness.files.names import portable_name


@pytest.mark.parametrize("name", ["test_ask", "TestDesk.test_ask", "v1.2", "a-b_c", "x" * 250, "console", "nullable"])
def test_ordinary_names_stay(name: str) -> None:
    assert portable_name(name, others=[name, "other"]) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a-b"),
        ("a:b", "a?b"),
        ("x" * 300, "x" * 299 + "y"),
        ("test_a[é]", "test_a[e\u0301]"),
        ("a.", "a"),
        ("a ", "a"),
        ("CON", "con"),
        ("nul.txt", "aux.txt"),
        ("a\udc80", "a\udc81"),
    ],
)
def test_other_names_are_told_apart_on_every_file_system(one: str, other: str) -> None:
    names = [portable_name(name, others=[one, other]) for name in (one, other)]

    assert len({name.casefold() for name in names}) == 2
    for name in names:
        assert name.isascii()
        assert len(f"{name}.json") <= 255
        assert not name.endswith((".", " "))
        assert name.partition(".")[0].casefold() not in ("con", "nul", "aux")


def test_of_names_that_differ_only_in_case_the_one_in_lower_case_stays() -> None:
    others = ["Refund", "refund", "REFUND", "parcel", "Order"]
    names = [portable_name(name, others=others) for name in others]

    assert names[1::2] == ["refund", "parcel"]
    assert names[4] == "Order"
    assert len({name.casefold() for name in names}) == 5
