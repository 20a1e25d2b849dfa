"""The results of a check over the samples of cases, and their summary for one version of a prompt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from harness.evaluation.statistics import Interval, mean, pass_at_k, pass_hat_k, spread, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence


_PLACES = 4
"""Decimal places in a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What one check said about the samples of one case."""

    case: str
    passes: tuple[bool | None, ...]
    """One for each sample; ``None``: the check could not tell."""
    scores: tuple[float | None, ...] = ()
    """One for each sample, from 0 to 1; ``None``, or none at all, if the check gave no score."""
    pass_rate: float = 1.0
    """Share of the samples that must pass."""

    @property
    def told(self) -> tuple[bool, ...]:
        """The samples of which the check could tell whether they pass."""
        return tuple(passed for passed in self.passes if passed is not None)

    @property
    def scored(self) -> tuple[float, ...]:
        """The scores of the samples that have one."""
        return tuple(score for score in self.scores if score is not None)

    @property
    def passed(self) -> bool | None:
        """Whether enough of the samples pass, of those that the check could tell; ``None`` if there are none."""
        return sum(self.told) / len(self.told) >= self.pass_rate if self.told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """What one check said about all cases of one version."""

    check: str
    cases: int
    passed: int
    failed: int
    cannot_tell: int
    mean_score: float | None
    """Mean over the cases of their mean scores."""
    rate: float | None
    """Share of the cases that pass, of those that the check could tell."""
    interval: Interval | None
    """Wilson's 95 % interval of the rate; ``None`` for several samples of a case, which are not independent."""
    k: int | None
    """The k of the next two fields; ``None`` if a case has too few samples."""
    pass_at_k: float | None
    """Chance that at least one of k samples passes: mean over the cases."""
    pass_hat_k: float | None
    """Chance that all of k samples pass: mean over the cases."""
    spread: float | None
    """Standard deviation among samples of the same case, of scores if there are any, otherwise of passes."""

    def to_json(self) -> dict[str, Any]:
        """The row with the keys of ``Quality`` in ``report.json``."""
        data = {
            key: round(value, _PLACES) if isinstance(value, float) else value for key, value in asdict(self).items()
        }
        return {**data, "interval": None if self.interval is None else [round(end, _PLACES) for end in self.interval]}


def sum_up(check: str, results: Sequence[CaseResult], *, k: int | None = None) -> QualityRow:
    """Sum up the results of a check.

    Without ``k``, it is one less than the fewest samples of a case, and at least 2: an estimate for as many
    as were taken is only 0 or 1 for each case.

    Raises:
        UsageError: ``k`` is larger than the number of samples of a case.
    """
    verdicts = [result.passed for result in results if result.passed is not None]
    passed, told = sum(verdicts), len(verdicts)
    k = k or _usual_k(results)
    return QualityRow(
        check=check,
        cases=len(results),
        passed=passed,
        failed=told - passed,
        cannot_tell=len(results) - told,
        mean_score=_mean_over_cases([result.scored for result in results]),
        rate=passed / told if told else None,
        interval=wilson_interval(passed, told) if told and has_one_sample(results) else None,
        k=k,
        pass_at_k=_estimate(results, k, is_all=False),
        pass_hat_k=_estimate(results, k, is_all=True),
        spread=_spread_within(results),
    )


def has_one_sample(results: Sequence[CaseResult]) -> bool:
    """Whether no case has more than one sample."""
    return all(len(result.passes) <= 1 for result in results)


def _usual_k(results: Sequence[CaseResult]) -> int | None:
    fewest = min((len(result.told) for result in results if result.told), default=0)
    return fewest - 1 if fewest > 2 else None


def _estimate(results: Sequence[CaseResult], k: int | None, *, is_all: bool) -> float | None:
    if k is None:
        return None
    estimate = pass_hat_k if is_all else pass_at_k
    return mean([estimate(len(result.told), sum(result.told), k=k) for result in results if result.told])


def _mean_over_cases(values: Sequence[tuple[float, ...]]) -> float | None:
    means = [mean(samples) for samples in values]
    return mean([found for found in means if found is not None])


def _spread_within(results: Sequence[CaseResult]) -> float | None:
    """The root of the mean variance; ``None`` if no case has two samples."""
    has_scores = any(result.scored for result in results)
    spreads = [spread(result.scored if has_scores else result.told) for result in results]
    variance = mean([found**2 for found in spreads if found is not None])
    return None if variance is None else sqrt(variance)
