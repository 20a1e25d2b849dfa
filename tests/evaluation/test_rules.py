"""The rules of a suite: what is below them is an error, what reaches them exactly is not."""

import pytest

from harness.evaluation.quality import CaseResult, sum_up
from harness.evaluation.rules import find_broken_rules
from harness.suites.gate import GateEntry

THIRD = sum_up("json", [CaseResult(case=str(number), passes=(number == 0,), scores=(1 / 3,)) for number in range(3)])
UNTOLD = sum_up("json", [CaseResult(case="a", passes=(None,))])


@pytest.mark.parametrize(
    "gate",
    [
        GateEntry(pass_rate=1 / 3),
        GateEntry(pass_rate=0.33333),
        GateEntry(pass_rate={"other": 1}),
        GateEntry(mean_score={"json": 0.33333}),
        GateEntry(worse=True),
    ],
)
def test_what_reaches_a_rule_exactly_does_not_break_it(gate: GateEntry) -> None:
    assert list(find_broken_rules(gate, [THIRD], title="analysis v2")) == []


def test_what_is_below_a_rule_is_an_error_with_its_counts() -> None:
    gate = GateEntry(pass_rate=0.5, mean_score={"json": 0.4})

    rate, score = find_broken_rules(gate, [THIRD], title="analysis v2")

    assert rate.headline == "analysis v2: the pass rate of the check 'json' is 0.3333, below 0.5"
    assert score.headline == "analysis v2: the mean score of the check 'json' is 0.3333, below 0.4"
    assert (rate.rule, rate.level, rate.facts) == (
        "answer-check",
        "error",
        ("1 of 3 cases pass, 2 fail, 0 cannot be told",),
    )


def test_a_rule_without_any_result_cannot_be_told() -> None:
    (found,) = find_broken_rules(GateEntry(pass_rate=0.5), [UNTOLD], title="analysis v2")

    assert (found.rule, found.level) == ("cannot-tell", "error")
