"""Samples are summed up by case, and cases that share a fixture are one cluster."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.evaluation.clusters import clusters
from harness.evaluation.quality import CaseResult, QualityRow, sum_up
from harness.evaluation.statistics import wilson_interval


def result(case: str, *passes: bool | None, scores: tuple[float | None, ...] = (), rate: float = 1.0) -> CaseResult:
    return CaseResult(case=case, passes=passes, scores=scores, pass_rate=rate)


@pytest.mark.parametrize(
    ("passes", "rate", "passed"),
    [
        ((True,), 1.0, True),
        ((False,), 1.0, False),
        ((True, True, False), 1.0, False),
        ((True, True, False), 0.6, True),
        ((True, True, True, False, False), 0.6, True),
        ((True, True, False, False, False), 0.6, False),
        ((None, True, True), 1.0, True),
        ((None, False), 0.5, False),
        ((None, None), 1.0, None),
        ((), 1.0, None),
    ],
)
def test_a_case_passes_if_enough_of_its_told_samples_do(
    passes: tuple[bool | None, ...], rate: float, passed: bool | None
) -> None:
    assert result("nurse", *passes, rate=rate).passed is passed


@given(st.integers(1, 200).flatmap(lambda samples: st.tuples(st.integers(1, samples), st.just(samples))))
def test_exactly_the_stated_share_is_enough(share: tuple[int, int]) -> None:
    passed, samples = share
    told = [True] * passed + [False] * (samples - passed)

    assert result("nurse", *told, rate=passed / samples).passed


def test_one_sample_a_case_has_the_interval_of_wilson() -> None:
    row = sum_up("json", [*(result(f"case {n}", n > 2) for n in range(1, 9)), result("other", None)])

    assert row == QualityRow(
        check="json",
        cases=9,
        passed=6,
        failed=2,
        cannot_tell=1,
        mean_score=None,
        rate=0.75,
        interval=wilson_interval(6, 8),
        k=None,
        pass_at_k=None,
        pass_hat_k=None,
        spread=None,
    )


def test_several_samples_have_estimates_for_one_sample_less_and_no_interval() -> None:
    row = sum_up(
        "keywords",
        [
            result("nurse", True, True, False, scores=(0.9, 0.7, 0.2), rate=0.6),
            result("clerk", True, True, True, scores=(0.8, 0.8, 0.8), rate=0.6),
            result("cook", False, False, True, scores=(0.1, None, 0.5), rate=0.6),
        ],
    )

    assert (row.passed, row.failed, row.rate, row.interval) == (2, 1, pytest.approx(2 / 3), None)
    assert row.mean_score == pytest.approx((0.6 + 0.8 + 0.3) / 3)
    assert (row.k, row.pass_at_k) == (2, pytest.approx((1 + 1 + 2 / 3) / 3))
    assert row.pass_hat_k == pytest.approx((1 / 3 + 1 + 0) / 3)
    assert row.spread == pytest.approx(sqrt((0.13 + 0 + 0.08) / 3))


def test_the_spread_of_a_check_without_scores_is_that_of_its_passes() -> None:
    row = sum_up("json", [result("nurse", True, False), result("clerk", True, True)])

    assert row.spread == pytest.approx(sqrt(0.5 / 2))
    assert row.k is None


def test_an_asked_k_is_taken_for_all_cases() -> None:
    cases = [result("nurse", True, False, False), result("clerk", True, True, None)]

    assert sum_up("json", cases, k=1).pass_at_k == pytest.approx((1 / 3 + 1) / 2)
    with pytest.raises(UsageError, match=r"^k is 3, expected 1 to 2, the number of samples"):
        sum_up("json", cases, k=3)


def test_nothing_told_gives_no_figure() -> None:
    row = sum_up("language", [result("nurse", None)])

    assert (row.cannot_tell, row.rate, row.interval, row.pass_at_k, row.mean_score) == (1, None, None, None, None)
    assert sum_up("language", []).cases == 0


def test_cases_with_fixtures_of_their_own_are_units_of_their_own() -> None:
    inputs = {name: {"resume": name, "job": name} for name in ("nurse", "clerk", "cook")}

    assert clusters(inputs) == {name: name for name in inputs}


def test_a_fixture_of_all_cases_joins_none() -> None:
    inputs = {name: {"resume": name, "job": "one job"} for name in ("nurse", "clerk", "cook")}

    assert clusters(inputs) == {name: name for name in inputs}


def test_cases_that_share_a_resume_or_a_job_are_one_unit() -> None:
    inputs = {
        "a": {"resume": "nurse", "job": "ward"},
        "b": {"resume": "nurse", "job": "clinic"},
        "c": {"resume": "doctor", "job": "clinic"},
        "d": {"resume": "cook", "job": "kitchen"},
        "e": {"resume": "clerk", "job": "office"},
        "f": {"resume": "clerk", "job": "shop"},
    }

    assert clusters(inputs) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "e"}


def test_where_all_would_be_one_unit_the_key_with_the_fewest_fixtures_counts() -> None:
    inputs = {f"{r}{j}": {"resume": f"resume {r}", "job": f"job {j}"} for r in range(3) for j in range(4)}

    found = clusters(inputs)

    assert len(set(found.values())) == 3
    assert all(found[case] == f"{case[0]}0" for case in inputs)


def test_a_case_without_a_fixture_shares_none() -> None:
    inputs = {"a": {"resume": "nurse"}, "b": {"resume": "nurse"}, "c": {}, "d": {}}

    assert clusters(inputs) == {"a": "a", "b": "a", "c": "c", "d": "d"}


def test_one_case_or_none_has_as_many_units() -> None:
    assert clusters({"a": {"resume": "nurse"}}) == {"a": "a"}
    assert clusters({}) == {}


names = st.sampled_from(["one", "two", "three", "four"])


@given(st.dictionaries(st.text(max_size=2), st.fixed_dictionaries({"resume": names, "job": names}), max_size=10))
def test_every_case_has_a_cluster_named_after_its_first_case(inputs: dict[str, dict[str, str]]) -> None:
    found = clusters(inputs)

    order = list(inputs)
    assert found.keys() == inputs.keys()
    assert all(found[name] == name and order.index(name) <= order.index(case) for case, name in found.items())
