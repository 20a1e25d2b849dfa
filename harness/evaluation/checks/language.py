"""A check of the language of an answer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.evaluation.checks.wording import fails, passes
from harness.evaluation.result import CheckResult

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORTEST = 20
"""Letters below which a text is too short to tell its language."""
_LONGEST = 20_000
"""Characters of an answer that are looked at."""


def language(answer: str, expected: str | Sequence[str]) -> CheckResult:
    """Check that the answer is written in a language, given as a code of ISO 639-1, or in one of several.

    Raises:
        UsageError: py3langid is not installed, or does not know a code.
    """
    wanted = [expected] if isinstance(expected, str) else list(expected)
    check_codes(wanted)
    text = answer[:_LONGEST]
    if sum(char.isalpha() for char in text) < _SHORTEST:
        return CheckResult(check="", passed=None, why="too short to tell its language")
    found, _ = _identifier().classify(text)
    names = " or ".join(wanted)
    return passes(f"written in {found}") if found in wanted else fails(f"written in {found}, expected {names}")


def check_codes(codes: Sequence[str]) -> None:
    """Check that languages are known.

    Raises:
        UsageError: py3langid is not installed, or does not know a code.
    """
    known = set(map(str, _identifier().labels))
    for code in codes:
        if code not in known:
            raise UsageError(f"{code!r} is not the code of a known language, such as en or de")


@cache
def _identifier() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise UsageError(
            "a check of the language needs py3langid", hint='pip install "prompt-cache-harness[evaluation]"'
        ) from None
    return LanguageIdentifier.from_model_file(MODEL_FILE)
