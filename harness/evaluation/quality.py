"""The results of a check over the cases of a version: rates, scores, intervals, pass@k."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from harness.evaluation.statistics import pass_at_k, pass_hat_k, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.evaluation.cases import CaseCheck
    from harness.evaluation.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case with one check."""

    case: str
    cluster: str
    """Cases of one cluster are one unit of a comparison."""
    passes: tuple[bool, ...]
    """Of the samples of which the check could tell."""
    scores: tuple[float, ...]
    """Of the samples that have one."""
    passed: bool | None
    """Whether enough samples pass; ``None`` if that of none is known."""

    @property
    def rate(self) -> float | None:
        """Share of the samples that pass."""
        return fmean(self.passes) if self.passes else None

    @property
    def score(self) -> float | None:
        """Mean score of the samples."""
        return fmean(self.scores) if self.scores else None


def make_result(case: str, cluster: str, check: CaseCheck) -> CaseResult:
    """Make the result of a case from a check of its answers."""
    return CaseResult(
        case=case,
        cluster=cluster,
        passes=tuple(one.passed for one in check.results if one.passed is not None),
        scores=tuple(one.score for one in check.results if one.score is not None),
        passed=check.passed,
    )


def sum_up(check: str, results: Sequence[CaseResult]) -> dict[str, Any]:
    """Sum up a check over the cases of a version, with the keys of ``Quality`` in ``report.json``."""
    told = [one.passed for one in results if one.passed is not None]
    scores = [score for one in results if (score := one.score) is not None]
    most = max((len(one.passes) for one in results), default=0)
    is_single = most <= 1
    return {
        "check": check,
        "cases": len(results),
        "passed": sum(told),
        "failed": len(told) - sum(told),
        "cannot_tell": len(results) - len(told),
        "mean_score": _round(fmean(scores)) if scores else None,
        "rate": _round(fmean(told)) if told else None,
        "interval": _interval(wilson_interval(sum(told), len(told))) if is_single and told else None,
        "samples": most,
        "spread": _round(_mean(stdev(one.scores) for one in results if len(one.scores) > 1)),
        "pass_at": [] if is_single else [_pass_at(k, results) for k in _list_k(most)],
    }


def _list_k(most: int) -> list[int]:
    """The numbers of answers for which pass@k is told: fewer than there are samples, where it says something."""
    return [k for k in (1, 2, 3, 5, 10, 20) if k < most]


def _pass_at(k: int, results: Sequence[CaseResult]) -> dict[str, Any]:
    counted = [(len(one.passes), sum(one.passes)) for one in results if len(one.passes) >= k]
    return {
        "k": k,
        "any": _round(_mean(pass_at_k(*pair, k=k) for pair in counted)),
        "all": _round(_mean(pass_hat_k(*pair, k=k) for pair in counted)),
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _interval(ends: Interval | None) -> list[float] | None:
    return None if ends is None else [round(end, 4) for end in ends]
