"""Equal versions raise few alarms, planted losses are found, and what cannot be shown is said to be so."""

import subprocess
import sys
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evaluation.comparison import Compared, compare, compare_all
from harness.evaluation.statistics import bonett_price_interval, flip_signs, mcnemar, t_interval
from tests.evaluation.versions import (
    Draw,
    draw_mostly_equal_scores,
    draw_passes,
    draw_samples,
    draw_scores,
    of_passes,
    of_scores,
    pair_of,
    verdict,
)

COVERAGE = (0.81, 0.7, 0.92, 0.85, 0.78, 0.88, 0.8, 0.75)


def compare_passes(before: list[bool], after: list[bool]) -> Compared:
    return compare(pair_of(of_passes(before, after)))


def compare_scores(before: list[float], after: list[float]) -> Compared:
    return compare(pair_of(of_scores(before, after)))


@pytest.mark.parametrize(
    ("draw", "cases"),
    [
        (draw_passes, 8),
        (draw_passes, 20),
        (draw_passes, 50),
        (draw_scores, 8),
        (draw_scores, 20),
        (draw_mostly_equal_scores, 8),
        (draw_mostly_equal_scores, 20),
        (draw_samples, 8),
    ],
)
def test_an_equal_version_is_called_worse_in_at_most_14_of_400_runs(draw: Draw, cases: int) -> None:
    random = Random(f"{draw.__name__} {cases} equal")
    words = [compare(pair_of(draw(random, cases, 0))).word for _ in range(400)]

    assert words.count("worse") <= 14
    assert words.count("better") <= 14


def test_a_format_that_is_lost_in_all_of_eight_cases_is_worse() -> None:
    found = compare_passes([True] * 8, [False] * 8)

    assert found == Compared(
        suite="suite",
        check="check",
        before="v1",
        after="v2",
        cases=8,
        units=8,
        word="worse",
        p_value=2 / 256,
        p_worse=1 / 256,
        p_better=1.0,
        difference=-1.0,
        interval=bonett_price_interval(worse=8, better=0, cases=8),
        says="8 cases: 8 worse, 0 better. Difference -100 points, interval -100 to -43.",
        flipped=tuple(f"case {number}" for number in range(8)),
        fixed=(),
    )


def test_a_fifth_of_keyword_coverage_lost_in_eight_cases_is_worse() -> None:
    found = compare_scores(list(COVERAGE), [score * 0.8 for score in COVERAGE])

    assert (found.word, found.p_worse) == ("worse", 1 / 256)
    assert found.says == "8 cases: mean 0.81 -> 0.65, 8 of 8 lower. Difference -0.16, interval -0.17 to -0.15."


def test_one_case_of_eight_that_flips_is_not_shown_but_named() -> None:
    found = compare_passes([True] * 8, [True] * 3 + [False] + [True] * 4)

    assert (found.word, found.flipped, found.fixed) == ("not shown", ("case 3",), ())


def test_a_version_that_repairs_eight_cases_is_better() -> None:
    found = compare_passes([False] * 8, [True] * 8)

    assert (found.word, found.p_better, found.difference) == ("better", 1 / 256, 1.0)
    assert len(found.fixed) == 8


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            [True] * 8,
            [False] * 2 + [True] * 6,
            "8 cases: at least 6 would have to change the same way; 2 did (2 worse, 0 better). "
            "Difference -25 points, interval -57 to +17.",
        ),
        (
            [True] * 8,
            [True] * 8,
            "8 cases: at least 6 would have to change the same way; none did. "
            "Difference 0 points, interval -28 to +28.",
        ),
        (
            [True] * 5,
            [False] * 5,
            "5 cases can never show a difference by this test; 5 worse, 0 better. "
            "Difference -100 points, interval -100 to -20.",
        ),
        (
            [True],
            [False],
            "1 case can never show a difference by this test; 1 worse, 0 better. "
            "Difference -100 points, interval -100 to +73.",
        ),
        (
            [True] * 6 + [False] * 3 + [True] * 4,
            [False] * 6 + [True] * 7,
            "13 cases: 6 worse, 3 better, too mixed to show a difference. Difference -23 points, interval -62 to +22.",
        ),
        ([], [], "No case that both versions answered, and of which the check could tell."),
    ],
)
def test_what_passes_cannot_show_is_said(before: list[bool], after: list[bool], says: str) -> None:
    found = compare_passes(before, after)

    assert (found.word, found.says) == ("not shown", says)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (
            (*COVERAGE[:6], 0.7, 0.7),
            "8 cases: mean 0.81 -> 0.79, 2 of 8 lower; at least 6 would have to change the same way. "
            "Difference -0.019, interval -0.05 to +0.012.",
        ),
        (
            COVERAGE,
            "8 cases: mean 0.81 -> 0.81, none changed; at least 6 would have to change the same way. "
            "Difference 0, no interval (all changed alike).",
        ),
        (
            (*(score - 0.1 for score in COVERAGE[:7]), 0.99),
            "8 cases: mean 0.81 -> 0.75, 7 of 8 lower, 1 higher, too mixed to show a difference. "
            "Difference -0.058, interval -0.16 to +0.043.",
        ),
    ],
)
def test_what_scores_cannot_show_is_said(after: tuple[float, ...], says: str) -> None:
    found = compare_scores(list(COVERAGE), list(after))

    assert (found.word, found.says) == ("not shown", says)


def test_samples_are_compared_by_the_share_that_passes() -> None:
    before = tuple(verdict(number, True, True, True, True, True) for number in range(8))
    after = tuple(verdict(number, *[True] * (number % 3 + 1), *[False] * (4 - number % 3)) for number in range(8))

    found = compare(pair_of((before, after)))

    differences = [(number % 3 + 1) / 5 - 1 for number in range(8)]
    assert (found.word, found.p_worse, found.interval) == (
        "worse",
        flip_signs(differences).worse,
        pytest.approx(t_interval(differences)),
    )
    assert found.says == "8 cases: pass rate 100 % -> 38 %, 8 of 8 lower. Difference -62 points, interval -76 to -49."


def test_groups_of_cases_that_share_a_fixture_are_the_units() -> None:
    clusters = {f"case {number}": f"resume {number % 4}" for number in range(12)}

    found = compare(pair_of(of_passes([True] * 12, [False] * 12), clusters=clusters))

    assert (found.word, found.cases, found.units) == ("not shown", 12, 4)
    assert found.says == (
        "12 cases in 4 groups can never show a difference by this test; pass rate 100 % -> 0 %, 4 of 4 lower. "
        "Difference -100 points, no interval (all changed alike)."
    )


def test_clusters_of_one_case_each_change_nothing() -> None:
    results = of_passes([True] * 8, [False] * 7 + [True])
    clusters = {f"case {number}": f"resume {number}" for number in range(8)}

    assert compare(pair_of(results, clusters=clusters)) == compare(pair_of(results))


def test_only_cases_that_both_versions_have_and_that_can_be_told_count() -> None:
    before = (verdict(0, True), verdict(1, True), verdict(2, None), verdict(3, True))
    after = (verdict(4, False), verdict(3, None), verdict(2, False), verdict(1, False))

    found = compare(pair_of((before, after)))

    assert (found.cases, found.difference, found.flipped) == (1, -1.0, ("case 1",))


def test_a_check_that_scores_only_some_cases_is_compared_by_its_passes() -> None:
    before, after = of_scores([0.9] * 8, [0.1] * 8)

    found = compare(pair_of(((*before, verdict(8, True)), (*after, verdict(8, True)))))

    assert (found.cases, found.p_worse) == (9, mcnemar(worse=8, better=0).worse)
    assert found.says == "9 cases: 8 worse, 0 better. Difference -89 points, interval -100 to -36."


def test_comparisons_of_one_run_are_adjusted_together() -> None:
    lost = pair_of(of_passes([True] * 8, [False] * 8))
    mixed = pair_of(of_passes([True] * 4 + [False] * 4, [False] * 4 + [True] * 4))

    found = compare_all([mixed, lost, mixed])

    assert [one.word for one in found] == ["not shown", "worse", "not shown"]
    assert found[1].p_worse == 3 / 256


def test_a_comparison_that_could_show_nothing_does_not_count_as_a_test() -> None:
    lost = pair_of(of_passes([True] * 8, [False] * 8))
    nearly_equal = pair_of(of_passes([True] * 8, [False] * 5 + [True] * 3))

    found = compare_all([lost, *[nearly_equal] * 30])

    assert (found[0].word, found[0].p_worse) == ("worse", 1 / 256)
    assert {one.word for one in found[1:]} == {"not shown"}
    assert found[1].p_worse == 1 / 32


def test_among_many_comparisons_that_could_show_something_eight_cases_show_nothing() -> None:
    lost = pair_of(of_passes([True] * 8, [False] * 8))
    mixed = pair_of(of_passes([True] * 4 + [False] * 4, [False] * 4 + [True] * 4))

    assert compare_all([lost, *[mixed] * 5])[0].word == "worse"
    found = compare_all([lost, *[mixed] * 6])[0]
    assert found.word == "not shown"
    assert found.says.startswith(
        "8 cases can never show a difference among 7 comparisons by this test; 8 worse, 0 better."
    )


def test_comparisons_without_cases_do_not_count_as_tests() -> None:
    lost = pair_of(of_passes([True] * 8, [False] * 8))
    empty = pair_of(((), ()))

    found = compare_all([empty, lost, empty])

    assert found[1] == compare(lost)
    assert (found[0].word, found[0].p_value, found[0].difference) == ("not shown", 1.0, None)
    assert compare_all([]) == ()


results = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12)


@given(results)
def test_exchanged_versions_exchange_the_words(pairs: list[tuple[bool, bool]]) -> None:
    before, after = [old for old, _ in pairs], [new for _, new in pairs]
    forward, backward = compare_passes(before, after), compare_passes(after, before)

    exchanged = {"worse": "better", "better": "worse", "not shown": "not shown"}
    assert backward.word == exchanged[forward.word]
    assert (backward.flipped, backward.p_worse) == (forward.fixed, forward.p_better)
    assert backward.p_value == forward.p_value


@given(st.lists(results, max_size=5))
def test_a_word_never_contradicts_the_two_sided_p_value_or_claims_equality(
    drawn: list[list[tuple[bool, bool]]],
) -> None:
    pairs = [pair_of(of_passes([old for old, _ in one], [new for _, new in one])) for one in drawn]

    for found in compare_all(pairs):
        assert found.word == "not shown" or found.p_value <= 0.05
        assert "no difference" not in found.says
        assert found.word != "worse" or (found.difference or 0) < 0


@given(results)
def test_the_stated_number_of_changes_is_necessary(pairs: list[tuple[bool, bool]]) -> None:
    found = compare_passes([old for old, _ in pairs], [new for _, new in pairs])

    if max(len(found.flipped), len(found.fixed)) < 6:
        assert found.word == "not shown"


def test_versions_that_are_all_equal_are_compared_without_scipy() -> None:
    code = (
        "import sys; from harness.evaluation.comparison import *; from harness.evaluation.quality import CaseResult; "
        "same = tuple(CaseResult(case=str(n), passes=(True,)) for n in range(8)); "
        "pair = Pair(suite='s', check='c', before='a', after='b', results_before=same, results_after=same); "
        "print(compare(pair).p_value, [name for name in ('scipy', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0 []\n"
