"""The report of a mutation test: a table, the checks to add, and a summary line."""

import json

import pytest

from harness.mutation.mutations import BY_NAME
from harness.mutation.results import MutationResult, judge_mutation, results_json, results_text

RULES = {"one": {"second-call", "bust"}}


def judge(name: str, changed: set[str], failed: set[str]) -> MutationResult:
    return judge_mutation(BY_NAME[name], changed=changed, failed=failed, rules=RULES)


@pytest.mark.parametrize(
    ("changed", "failed", "verdict", "by"),
    [
        pytest.param({"one", "two"}, {"one", "two"}, "caught", ("bust", "own assertion", "second-call"), id="all"),
        pytest.param({"one", "two"}, {"two"}, "partly", ("own assertion",), id="some"),
        pytest.param({"one"}, set(), "survived", (), id="none"),
        pytest.param({"one"}, {"two"}, "survived", (), id="another-test-failed"),
        pytest.param(set(), {"one"}, "n/a", (), id="not-applied"),
    ],
)
def test_only_tests_whose_requests_were_changed_count(
    changed: set[str], failed: set[str], verdict: str, by: tuple[str, ...]
) -> None:
    result = judge("timestamp", changed, failed)

    assert (result.verdict, result.by) == (verdict, by)


def test_text_lists_all_and_says_what_to_add_for_survivors() -> None:
    results = [
        judge("timestamp", {"one"}, {"one"}),
        judge("ttl", {"one", "two", "six"}, {"one"}),
        judge("image", set(), set()),
    ]

    assert results_text(results, style="simple") == (
        """\
mutation    puts into the requests                  verdict    tests    caught by
----------  --------------------------------------  ---------  -------  -----------------
timestamp   the time in front of the system prompt  caught     1 of 1   bust, second-call
ttl         the other TTL                           partly     1 of 3   bust, second-call
image       a first image                           n/a        -        -

ttl survives in six and 1 more
  add: lock it: pytest --harness-update-lock, or assert_same_prefix(accepted, call)

1 caught, 1 caught by some tests only, 0 survived, 1 not applicable"""
    )


def test_json_holds_every_test() -> None:
    (document,) = json.loads(results_json([judge("timestamp", {"one", "two"}, {"one"})]))

    assert document == {
        "name": "timestamp",
        "what": "the time in front of the system prompt",
        "caught": ["one"],
        "survived": ["two"],
        "by": ["bust", "second-call"],
        "assertion": "call it twice, and assert_reads_prefix(second, written_by=first)",
        "verdict": "partly",
    }
