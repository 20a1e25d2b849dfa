"""Plans: which calls a case makes, and what each must read."""

import pytest

from harness.suites.plan import ONE_ROUND, TWO_EQUAL_ROUNDS, CallGroup, Extent, Plan, Read

CONVERSATION = Plan(kind="conversation", rounds=1)


def group(*calls: int, reads: list[tuple[int, int]], extent: Extent = "all") -> CallGroup:
    found = tuple(Read(later=later, earlier=earlier, extent=extent) for later, earlier in reads)
    return CallGroup(calls=calls, reads=found)


GROUPS = [
    pytest.param(TWO_EQUAL_ROUNDS, 1, [group(0, 1, reads=[(1, 0)])], id="two-equal-rounds"),
    pytest.param(
        TWO_EQUAL_ROUNDS, 2, [group(0, 2, reads=[(2, 0)]), group(1, 3, reads=[(3, 1)])], id="two-calls-in-each"
    ),
    pytest.param(Plan(rounds=3), 1, [group(0, 1, 2, reads=[(1, 0), (2, 0)])], id="three-equal-rounds"),
    pytest.param(Plan(kind="samples", rounds=3), 1, [group(0, 1, 2, reads=[(1, 0), (2, 0)])], id="samples"),
    pytest.param(
        Plan(kind="questions", rounds=3), 1, [group(0, 1, 2, reads=[(1, 0), (2, 0)], extent="static")], id="questions"
    ),
    pytest.param(
        Plan(kind="questions", rounds=2),
        2,
        [group(0, 1, 2, 3, reads=[(2, 0), (3, 1)], extent="static")],
        id="questions-of-two-calls",
    ),
    pytest.param(CONVERSATION, 3, [group(0, 1, 2, reads=[(1, 0), (2, 1)])], id="conversation"),
    pytest.param(
        Plan(kind="conversation", rounds=2),
        2,
        [group(0, 1, 2, 3, reads=[(1, 0), (2, 0), (3, 2)])],
        id="two-conversations",
    ),
]


@pytest.mark.parametrize(("plan", "size", "groups"), GROUPS)
def test_plan_says_which_call_reads_which(plan: Plan, size: int, groups: list[CallGroup]) -> None:
    assert plan.group(size) == tuple(groups)


@pytest.mark.parametrize(
    ("plan", "label"),
    [
        (TWO_EQUAL_ROUNDS, "2 equal rounds"),
        (Plan(kind="samples", rounds=5), "5 samples"),
        (Plan(kind="questions", rounds=3), "questions"),
        (CONVERSATION, "conversation"),
        (Plan(kind="conversation", rounds=2), "2 conversations"),
    ],
)
def test_plan_has_a_short_name_for_tables(plan: Plan, label: str) -> None:
    assert plan.label == label


@pytest.mark.parametrize(
    ("plan", "accepted"),
    [
        pytest.param(ONE_ROUND, [0, 1, None, None, None], id="one-round"),
        pytest.param(TWO_EQUAL_ROUNDS, [0, 1, 0, 1, None], id="two-equal-rounds"),
        pytest.param(Plan(kind="questions", rounds=2), [0, 1, None, None, None], id="other-questions-are-not-accepted"),
        pytest.param(CONVERSATION, [0, 1, None, None, None], id="conversation"),
    ],
)
def test_calls_repeat_the_accepted_ones_of_the_first_round(plan: Plan, accepted: list[int | None]) -> None:
    assert [plan.accepted_number(number, 2) for number in range(5)] == accepted
    assert plan.accepted_calls([["a", "b"], ["c", "d"]]) == ["a", "b"]
