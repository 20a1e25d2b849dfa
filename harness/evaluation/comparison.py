"""Two prompt versions compared on the same cases: better, worse, or not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import fmean
from typing import Any, Literal, NamedTuple

from harness.evaluation.quality import CaseResult
from harness.evaluation.statistics import (
    EQUAL,
    Interval,
    PValues,
    adjust,
    bonett_price_interval,
    flip_signs,
    level_among,
    lowest_p,
    mcnemar,
    needed_changes,
    t_interval,
)
from harness.findings.words import count

type Word = Literal["better", "worse", "not shown"]

LEVEL = 0.025
"""One-sided level at which a version is called better or worse."""
_PLACES = 4
_SIDES = (attrgetter("two_sided"), attrgetter("worse"), attrgetter("better"))


class Pair(NamedTuple):
    """One check of one suite, with the results of two versions by case."""

    suite: str
    check: str
    before: str
    after: str
    results_before: Mapping[str, CaseResult]
    results_after: Mapping[str, CaseResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """A comparison before it is known how many others there are."""

    pair: Pair
    cases: tuple[str, ...]
    is_score: bool
    differences: tuple[float, ...]
    """One for each unit: a case, or the cases that share a resume or a job."""
    p: PValues
    interval: Interval | None
    flipped: tuple[str, ...]
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two versions compared by one check."""

    suite: str
    check: str
    before: str
    after: str
    cases: int
    word: Word
    p_value: float
    """Two-sided, corrected for all comparisons of the run."""
    difference: float | None
    """Mean of after less before, over units; a rate or a score, from -1 to 1."""
    interval: Interval | None
    says: str
    flipped: tuple[str, ...]
    """Cases that passed before and fail now."""
    fixed: tuple[str, ...]
    """Cases that failed before and pass now."""

    def to_json(self) -> dict[str, Any]:
        """The comparison with the keys of ``Comparison`` in ``report.json``."""
        return {
            "suite": self.suite,
            "check": self.check,
            "before": self.before,
            "after": self.after,
            "cases": self.cases,
            "word": self.word,
            "p_value": round(self.p_value, _PLACES),
            "difference": None if self.difference is None else round(self.difference, _PLACES),
            "interval": None if self.interval is None else [round(end, _PLACES) for end in self.interval],
            "says": self.says,
            "flipped": list(self.flipped),
            "fixed": list(self.fixed),
        }


def compare_all(pairs: Sequence[Pair]) -> list[Compared]:
    """Compare pairs of versions; the words allow for the number of comparisons (Holm).

    A comparison in which so few cases changed that it could show nothing at all is none of the family. That depends on
    how many changed and not on which way, so the level is kept (Tarone 1990, Biometrics 46).

    Raises:
        UsageError: two versions differ, and SciPy is not installed.
    """
    measured = [_measure(pair) for pair in pairs]
    family = [index for index, one in enumerate(measured) if lowest_p(one.differences) <= LEVEL]
    sides = zip(*(adjust([side(measured[index].p) for index in family]) for side in _SIDES), strict=True)
    corrected = dict(zip(family, sides, strict=True))
    lowest = [min(one.p.worse, one.p.better) for one in measured]
    return [
        _conclude(
            one,
            corrected.get(index) or tuple(side(one.p) for side in _SIDES),
            level=level_among([lowest[other] for other in family if other != index], LEVEL),
        )
        for index, one in enumerate(measured)
    ]


def _measure(pair: Pair) -> _Measured:
    known = [
        (case, before, after)
        for case, before in pair.results_before.items()
        if (after := pair.results_after.get(case)) is not None
    ]
    is_score = any(after.scores and before.scores for _, before, after in known)
    values = [
        (case, old, new, after.cluster)
        for case, before, after in known
        if (old := _value(before, is_score)) is not None and (new := _value(after, is_score)) is not None
    ]
    differences = _by_cluster([(cluster, new - old) for _, old, new, cluster in values])
    is_single = all(len(one.passes) == 1 for _, *both in known for one in both)
    is_clustered = len(differences) < len(values)
    p, interval = _test(differences, is_exact=not is_score and is_single and not is_clustered)
    return _Measured(
        pair=pair,
        cases=tuple(case for case, *_ in values),
        is_score=is_score,
        differences=differences,
        p=p,
        interval=interval,
        flipped=tuple(case for case, old, new in known if old.passed is True and new.passed is False),
        fixed=tuple(case for case, old, new in known if old.passed is False and new.passed is True),
    )


def _value(result: CaseResult, is_score: bool) -> float | None:
    return result.score if is_score else result.rate


def _by_cluster(differences: Sequence[tuple[str, float]]) -> tuple[float, ...]:
    clusters: dict[str, list[float]] = {}
    for cluster, difference in differences:
        clusters.setdefault(cluster, []).append(difference)
    return tuple(fmean(one) for one in clusters.values())


def _test(differences: Sequence[float], *, is_exact: bool) -> tuple[PValues, Interval | None]:
    if is_exact:
        lost, gained = (sum(one == sign for one in differences) for sign in (-1, 1))
        interval = bonett_price_interval(worse=lost, better=gained, cases=len(differences)) if differences else None
        return mcnemar(worse=lost, better=gained), interval
    if not any(differences):
        # No test is needed, and no interval can be told from equal numbers.
        return EQUAL, None
    return flip_signs(differences), t_interval(differences)


def _conclude(one: _Measured, p: tuple[float, ...], *, level: float) -> Compared:
    two_sided, worse, better = p
    word: Word = "worse" if worse <= LEVEL else "better" if better <= LEVEL else "not shown"
    pair = one.pair
    return Compared(
        suite=pair.suite,
        check=pair.check,
        before=pair.before,
        after=pair.after,
        cases=len(one.cases),
        word=word,
        p_value=two_sided,
        difference=fmean(one.differences) if one.differences else None,
        interval=one.interval,
        says=_say(one, level),
        flipped=one.flipped,
        fixed=one.fixed,
    )


def _say(one: _Measured, level: float) -> str:
    units = len(one.differences)
    if not units:
        return "No case could be judged with both versions."
    is_clustered = units < len(one.cases)
    noun = count(units, "group of related cases", "groups of related cases") if is_clustered else count(units, "case")
    lower, higher = sum(value < 0 for value in one.differences), sum(value > 0 for value in one.differences)
    return f"{_say_need(noun, units, level)}; {_say_changes(lower, higher)}. {_say_difference(one)}"


def _say_need(noun: str, units: int, level: float) -> str:
    """What it would take at least to show a difference: so many changes, and none the other way."""
    needed = needed_changes(level)
    if needed > units:
        return f"{noun} can show nothing by this test, which needs {needed} that change the same way"
    return f"{needed} of {noun} would have to change the same way"


def _say_changes(lower: int, higher: int) -> str:
    if lower and higher:
        return f"{lower} got worse, {higher} better"
    if not lower and not higher:
        return "none did"
    return f"{lower} did, for the worse" if lower else f"{higher} did, for the better"


def _say_difference(one: _Measured) -> str:
    mean = fmean(one.differences)
    if one.interval is None:
        return f"Difference {_points(mean)}."
    low, high = one.interval
    return f"Difference {_points(mean)}, 95 % interval {100 * low:+.0f} to {100 * high:+.0f}."


def _points(share: float) -> str:
    return f"{100 * share:+.0f} points" if share else "0 points"
