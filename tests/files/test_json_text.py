import json

import pytest

from harness.files import check_depth, load_json


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 1_025 + "]" * 1_025])
def test_deep_json_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"^nested deeper than 1,024 levels$"):
        load_json(text)


def test_the_deepest_json_is_parsed() -> None:
    text = "[" * 1_024 + "]" * 1_024
    assert load_json(text) == json.loads(text)


def test_brackets_in_texts_and_side_by_side_do_not_count() -> None:
    check_depth(json.dumps(['[{"' * 1_000, "\\" * 9, {"a[": "]"}] * 400))
    check_depth("[" + ",".join(["[]"] * 5_000) + "]")


def test_a_text_without_an_end_hides_no_brackets_before_it() -> None:
    with pytest.raises(RecursionError, match="nested deeper"):
        check_depth("[" * 2_000 + '"')


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "[-1e400]", "9" * 5_000])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|digits"):
        load_json(text)
