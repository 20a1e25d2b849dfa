"""Our tests and intervals are those of SciPy and statsmodels, and exact enumeration by hand."""

import subprocess
import sys
from fractions import Fraction
from itertools import combinations, product
from math import sqrt
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from harness.errors import UsageError
from harness.evaluation.statistics import (
    DRAWS,
    EQUAL,
    PValues,
    adjust,
    bonett_price_interval,
    flip_signs,
    level_among,
    lowest_p,
    mcnemar,
    mean,
    needed_changes,
    pass_at_k,
    pass_hat_k,
    spread,
    t_interval,
    wilson_interval,
)

probabilities = st.floats(0, 1)
tenths = st.integers(-10, 10)


def enumerate_signs(differences: list[Fraction]) -> PValues:
    """All assignments of signs, in exact arithmetic."""
    observed = sum(differences)
    sums = [
        sum(sign * value for sign, value in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return PValues(
        worse=sum(value <= observed for value in sums) / len(sums),
        better=sum(value >= observed for value in sums) / len(sums),
    )


def test_mcnemar_is_the_exact_test_of_statsmodels_on_a_grid() -> None:
    for worse, better in product(range(40), repeat=2):
        ours = mcnemar(worse=worse, better=better)

        theirs = their_mcnemar([[0, worse], [better, 0]], exact=True).pvalue if worse + better else 1.0
        assert ours.two_sided == pytest.approx(min(1.0, theirs), abs=1e-12)


def test_one_sided_mcnemar_is_the_tail_of_the_binomial_distribution() -> None:
    for worse, better in product(range(12), repeat=2):
        ours = mcnemar(worse=worse, better=better)

        assert ours.worse == pytest.approx(stats.binom.sf(worse - 1, worse + better, 0.5))
        assert ours.better == pytest.approx(stats.binom.sf(better - 1, worse + better, 0.5))


@given(st.lists(tenths, max_size=9))
def test_flipped_signs_are_exact_also_where_sums_of_floats_are_not(values: list[int]) -> None:
    ours = flip_signs([value / 10 for value in values])

    exact = enumerate_signs([Fraction(value, 10) for value in values])
    assert (ours.worse, ours.better) == (exact.worse, exact.better)


def test_a_sum_that_is_zero_but_for_rounding_ties_with_zero() -> None:
    assert 0.1 + 0.2 - 0.3 != 0
    assert flip_signs([0.1, 0.2, -0.3]) == PValues(worse=0.625, better=0.625)


@given(st.integers(0, 7), st.integers(0, 7))
def test_flipped_signs_of_passes_give_the_p_values_of_mcnemar(worse: int, better: int) -> None:
    flipped = flip_signs([-1.0] * worse + [1.0] * better + [0.0] * 5)
    tested = mcnemar(worse=worse, better=better)

    assert flipped.worse == pytest.approx(tested.worse)
    assert flipped.better == pytest.approx(tested.better)


@given(st.lists(tenths, max_size=8))
def test_p_values_change_places_with_the_versions_and_ignore_the_order(values: list[int]) -> None:
    forward = flip_signs([value / 10 for value in values])
    backward = flip_signs([-value / 10 for value in reversed(values)])

    assert (forward.worse, forward.better) == (backward.better, backward.worse)
    assert forward.two_sided == min(1.0, 2 * min(forward.worse, forward.better))


def test_units_that_do_not_differ_change_no_p_value() -> None:
    assert flip_signs([-0.2, -0.1, 0.3] + [0.0] * 40) == flip_signs([-0.2, -0.1, 0.3])


def test_many_units_are_tested_with_random_signs_that_are_the_same_each_time() -> None:
    values = [-0.3 + index / 50 for index in range(20)]
    shuffled = values[::3] + values[1::3] + values[2::3]

    assert flip_signs(values) == flip_signs(shuffled)
    assert flip_signs([-1.0] * 40) == PValues(worse=1 / (DRAWS + 1), better=1.0)


def test_random_signs_come_close_to_all_signs() -> None:
    values = [((7 * index) % 15 - 9) / 20 for index in range(16)]
    kept = [value for value in values if value]
    assert len(kept) > 14

    exact = enumerate_signs([Fraction(round(value * 20), 20) for value in kept])

    assert flip_signs(values).worse == pytest.approx(exact.worse, abs=0.01)


def test_results_that_are_equal_need_no_scipy() -> None:
    code = (
        "import sys; from harness.evaluation.statistics import *; "
        "print(mcnemar(worse=0, better=0) == flip_signs([0.0] * 8) == EQUAL, t_interval([0.0] * 8), "
        "wilson_interval(6, 8)[0] > 0, bonett_price_interval(worse=0, better=0, cases=8)[1] > 0, "
        "[name for name in ('scipy', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True None True True []\n"
    assert EQUAL.two_sided == 1


def test_without_scipy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)

    with pytest.raises(UsageError) as caught:
        mcnemar(worse=1, better=0)

    assert str(caught.value) == ('comparing versions needs SciPy\n  try: pip install "prompt-cache-harness[stats]"')


@given(st.lists(probabilities, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    theirs = list(multipletests(p_values, method="holm")[1]) if p_values else []

    assert adjust(p_values) == pytest.approx(theirs)


@given(st.lists(probabilities, min_size=1, max_size=8), probabilities)
def test_the_level_among_others_is_the_one_at_which_holm_decides(others: list[float], p_value: float) -> None:
    level = level_among(others, 0.025)

    for tried in (p_value, level * 0.999, level * 1.001):
        assert (adjust([tried, *others])[0] <= 0.025) == (tried <= level)


@pytest.mark.parametrize(
    ("level", "changes"),
    [(0.025, 6), (0.025 / 2, 7), (0.025 / 12, 9), (0.5, 1)],
)
def test_the_fewest_changes_that_can_be_shown(level: float, changes: int) -> None:
    assert needed_changes(level) == changes
    assert mcnemar(worse=changes, better=0).worse <= level < mcnemar(worse=changes - 1, better=0).worse


def test_wilson_is_that_of_statsmodels_on_a_grid() -> None:
    for cases in range(1, 41):
        for passed in range(cases + 1):
            theirs = proportion_confint(passed, cases, method="wilson")
            assert wilson_interval(passed, cases) == pytest.approx(theirs, abs=1e-12)


def test_wilson_of_no_case_says_nothing() -> None:
    assert wilson_interval(0, 0) == (0, 1)


def test_bonett_price_follows_its_formula() -> None:
    low, high = bonett_price_interval(worse=1, better=1, cases=8)
    assert (low, high) == pytest.approx((-1.959964 * sqrt(0.04), 1.959964 * sqrt(0.04)))

    low, high = bonett_price_interval(worse=6, better=0, cases=18)
    assert (low, high) == pytest.approx((-0.3 - 1.959964 * sqrt(0.31 / 20), -0.3 + 1.959964 * sqrt(0.31 / 20)))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_bonett_price_is_symmetric_and_within_minus_one_and_one(worse: int, better: int, same: int) -> None:
    cases = worse + better + same
    low, high = bonett_price_interval(worse=worse, better=better, cases=cases)
    mirrored = bonett_price_interval(worse=better, better=worse, cases=cases)

    assert -1 <= low < high <= 1
    assert mirrored == pytest.approx((-high, -low))


def test_bonett_price_covers_the_true_difference_at_eight_cases() -> None:
    lost, gained, cases = 0.2, 0.1, 8
    covered = 0.0
    for worse in range(cases + 1):
        for better in range(cases - worse + 1):
            counts = [worse, better, cases - worse - better]
            low, high = bonett_price_interval(worse=worse, better=better, cases=cases)
            chance = stats.multinomial.pmf(counts, cases, [lost, gained, 1 - lost - gained])
            covered += chance * (low <= gained - lost <= high)
    assert covered >= 0.95


@given(st.lists(st.tuples(tenths, tenths), min_size=2, max_size=12))
def test_the_t_interval_is_that_of_the_paired_t_test(pairs: list[tuple[int, int]]) -> None:
    before, after = ([value / 10 for value in side] for side in zip(*pairs, strict=True))
    differences = [new - old for old, new in zip(before, after, strict=True)]

    ours = t_interval(differences)

    if len({new - old for old, new in pairs}) == 1:
        assert ours is None
    else:
        theirs = stats.ttest_rel(after, before).confidence_interval(0.95)
        assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_a_t_interval_excludes_zero_where_the_one_sided_t_test_shows_a_loss() -> None:
    losing = [-0.3, -0.1, -0.2, -0.25, -0.05, -0.15, 0.02, -0.2]
    assert stats.ttest_rel(losing, [0.0] * 8, alternative="less").pvalue < 0.025
    interval = t_interval(losing)
    assert interval is not None
    assert interval[1] < 0


def test_one_difference_has_no_t_interval() -> None:
    assert t_interval([0.5]) is None


def test_estimates_of_k_samples_are_the_shares_of_all_ways_to_draw_them() -> None:
    for samples in range(1, 7):
        for passed in range(samples + 1):
            for k in range(1, samples + 1):
                drawn = list(combinations([True] * passed + [False] * (samples - passed), k))
                assert pass_at_k(samples, passed, k=k) == pytest.approx(fmean(any(some) for some in drawn))
                assert pass_hat_k(samples, passed, k=k) == pytest.approx(fmean(all(some) for some in drawn))


@pytest.mark.parametrize("k", [0, 4])
def test_more_samples_than_were_taken_cannot_be_estimated(k: int) -> None:
    with pytest.raises(UsageError) as caught:
        pass_at_k(3, 1, k=k)

    assert str(caught.value) == f"k is {k}, expected 1 to 3, the number of samples\n  try: take more samples"


def test_mean_and_spread_of_too_few_values_are_nothing() -> None:
    assert (mean([]), spread([1.0]), mean([1, 2]), spread([1, 2])) == (None, None, 1.5, pytest.approx(sqrt(0.5)))


@given(st.lists(tenths, max_size=14))
def test_no_signs_give_a_lower_p_value_than_the_lowest(values: list[int]) -> None:
    differences = [value / 10 for value in values]
    ours = flip_signs(differences)

    assert min(ours.worse, ours.better) >= lowest_p(differences)
    assert flip_signs([-abs(value) for value in differences]).worse == lowest_p(differences)
