"""Tests of two versions on the same cases, and intervals. SciPy does the tests; it is imported when one is needed.

Bootstraps are not used: at 8 cases they call 9 to 12 % of equal versions different at a nominal 5 %, and an exact test
at most 5 %.
"""

from __future__ import annotations

import math
from itertools import accumulate
from math import comb
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)

EXACT = 14
"""Most units whose signs are all tried; for more, signs are drawn."""
_DRAWS = 9_999
_SEED = 20_261_125
_PLACES = 12
"""Decimal places of a difference, so that sums of equal numbers are equal whatever their order."""

type Interval = tuple[float, float]


class PValues(NamedTuple):
    """How likely a result as extreme is, if the versions are equal: one-sided, each way."""

    worse: float
    """As low, or lower."""
    better: float
    """As high, or higher."""

    @property
    def two_sided(self) -> float:
        """As far from equal, either way."""
        return min(1.0, 2 * min(self))


EQUAL = PValues(1.0, 1.0)


def mcnemar(lost: int, gained: int) -> PValues:
    """Exact McNemar's test of cases that changed: ``lost`` passed before and fail now, ``gained`` the other way round.

    Raises:
        UsageError: SciPy is not installed.
    """
    if not lost + gained:
        return EQUAL
    test = _scipy().binomtest
    return PValues(*(float(test(gained, lost + gained, 0.5, side).pvalue) for side in ("less", "greater")))


def sign_flip(differences: Sequence[float]) -> PValues:
    """Permutation test of paired differences, one for each independent unit: all signs, or 9,999 seeded draws.

    Raises:
        UsageError: SciPy is not installed.
    """
    rounded = [round(one, _PLACES) for one in differences]
    if not any(rounded):
        return EQUAL
    is_exact = len(rounded) <= EXACT
    found = _scipy().permutation_test(
        (rounded,),
        lambda one, axis: one.sum(axis=axis).round(_PLACES),
        permutation_type="samples",
        vectorized=True,
        n_resamples=math.inf if is_exact else _DRAWS,
        alternative="less",
        rng=_SEED,
    )
    as_high = int((found.null_distribution >= found.statistic).sum())
    total = len(found.null_distribution)
    # As SciPy does, the result itself counts among those that are drawn.
    better = as_high / total if is_exact else (as_high + 1) / (total + 1)
    return PValues(float(found.pvalue), better)


def lowest_p(differences: Sequence[float]) -> float:
    """The lowest one-sided p value that these differences could give, whatever their signs."""
    changed = sum(round(one, _PLACES) != 0 for one in differences)
    return max(0.5**changed, 1 / (_DRAWS + 1) if len(differences) > EXACT else 0.0)


def bonett_price(lost: int, gained: int, cases: int) -> Interval:
    """95 % interval of the difference of two paired rates, in shares: after less before.

    Source: Bonett and Price (2012), Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data, Journal of Educational and Behavioral Statistics 37(4).
    """
    low, high = (lost + 1) / (cases + 2), (gained + 1) / (cases + 2)
    error = _Z * math.sqrt((low + high - (high - low) ** 2) / (cases + 2))
    return max(-1.0, high - low - error), min(1.0, high - low + error)


def t_interval(values: Sequence[float]) -> Interval | None:
    """95 % interval of a mean by Student's t; ``None`` for fewer than two values.

    Raises:
        UsageError: SciPy is not installed.
    """
    if len(values) < 2:
        return None
    mean, spread = fmean(values), stdev(values)
    if not spread:
        return mean, mean
    reach = float(_scipy().t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * spread / math.sqrt(len(values))
    return mean - reach, mean + reach


def wilson(passed: int, cases: int) -> Interval | None:
    """95 % interval of a rate by Wilson's score; ``None`` without cases."""
    if not cases:
        return None
    rate, square = passed / cases, _Z**2 / cases
    middle = (rate + square / 2) / (1 + square)
    reach = _Z / (1 + square) * math.sqrt(rate * (1 - rate) / cases + square / (4 * cases))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values of a family of tests after Holm's correction, in the same order."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    raised = [min(1.0, p_values[index] * (len(order) - rank)) for rank, index in enumerate(order)]
    adjusted = dict(zip(order, accumulate(raised, max), strict=True))
    return [adjusted[index] for index in range(len(order))]


def pass_at_k(samples: int, passed: int, k: int) -> float | None:
    """Chance that at least one of ``k`` answers passes, unbiased; ``None`` for fewer than ``k`` samples.

    Source: Chen et al. (2021), Evaluating Large Language Models Trained on Code, arXiv 2107.03374.
    """
    return None if samples < k else 1 - comb(samples - passed, k) / comb(samples, k)


def pass_hat_k(samples: int, passed: int, k: int) -> float | None:
    """Chance that all of ``k`` answers pass (pass^k), unbiased; ``None`` for fewer than ``k`` samples.

    Source: Yao et al. (2024), tau-bench, arXiv 2406.12045.
    """
    return None if samples < k else comb(passed, k) / comb(samples, k)


def fewest_changes(cases: int, level: float) -> int | None:
    """The fewest cases that have to change the same way, none the other, to be shown at a one-sided level."""
    needed = math.ceil(-math.log2(level) - 1e-9)
    return needed if needed <= cases else None


def _scipy() -> Any:
    try:
        from scipy import stats
    except ImportError:
        raise UsageError(
            "comparing prompt versions needs SciPy", hint='pip install "prompt-cache-harness[stats]"'
        ) from None
    return stats
