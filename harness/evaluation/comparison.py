"""Compare two versions of a prompt by what a check said about their answers to the same cases.

The words are "better", "worse" and "not shown": no test shows that two versions are equal.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from operator import attrgetter
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from harness.evaluation.quality import has_one_sample
from harness.evaluation.statistics import (
    EQUAL,
    TINY,
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.evaluation.quality import CaseResult
    from harness.evaluation.statistics import Interval

_SIDES = (attrgetter("worse"), attrgetter("better"), attrgetter("two_sided"))

LEVEL = 0.025
"""Largest adjusted one-sided p-value of a difference that is shown."""

_PLACES = 4
"""Decimal places in a report."""

Word = Literal["better", "worse", "not shown"]

Kind = Literal["passes", "rates", "scores"]
"""What is compared: one verdict a case, shares of passing samples or groups, or scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two versions to compare by one check of one suite."""

    suite: str
    check: str
    before: str
    """Name of the earlier version."""
    after: str
    results_before: tuple[CaseResult, ...]
    results_after: tuple[CaseResult, ...]
    clusters: Mapping[str, str] | None = None
    """The cluster of each case (`harness.evaluation.clusters.clusters`); without it, each case is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How the later version differs from the earlier one."""

    suite: str
    check: str
    before: str
    after: str
    cases: int
    """Cases that both versions answered, and of which the check could tell."""
    units: int
    """Cases, or fewer groups of cases that share a fixture."""
    word: Word
    p_value: float
    """Two-sided, adjusted for all comparisons of the run."""
    p_worse: float
    """One-sided, adjusted: at most 0.025 means "worse"."""
    p_better: float
    """One-sided, adjusted: at most 0.025 means "better"."""
    difference: float | None
    """Later minus earlier rate or mean score, from -1 to 1; ``None`` without cases."""
    interval: Interval | None
    """The 95 % interval of the difference, not adjusted; ``None`` if the units do not tell."""
    says: str
    """One or two sentences."""
    flipped: tuple[str, ...]
    """Cases that passed before and now fail."""
    fixed: tuple[str, ...]
    """Cases that failed before and now pass."""

    def to_json(self) -> dict[str, Any]:
        """The comparison with the keys of ``Comparison`` in ``report.json``."""
        figures = {key: None if value is None else round(value, _PLACES) for key, value in self._figures.items()}
        interval = None if self.interval is None else [round(end, _PLACES) for end in self.interval]
        return {**asdict(self), **figures, "interval": interval}

    @property
    def _figures(self) -> dict[str, float | None]:
        return {
            "p_value": self.p_value,
            "p_worse": self.p_worse,
            "p_better": self.p_better,
            "difference": self.difference,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """A pair before the adjustment for other comparisons."""

    kind: Kind
    cases: int
    before: tuple[float, ...]
    """One value for each unit."""
    after: tuple[float, ...]
    p: PValues
    interval: Interval | None

    @property
    def units(self) -> int:
        return len(self.before)

    @property
    def differences(self) -> tuple[float, ...]:
        return _subtract(self.before, self.after)

    @property
    def lower(self) -> int:
        return sum(value < 0 for value in self.differences)

    @property
    def higher(self) -> int:
        return sum(value > 0 for value in self.differences)


def compare(pair: Pair) -> Compared:
    """Compare two versions, as the only comparison of a run.

    Raises:
        UsageError: results differ, and SciPy is not installed.
    """
    return compare_all([pair])[0]


def compare_all(pairs: Sequence[Pair]) -> tuple[Compared, ...]:
    """Compare versions, one result a pair; p-values are adjusted by Holm's method for all that could show anything.

    A pair in which so few units changed that no signs of the changes could be shown is none of these. How many changed
    does not depend on which way they did, so the level is kept (Tarone, "A modified Bonferroni method for discrete
    data", Biometrics 46 (1990)).

    Raises:
        UsageError: results differ, and SciPy is not installed.
    """
    measured = [_measure(pair) for pair in pairs]
    family = [index for index, found in enumerate(measured) if lowest_p(found.differences) <= LEVEL]
    columns = (adjust([side(measured[index].p) for index in family]) for side in _SIDES)
    adjusted = dict(zip(family, zip(*columns, strict=True), strict=True))
    return tuple(
        _conclude(
            pair,
            found,
            adjusted.get(index) or tuple(side(found.p) for side in _SIDES),
            others=[measured[i].p for i in family if i != index],
        )
        for index, (pair, found) in enumerate(zip(pairs, measured, strict=True))
    )


def _conclude(pair: Pair, found: _Measured, p_values: tuple[float, ...], *, others: Sequence[PValues]) -> Compared:
    worse, better, two_sided = p_values
    word: Word = "worse" if worse <= LEVEL else "better" if better <= LEVEL else "not shown"
    both = _both(pair)
    return Compared(
        suite=pair.suite,
        check=pair.check,
        before=pair.before,
        after=pair.after,
        cases=found.cases,
        units=found.units,
        word=word,
        p_value=two_sided,
        p_worse=worse,
        p_better=better,
        difference=fmean(found.differences) if found.units else None,
        interval=found.interval,
        says=_say(found, word, others),
        flipped=tuple(old.case for old, new in both if old.passed is True and new.passed is False),
        fixed=tuple(old.case for old, new in both if old.passed is False and new.passed is True),
    )


def _measure(pair: Pair) -> _Measured:
    kind, both = _kind_and_cases(pair)
    before, after = _units(pair, kind, both)
    if kind == "passes" and len(before) < len(both):
        kind = "rates"
    differences = _subtract(before, after)
    p, interval = (_test_passes if kind == "passes" else _test_means)(differences)
    return _Measured(kind=kind, cases=len(both), before=before, after=after, p=p, interval=interval)


def _both(pair: Pair) -> list[tuple[CaseResult, CaseResult]]:
    """The results of the cases that both versions answered."""
    after = {result.case: result for result in pair.results_after}
    return [(old, after[old.case]) for old in pair.results_before if old.case in after]


def _kind_and_cases(pair: Pair) -> tuple[Kind, list[tuple[CaseResult, CaseResult]]]:
    """Take scores if all cases that could be told have them: they tell more than passes."""
    told = [(old, new) for old, new in _both(pair) if all(result.told or result.scored for result in (old, new))]
    if told and all(old.scored and new.scored for old, new in told):
        return "scores", told
    told = [(old, new) for old, new in told if old.told and new.told]
    has_samples = not has_one_sample([result for both in told for result in both])
    return ("rates" if has_samples else "passes"), told


def _units(
    pair: Pair, kind: Kind, both: Sequence[tuple[CaseResult, CaseResult]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean of the cases of each unit, before and after."""
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for old, new in both:
        unit = (pair.clusters or {}).get(old.case, old.case)
        groups[unit].append((_value(old, kind), _value(new, kind)))
    before = tuple(fmean(old for old, _ in group) for group in groups.values())
    after = tuple(fmean(new for _, new in group) for group in groups.values())
    return before, after


def _value(result: CaseResult, kind: Kind) -> float:
    return fmean(result.scored if kind == "scores" else result.told)


def _subtract(before: Sequence[float], after: Sequence[float]) -> tuple[float, ...]:
    found = (new - old for old, new in zip(before, after, strict=True))
    return tuple(value if abs(value) > TINY else 0.0 for value in found)


def _test_passes(differences: Sequence[float]) -> tuple[PValues, Interval | None]:
    if not differences:
        return EQUAL, None
    worse, better = sum(value < 0 for value in differences), sum(value > 0 for value in differences)
    interval = bonett_price_interval(worse=worse, better=better, cases=len(differences))
    return mcnemar(worse=worse, better=better), interval


def _test_means(differences: Sequence[float]) -> tuple[PValues, Interval | None]:
    interval = t_interval(differences)
    return flip_signs(differences), interval and (max(-1.0, interval[0]), min(1.0, interval[1]))


def _say(found: _Measured, word: Word, others: Sequence[PValues]) -> str:
    if not found.units:
        return "No case that both versions answered, and of which the check could tell."
    return f"{_say_changes(found, word, others)}. {_say_difference(found)}."


def _say_changes(found: _Measured, word: Word, others: Sequence[PValues]) -> str:
    is_lower = found.lower >= found.higher
    level = level_among([p.worse if is_lower else p.better for p in others], LEVEL)
    needed, counted = needed_changes(level), _counted(found)
    if word != "not shown":
        return f"{counted}: {_changes(found)}"
    if needed > found.units:
        among = f" among {len(others) + 1} comparisons" if others else ""
        return f"{counted} can never show a difference{among} by this test; {_changes(found)}"
    same_way = max(found.lower, found.higher)
    if same_way >= needed:
        return f"{counted}: {_changes(found)}, too mixed to show a difference"
    if found.kind == "passes":
        did = f"{same_way or 'none'} did" + (f" ({_changes(found)})" if same_way else "")
        return f"{counted}: at least {needed} would have to change the same way; {did}"
    return f"{counted}: {_changes(found)}; at least {needed} would have to change the same way"


def _counted(found: _Measured) -> str:
    cases = f"{found.cases} case{'s' * (found.cases != 1)}"
    groups = f" in {found.units} group{'s' * (found.units != 1)}"
    return cases + groups * (found.units < found.cases)


def _changes(found: _Measured) -> str:
    """Such as "2 worse, 0 better", or "mean 0.81 -> 0.65, 7 of 8 lower, 1 higher"."""
    if found.kind == "passes":
        return f"{found.lower} worse, {found.higher} better"
    sides = sorted([(found.lower, "lower"), (found.higher, "higher")], key=lambda side: -side[0])
    (most, way), (fewest, other_way) = sides
    counted = f"{most} of {found.units} {way}" if most else "none changed"
    return f"{_means(found)}, {counted}" + (f", {fewest} {other_way}" if fewest else "")


def _means(found: _Measured) -> str:
    before, after = fmean(found.before), fmean(found.after)
    if found.kind == "scores":
        return f"mean {before:.2f} -> {after:.2f}"
    return f"pass rate {100 * before:.0f} % -> {100 * after:.0f} %"


def _say_difference(found: _Measured) -> str:
    difference = _signed(fmean(found.differences), found.kind)
    unit = "" if found.kind == "scores" else " points"
    if found.interval is None:
        why = "all changed alike" if found.units > 1 else "it takes two"
        return f"Difference {difference}{unit}, no interval ({why})"
    low, high = (_signed(bound, found.kind) for bound in found.interval)
    return f"Difference {difference}{unit}, interval {low} to {high}"


def _signed(value: float, kind: Kind) -> str:
    """A difference of scores with two significant digits, of rates in points; zero without a sign."""
    text = f"{round(value, 4):+.2g}" if kind == "scores" else f"{100 * value:+.0f}"
    return "0" if float(text) == 0 else text
