"""Entries of a lock file that are known to be unused."""

import json

import pytest

from harness.lock.entries import LockEntry
from harness.lock.unused import Collected, describe_unused

CASE = LockEntry(suite="support/support", version="v1", case="refund", calls=())
DEEP_CASE = LockEntry(suite="eu/support/support", version="v1", case="refund", calls=())
ROOT_CASE = LockEntry(suite="support", version="v1", case="refund", calls=())
TEST = LockEntry(suite="tests/test_app", version="", case="test_ask", calls=())
METHOD = LockEntry(suite="tests/test_app", version="", case="TestShop.test_ask", calls=())


def collect(*keys: str, sources: tuple[str, ...] = (), is_all: bool = False) -> Collected:
    collected = Collected()
    collected.add(keys, sources, is_all=is_all)
    return collected


@pytest.mark.parametrize(
    ("entry", "collected", "is_lacking"),
    [
        pytest.param(CASE, collect(), False, id="nothing is known"),
        pytest.param(CASE, collect(CASE.key, is_all=True), False, id="still there"),
        pytest.param(CASE, collect(TEST.key, is_all=True), True, id="gone from the whole project"),
        pytest.param(CASE, collect(sources=("support",)), True, id="gone from its suite file"),
        pytest.param(CASE, collect(sources=("account",)), False, id="other suite file"),
        pytest.param(CASE, collect(sources=("support/support",)), False, id="test file of the suite's name"),
        pytest.param(DEEP_CASE, collect(sources=("support",)), False, id="suite file further up"),
        pytest.param(DEEP_CASE, collect(sources=("eu/support",)), True, id="suite file in a folder"),
        pytest.param(ROOT_CASE, collect(sources=("",)), True, id="suite file at the root"),
        pytest.param(ROOT_CASE, collect(sources=("support",)), False, id="suite file in a folder of the suite's name"),
        pytest.param(TEST, collect(sources=("tests/test_app",)), True, id="gone from its test file"),
        pytest.param(TEST, collect(METHOD.key, sources=("tests/test_app",)), True, id="other test of its file"),
        pytest.param(METHOD, collect(sources=("tests/test_app",)), True, id="method"),
        pytest.param(TEST, collect(sources=("tests",)), False, id="suite file beside it"),
    ],
)
def test_entry_is_lacking_only_where_its_test_would_have_been_collected(
    entry: LockEntry, collected: Collected, is_lacking: bool
) -> None:
    assert collected.lacks(entry) == is_lacking


def test_workers_add_up_and_cross_as_json() -> None:
    one, two = collect("a", sources=("x",)), collect("b", sources=("x", "y"), is_all=True)
    whole = Collected()
    for part in (one, two):
        part.silent.add("c")
        whole.add_json(json.loads(json.dumps(part.to_json())))

    assert whole.to_json() == {"keys": ["a", "b"], "sources": ["x", "y"], "silent": ["c"], "is_all": True, "new": {}}
    whole.add((), (), is_all=False)
    assert whole.is_all


@pytest.mark.parametrize(
    ("entry", "key", "is_replaced"),
    [
        (CASE, "support/support/v2/refund", True),
        (CASE, "support/support/v2/parcel", False),
        (CASE, "account/support/v2/refund", False),
        (CASE, "support/support/support/v2/refund", False),
        (ROOT_CASE, "support/v2/refund", True),
        (ROOT_CASE, "support/support/v2/refund", False),
        (TEST, "tests/test_app/test_other", False),
    ],
)
def test_only_the_same_case_in_another_version_replaces_an_entry(entry: LockEntry, key: str, is_replaced: bool) -> None:
    assert collect(key).has_other_version(entry) == is_replaced


def test_unused_entry_is_an_error_that_says_what_to_do() -> None:
    (finding,) = describe_unused([CASE], collect(), file="locks/prompts.lock", is_allowed=False)

    assert (finding.rule, finding.level, finding.file, finding.line) == ("unused", "error", "locks/prompts.lock", 1)
    assert finding.command == "pytest --harness-update-lock"
    assert str(finding) == (
        "support/support/v1/refund: accepted, but no test sends it any more\n"
        "  fix:   remove it with --harness-update-lock, or allow it with --harness-allow-unused"
    )


@pytest.mark.parametrize(
    ("collected", "is_allowed", "level", "has_fix"),
    [
        (collect(), False, "error", True),
        (collect(), True, "note", True),
        (collect("support/support/v2/refund"), False, "note", False),
        (collect("support/support/v2/refund"), True, "note", False),
    ],
)
def test_allowed_and_replaced_entries_are_notes(
    collected: Collected, is_allowed: bool, level: str, has_fix: bool
) -> None:
    (finding,) = describe_unused([CASE], collected, file="prompts.lock", is_allowed=is_allowed)

    assert finding.level == level
    assert (finding.fix is not None) == has_fix


def test_nothing_unused_is_no_finding() -> None:
    assert describe_unused([], collect(), file="prompts.lock", is_allowed=False) == ()
