"""Check the answers of a case: which answers are its samples, and what each check says of them together."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Self

from harness.calls.answer import answer_text
from harness.evaluation.check import Answered, Check
from harness.evaluation.quality import CaseResult
from harness.evaluation.result import CheckResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.calls.call import Call
    from harness.suites.model import Case

    type Ask = Callable[[dict[str, Any]], Call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One answer of a case, with the inputs that it was made from."""

    call: Call
    inputs: Mapping[str, Any]

    def make_answered(self, ask: Ask | None) -> Answered:
        """Make what the checks get; ``ask`` sends the requests of judges."""
        model, reader = self.call.prompt.model, self.call.reader
        return Answered(
            text=answer_text(self.call.answer),
            inputs=self.inputs,
            count_tokens=lambda text: reader.count_text(text, model.generation.tokenizer),
            ask=ask,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCheck:
    """One check of one case, with its result for each sample."""

    name: str
    kind: str
    pass_rate: float
    """Share of the samples that have to pass."""
    results: tuple[CheckResult, ...]

    @property
    def told(self) -> int:
        """Samples of which the check could tell whether they pass."""
        return sum(result.passed is not None for result in self.results)

    @property
    def passed_samples(self) -> int:
        """Samples that pass."""
        return sum(result.passed is True for result in self.results)

    @property
    def passed(self) -> bool | None:
        """Whether enough samples pass; ``None`` if that of none is known."""
        return self.result_of("").passed

    @property
    def is_broken(self) -> bool:
        """Whether the check itself failed for any sample."""
        return any(result.is_broken for result in self.results)

    @property
    def score(self) -> float | None:
        """Mean score of the samples that have one."""
        scores = [result.score for result in self.results if result.score is not None]
        return fmean(scores) if scores else None

    @property
    def decisive(self) -> CheckResult:
        """The result that explains the whole: of the first sample that failed, else that could not be told."""
        order = (False, None, True)
        return min(self.results, key=lambda result: order.index(result.passed))

    @property
    def why(self) -> str:
        """One sentence: that of the only sample, or how many passed and why the first one failed."""
        first = self.decisive
        if len(self.results) == 1:
            return first.why
        number = self.results.index(first) + 1
        return f"{self.passed_samples} of {len(self.results)} samples pass; sample {number}: {first.why}"

    def result_of(self, case: str) -> CaseResult:
        """The results of all samples, to sum up the cases of a version."""
        return CaseResult(
            case=case,
            passes=tuple(result.passed for result in self.results),
            scores=tuple(result.score for result in self.results),
            pass_rate=self.pass_rate,
        )

    def to_json(self) -> dict[str, Any]:
        """The check as JSON, for the end of the run."""
        return {
            "name": self.name,
            "kind": self.kind,
            "pass_rate": self.pass_rate,
            "results": [result.to_json() for result in self.results],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Restore a check from the return value of `to_json`."""
        return cls(**{**data, "results": tuple(map(CheckResult.from_json, data["results"]))})


def list_samples(case: Case, rounds: Sequence[Sequence[Call]]) -> list[Sample]:
    """The answers of a case that are checked: the last call of each round, of equal rounds only that of the first.

    The second of two equal rounds proves a cache hit. An answer that has the id of an earlier one came from some
    cache in between, and is no sample.
    """
    if case.plan.kind == "repeat":
        rounds = rounds[:1]
    found: dict[str, Sample] = {}
    for number, calls in enumerate(rounds):
        call = calls[-1]
        found.setdefault(call.answer.id or f"#{number}", Sample(call=call, inputs=case.round_inputs(number)))
    return list(found.values())


def check_case(checks: Sequence[Check], samples: Sequence[Sample], ask: Ask | None = None) -> list[CaseCheck]:
    """Check all samples of a case; ``ask`` sends the requests of judges."""
    answers = [sample.make_answered(ask) for sample in samples]
    return [
        CaseCheck(
            name=check.name,
            kind=check.kind,
            pass_rate=check.pass_rate,
            results=tuple(check.evaluate(answer) for answer in answers),
        )
        for check in checks
    ]
