"""Properties of the records of a lock file."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from harness.lock.entries import Lock, LockEntry
from tests.lock.locks import BLOCK, CALL, ENTRY, LOCK, LOCKS, PLAIN, POINT


@given(LOCKS)
def test_another_process_gets_the_same_entry(lock: Lock) -> None:
    for entry in lock.entries.values():
        assert LockEntry.from_json(json.loads(json.dumps(entry.to_json()))) == entry


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"model": "claude-opus-5-5"}, "model", id="model"),
        pytest.param({"parameters": {}}, "tool_choice", id="parameter"),
        pytest.param({"parameters": {**CALL.parameters, "behind_prefix": {"images": True}}}, "images", id="image"),
        pytest.param({"blocks": (BLOCK._replace(digest="ef" * 32),)}, "system[0]", id="text"),
        pytest.param({"blocks": (BLOCK._replace(form="json"),)}, "system[0]", id="form"),
        pytest.param({"blocks": (BLOCK._replace(tokens=9),)}, "cache_control", id="nothing but figures"),
        pytest.param({"breakpoints": (POINT._replace(ttl="1h"),)}, "system[0].cache_control.ttl", id="ttl"),
        pytest.param({"breakpoints": ()}, "cache_control", id="marker"),
        pytest.param(
            {"parameters": {**CALL.parameters, "behind_prefix": {"goes_on": "nowhere"}}, "breakpoints": ()},
            "cache_control",
            id="where it goes on is no parameter",
        ),
        pytest.param(
            {"parameters": {}, "blocks": (BLOCK, BLOCK._replace(path="messages[0].content[0]", role="user"))},
            "tool_choice",
            id="parameters are rendered before the messages",
        ),
    ],
)
def test_first_difference_of_two_calls(change: dict[str, Any], path: str) -> None:
    assert CALL.differs_at(replace(CALL, **change)) == path


def test_updated_lock_keeps_what_it_is_not_told_of() -> None:
    other = LockEntry(suite="support/support", version="v2", case="refund", calls=())

    assert LOCK.updated({other.key: other}, removed=frozenset({PLAIN.key})).entries == {
        ENTRY.key: ENTRY,
        other.key: other,
    }
    assert set(LOCK.entries) == {ENTRY.key, PLAIN.key}


def test_digests_are_those_of_all_blocks() -> None:
    assert LOCK.digests == {"cd" * 32}
