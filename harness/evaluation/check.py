"""A check of an answer: its name, what it does, and how many samples of a case have to pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.evaluation.result import CheckResult
from harness.findings.words import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.calls.call import Call

_LONGEST = 400
"""Characters of a sentence that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, with what it was made from."""

    text: str
    inputs: Mapping[str, Any]
    """Inputs of the case, fixtures included."""
    count_tokens: Callable[[str], int]
    """Counts the tokens of a text as the model of the answer does."""
    ask: Callable[[dict[str, Any]], Call] | None = None
    """Sends a request of a judge through the session of the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a suite."""

    name: str
    kind: str
    run: Callable[[Answered], CheckResult]
    pass_rate: float = 1.0
    """Share of a case's samples that have to pass."""

    def evaluate(self, answered: Answered) -> CheckResult:
        """Check an answer; if the check itself fails, it cannot tell."""
        try:
            result = self.run(answered)
            return replace(result, check=self.name, why=_one_line(result.why), place=_one_line(result.place))
        # A check may be anyone's code, and a prompt does not fail for it.
        except Exception as error:  # noqa: BLE001
            said = f"raised {type(error).__name__}: {error}"
            return CheckResult(check=self.name, passed=None, is_broken=True, why=_one_line(said))


def _one_line(text: str) -> str:
    """A sentence of anyone's code as one short line that every output can show."""
    line = printable(" ".join(str(text).split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
