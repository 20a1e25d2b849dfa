"""Wording of results: shortened quotes, lines, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.evaluation.result import CheckResult
from harness.findings.words import and_more, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 60
_MOST = 5


def quote(value: object) -> str:
    """A value as it would stand in code, on one line and shortened."""
    text = printable(repr(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def quotes(values: Sequence[object]) -> str:
    """Values in a list: the first few, and the number of the others."""
    return ", ".join(map(quote, values[:_MOST])) + and_more(len(values) - _MOST)


def line_at(text: str, offset: int) -> str:
    """The line of a place in a text: ``line 12``."""
    return f"line {text.count(chr(10), 0, offset) + 1}"


def passes(why: str, *, score: float | None = None, place: str = "") -> CheckResult:
    """A check that passed."""
    return CheckResult(check="", passed=True, score=score, why=why, place=place)


def fails(why: str, *, score: float | None = None, place: str = "") -> CheckResult:
    """A check that failed."""
    return CheckResult(check="", passed=False, score=score, why=why, place=place)


def scored(score: float, why: str, *, min_score: float | None, place: str = "") -> CheckResult:
    """The result of a check that scores: without a lowest score, it passes whatever the score is."""
    passed = min_score is None or score >= min_score
    wanted = "" if min_score is None else f", at least {min_score:g} wanted"
    return CheckResult(check="", passed=passed, score=score, why=f"{why} (score {score:.2f}{wanted})", place=place)
