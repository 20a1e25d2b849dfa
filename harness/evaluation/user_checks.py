"""Checks that a project writes itself: ``check(answer, **inputs)``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from harness.errors import SuiteError
from harness.evaluation.checks.wording import scored
from harness.evaluation.result import CheckResult
from harness.suites.importing import import_function

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.evaluation.check import Answered


def make_user_check(
    source: str, *, folder: Path, place: str, min_score: float | None
) -> Callable[[Answered], CheckResult]:
    """Import a function and make a check of it; it gets the answer and those inputs that it has parameters for.

    Raises:
        SuiteError: it cannot be imported, or takes no answer; starts with ``place``.
    """
    function = import_function(source, folder=folder, named_at=f"{place}: python is {source!r}")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise SuiteError(f"{place}: python is {source!r}, whose parameters are not known") from None
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise SuiteError(f"{place}: python is {source!r}, which takes no answer: expected check(answer, **inputs)")
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    names = {parameter.name for parameter in parameters[1:]}

    def run(one: Answered) -> CheckResult:
        inputs = {name: value for name, value in one.inputs.items() if takes_all or name in names}
        return read_result(function(one.text, **inputs), min_score=min_score)

    return run


def read_result(value: Any, *, min_score: float | None) -> CheckResult:
    """Read what a function returned: a bool, a score from 0 to 1, or a `CheckResult`.

    Raises:
        TypeError: it is none of these.
        ValueError: a score is not from 0 to 1.
    """
    if isinstance(value, CheckResult):
        _check_score(value.score)
        if value.passed is not None and not isinstance(value.passed, bool):
            raise TypeError(f"the check's passed is {value.passed!r:.60}, expected true, false or None")
        return value
    if isinstance(value, bool):
        return CheckResult(check="", passed=value, why="the function returned " + ("true" if value else "false"))
    if isinstance(value, int | float):
        _check_score(value)
        return scored(float(value), "scored by the function", min_score=min_score)
    raise TypeError(f"the check returned {value!r:.60}, expected a bool, a score from 0 to 1, or a CheckResult")


def _check_score(score: Any) -> None:
    is_number = isinstance(score, int | float) and not isinstance(score, bool)
    if score is not None and not (is_number and 0 <= score <= 1):
        raise ValueError(f"the check returned {score!r:.60}, expected a score from 0 to 1")
