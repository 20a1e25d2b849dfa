"""Differences of inputs, and reverting them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.testing.inputs import find_changes, revert

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, ["a.b: 'x' → 'y'"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}, {"b": 3}]}, ["a[0].b: 1 → 2", "a[1]: nothing → {'b': 3}"]),
        ({"a": {"b": None}}, {"a": {}}, ["a.b: None → nothing"]),
        ({"a": 1}, {"a": True}, ["a: 1 → True"]),
        ({"a": []}, {"a": {}}, ["a: [] → {}"]),
        ({"a": ""}, {"a": "x" * 200}, [f"a: '' → '{'x' * 159}… (202 characters)"]),
    ],
)
def test_changes_are_named_by_path_with_both_values(before: Any, after: Any, said: list[str]) -> None:
    assert [str(change) for change in find_changes(before, after)] == said


@given(st.dictionaries(st.sampled_from("xyz"), VALUES), st.dictionaries(st.sampled_from("xyz"), VALUES))
def test_taking_back_every_change_from_the_last_on_gives_what_was_before(before: Any, after: Any) -> None:
    original = repr(after)
    reverted = after
    for change in reversed(list(find_changes(before, after))):
        reverted = revert(reverted, change)

    assert list(find_changes(before, reverted)) == []
    assert repr(after) == original
