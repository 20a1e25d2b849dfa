"""Simulated results of two versions on the same cases, equal or with a planted loss."""

from collections.abc import Callable, Sequence
from random import Random

from harness.evaluation.comparison import Pair
from harness.evaluation.quality import CaseResult

EASE = 0.8
"""Mean chance that an answer passes; cases differ around it."""

THRESHOLD = 0.6

Results = tuple[tuple[CaseResult, ...], tuple[CaseResult, ...]]
Draw = Callable[[Random, int, float], Results]
"""From a source of randomness, a number of cases and the share that the later version loses."""


def verdict(number: int, *passes: bool | None) -> CaseResult:
    """The result of a check that does not score."""
    return CaseResult(case=f"case {number}", passes=passes)


def scored(number: int, score: float) -> CaseResult:
    """The result of a check that scores one sample."""
    return CaseResult(case=f"case {number}", passes=(score >= THRESHOLD,), scores=(score,))


def pair_of(results: Results, *, check: str = "check", clusters: dict[str, str] | None = None) -> Pair:
    """The two versions v1 and v2 of a suite."""
    before, after = results
    return Pair(
        suite="suite",
        check=check,
        before="v1",
        after="v2",
        results_before=before,
        results_after=after,
        clusters=clusters,
    )


def of_passes(before: Sequence[bool], after: Sequence[bool]) -> Results:
    """One sample a case."""
    return tuple(verdict(n, passed) for n, passed in enumerate(before)), tuple(
        verdict(n, passed) for n, passed in enumerate(after)
    )


def of_scores(before: Sequence[float], after: Sequence[float]) -> Results:
    """One score a case."""
    return tuple(scored(n, score) for n, score in enumerate(before)), tuple(
        scored(n, score) for n, score in enumerate(after)
    )


def draw_passes(random: Random, cases: int, drop: float) -> Results:
    """Pass or fail, one sample a case; each case is as hard for both versions."""
    eases = [_ease(random) for _ in range(cases)]
    return of_passes(
        [random.random() < ease for ease in eases], [random.random() < ease * (1 - drop) for ease in eases]
    )


def draw_scores(random: Random, cases: int, drop: float) -> Results:
    """Scores that differ a little with every answer."""
    levels = [random.uniform(0.5, 0.95) for _ in range(cases)]
    return of_scores(
        [_within(random.gauss(level, 0.08)) for level in levels],
        [_within(random.gauss(level * (1 - drop), 0.08)) for level in levels],
    )


def draw_mostly_equal_scores(random: Random, cases: int, drop: float) -> Results:
    """Scores of which about 70 % are equal in both versions, but for the loss."""
    before, after = draw_scores(random, cases, 0)
    chosen = [old if random.random() < 0.7 else new for old, new in zip(before, after, strict=True)]
    return of_scores([result.scored[0] for result in before], [result.scored[0] * (1 - drop) for result in chosen])


def draw_samples(random: Random, cases: int, drop: float) -> Results:
    """Pass or fail, five samples a case; each version is good at other cases."""
    eases = [_ease(random) for _ in range(cases)]
    before = [_within(random.gauss(ease, 0.15)) for ease in eases]
    after = [_within(random.gauss(ease, 0.15)) * (1 - drop) for ease in eases]
    return _five(random, before), _five(random, after)


def _five(random: Random, eases: Sequence[float]) -> tuple[CaseResult, ...]:
    return tuple(verdict(n, *(random.random() < ease for _ in range(5))) for n, ease in enumerate(eases))


def _ease(random: Random) -> float:
    return random.betavariate(4 * EASE, 4 * (1 - EASE))


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))
