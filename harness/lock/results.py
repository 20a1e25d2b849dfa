"""What the checks of a case said about its answers when they were accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from harness.lock.values import check_count, check_list

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACES = 4
"""Decimal places of a score, so that a rounding error is no change."""


class LockedResult(NamedTuple):
    """The results of one check of one case, over its samples."""

    passed: int
    """Samples that passed."""
    told: int
    """Samples of which the check could tell whether they pass."""
    score: float | None = None
    """Mean score, from 0 to 1, for a check that scores."""

    @classmethod
    def of(cls, passed: int, told: int, score: float | None) -> Self:
        """Make the record of a check, with its score rounded."""
        return cls(passed, told, None if score is None else round(score, _PLACES))

    @property
    def is_passed(self) -> bool:
        """Whether every sample passed."""
        return self.told > 0 and self.passed == self.told

    def __str__(self) -> str:
        said = "cannot tell" if not self.told else "passed" if self.is_passed else "failed"
        if self.told > 1:
            said = f"{self.passed} of {self.told} samples passed"
        return said if self.score is None else f"{said} ({self.score:.2f})"


def read_results(value: Any) -> dict[str, LockedResult]:
    """Read the results of all checks of a case, by name.

    Raises:
        ValueError: the value has another form.
    """
    if not isinstance(value, dict):
        raise ValueError(f"checks is {value!r:.60}, expected an object")
    return {name: _read(row, name) for name, row in value.items()}


def find_flipped(
    before: Mapping[str, LockedResult], after: Mapping[str, LockedResult]
) -> list[tuple[str, LockedResult, LockedResult]]:
    """List the checks that passed and do not any more, or the other way round, with both results."""
    both = [(name, before[name], after[name]) for name in before if name in after]
    return [(name, old, new) for name, old, new in both if old.is_passed != new.is_passed and old.told and new.told]


def _read(row: Any, name: str) -> LockedResult:
    values = check_list(row, "the result of a check")
    if len(values) != 3:
        raise ValueError(f"the check {name!r:.60} has {len(values)} values, expected 3")
    passed, told, score = values
    check_count(passed, "passed samples")
    if check_count(told, "samples") < passed:
        raise ValueError(f"{passed} of {told} samples of the check {name!r:.60} passed")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1):
        raise ValueError(f"score is {score!r:.60}, expected a number from 0 to 1, or null")
    return LockedResult(passed, told, None if score is None else float(score))
