"""Tests and intervals for paired results, exact for the few cases that a suite has.

SciPy does the tests and is imported by the functions that need it; the rest is a few lines each.
All functions are pure: equal arguments give equal results, also where signs are drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT_UNITS = 14
"""Most units that differ for which all assignments of signs are tried."""

DRAWS = 9_999
"""Number of random assignments of signs for more units than that."""

_SEED = 20_251_125

TINY = 1e-9
"""Differences below it are errors of rounding: scores lie between 0 and 1."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PValues:
    """The p-values of a test of paired results, before any adjustment."""

    worse: float
    """One-sided: for a later version that is worse."""
    better: float
    """One-sided: for a later version that is better."""

    @property
    def two_sided(self) -> float:
        """For a difference in either direction."""
        return min(1.0, 2 * min(self.worse, self.better))


EQUAL = PValues(worse=1.0, better=1.0)
"""The p-values of results that are all equal, for which no test is needed."""


def mcnemar(*, worse: int, better: int) -> PValues:
    """Test whether as many cases got better as worse: the exact McNemar test.

    Raises:
        UsageError: SciPy is not installed.
    """
    changed = worse + better
    if not changed:
        return EQUAL
    test = _scipy_stats().binomtest
    return PValues(
        worse=float(test(worse, changed, alternative="greater").pvalue),
        better=float(test(better, changed, alternative="greater").pvalue),
    )


def flip_signs(differences: Sequence[float]) -> PValues:
    """Test whether differences are as likely negative (worse) as positive: the sign-flip permutation test.

    Units that do not differ say nothing and are left out, which changes no p-value. Sums that are equal
    but for rounding count as equal, so the result for few units is exact.

    Raises:
        UsageError: SciPy is not installed.
    """
    # Sorted, so that random signs do not depend on the order of the cases.
    kept = sorted(value for value in differences if abs(value) > TINY)
    if not kept:
        return EQUAL
    is_exact = len(kept) <= EXACT_UNITS
    sums = _scipy_stats().permutation_test(
        # SciPy refuses a single observation; a zero beside it changes no p-value.
        (kept if len(kept) > 1 else [*kept, 0.0],),
        _sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**EXACT_UNITS if is_exact else DRAWS,
        rng=_SEED,
    )
    null, observed = sums.null_distribution, sums.statistic
    # The observed signs are one of all assignments, but not among those that were drawn.
    extra = 0 if is_exact else 1
    return PValues(
        worse=(int((null <= observed + TINY).sum()) + extra) / (len(null) + extra),
        better=(int((null >= observed - TINY).sum()) + extra) / (len(null) + extra),
    )


def lowest_p(differences: Sequence[float]) -> float:
    """The lowest one-sided p-value that differences could give, whatever their signs."""
    changed = sum(abs(value) > TINY for value in differences)
    return 0.5**changed if changed <= EXACT_UNITS else 1 / (DRAWS + 1)


def adjust(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust the p-values of several tests by Holm's method: one for each, in the same order."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def level_among(others: Sequence[float], level: float) -> float:
    """The level at which Holm's method tests one more p-value beside others: a p-value up to it is shown.

    It is the level divided by the number of tests, less those of the others that are shown themselves.
    """
    tests = len(others) + 1
    for place, p_value in enumerate(sorted(others)):
        if p_value * (tests - place) > level:
            return level / (tests - place)
    return level


def needed_changes(level: float) -> int:
    """Fewest changes, all the same way, whose one-sided p-value is at most the level."""
    changes = 1
    while 0.5**changes > level:
        changes += 1
    return changes


def wilson_interval(passed: int, cases: int, *, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a rate."""
    if not cases:
        return 0.0, 1.0
    z = _normal_quantile(confidence)
    rate, scale = passed / cases, 1 + z**2 / cases
    center = (rate + z**2 / (2 * cases)) / scale
    half = z / scale * sqrt(rate * (1 - rate) / cases + z**2 / (4 * cases**2))
    # At none and at all, rounding would leave a bound such as 1e-17.
    return (max(0.0, center - half) if passed else 0.0), (min(1.0, center + half) if passed < cases else 1.0)


def bonett_price_interval(*, worse: int, better: int, cases: int, confidence: float = 0.95) -> Interval:
    """Bonett and Price's interval of the difference of two rates on the same cases, between -1 and 1.

    Source: Bonett and Price, "Adjusted Wald confidence interval for a difference of binomial proportions
    based on paired data", Journal of Educational and Behavioral Statistics 37 (2012).
    """
    lost, gained = (worse + 1) / (cases + 2), (better + 1) / (cases + 2)
    half = _normal_quantile(confidence) * sqrt((lost + gained - (gained - lost) ** 2) / (cases + 2))
    return max(-1.0, gained - lost - half), min(1.0, gained - lost + half)


def t_interval(differences: Sequence[float], *, confidence: float = 0.95) -> Interval | None:
    """The t interval of the mean of differences; ``None`` if they do not vary, and so do not tell.

    Raises:
        UsageError: SciPy is not installed.
    """
    if len(differences) < 2 or max(differences) - min(differences) <= TINY:
        return None
    found = _scipy_stats().ttest_1samp(differences, 0).confidence_interval(confidence)
    return float(found.low), float(found.high)


def pass_at_k(samples: int, passed: int, *, k: int) -> float:
    """Estimate without bias the chance that at least one of k samples passes.

    Source: Chen et al., "Evaluating Large Language Models Trained on Code", https://arxiv.org/abs/2107.03374
    (checked 2026-11-25).
    """
    _check_k(samples, k)
    return 1 - comb(samples - passed, k) / comb(samples, k)


def pass_hat_k(samples: int, passed: int, *, k: int) -> float:
    """Estimate without bias the chance that all of k samples pass."""
    _check_k(samples, k)
    return comb(passed, k) / comb(samples, k)


def mean(values: Sequence[float]) -> float | None:
    """The mean; ``None`` of nothing."""
    return fmean(values) if values else None


def spread(values: Sequence[float]) -> float | None:
    """The sample standard deviation; ``None`` of fewer than two values."""
    return stdev(values) if len(values) > 1 else None


def _check_k(samples: int, k: int) -> None:
    if not 1 <= k <= samples:
        raise UsageError(f"k is {k}, expected 1 to {samples}, the number of samples", hint="take more samples")


def _normal_quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _sum(values: Any, axis: int) -> Any:
    return values.sum(axis=axis)


def _scipy_stats() -> Any:
    try:
        from scipy import stats
    except ImportError:
        hint = 'pip install "prompt-cache-harness[stats]"'
        raise UsageError("comparing versions needs SciPy", hint=hint) from None
    return stats
