"""Read the cases of a suite: their inputs, with fixtures loaded, and the plans of their rounds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.files.yaml_text import YamlPlace
from harness.suites.fixtures import load_fixture
from harness.suites.model import Case, CheckEntries, SuiteEntry
from harness.suites.yaml_lines import line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReader:
    """Reads the cases of one suite."""

    path: Path
    """Of the suite file."""
    suite: str
    entry: SuiteEntry
    lines: dict[YamlPlace, int]
    root: Path | None
    """The folder that fixtures must be in; ``None`` for any."""

    def read_all(self) -> tuple[Case, ...]:
        """All cases, in the order of the file.

        Raises:
            SuiteError: a fixture is unreadable, or a plan is invalid; starts with ``path:line:``.
        """
        self._check_plans()
        return tuple(self._read(case) for case in self.entry.cases)

    def _check_plans(self) -> None:
        if self.entry.plan is not None and self.entry.samples is not None:
            raise self._error("has a plan and samples, expected one of them", "samples")
        for case in self.entry.case_plans:
            if case not in self.entry.cases:
                raise self._error(f"has a plan for the case {case!r}, but no such case", "case_plans", case)

    def _read(self, name: str) -> Case:
        """Read one case; in a plan of questions, each round has the case's inputs and its own."""
        inputs = dict(self.entry.cases[name])
        checks = self._checks(inputs.pop("checks", None), name)
        planned = self.entry.plan_of(name)
        own = self._read_rounds(name, inputs.pop("rounds", None)) if planned.kind == "questions" else []
        shared = self._load(inputs, "cases", name)
        questions = tuple(
            {**shared, **self._load(inputs, "cases", name, "rounds", number)} for number, inputs in enumerate(own)
        )
        return Case(
            name=name,
            line=self._line("cases", name),
            inputs=questions[0] if questions else shared,
            questions=questions,
            plan=planned.make_plan(questions=len(questions)),
            checks=checks,
            fixtures={key: str(inputs[key]) for key in self.entry.fixtures if key in inputs},
        )

    def _checks(self, entries: Any, case: str) -> CheckEntries | None:
        if entries is None:
            return None
        place = ("suites", self.suite, "cases", case, "checks")
        return CheckEntries(entries=entries, path=self.path, lines=self.lines, at=place, root=self.root)

    def _read_rounds(self, case: str, rounds: Any) -> list[dict[str, Any]]:
        """The inputs that belong to single rounds of a case, one set per round."""
        if isinstance(rounds, list) and len(rounds) > 1 and all(isinstance(own, dict) for own in rounds):
            return rounds
        raise self._error(
            f"asks questions in the case {case!r}, which needs rounds: a list of two or more sets of inputs",
            "cases", case, "rounds",
        )  # fmt: skip

    def _load(self, inputs: dict[str, Any], *place: str | int) -> dict[str, Any]:
        """Replace the names of fixtures in inputs by their content."""
        return {key: self._load_input(key, value, *place) for key, value in inputs.items()}

    def _load_input(self, key: str, value: Any, *place: str | int) -> Any:
        if key not in self.entry.fixtures:
            return value
        file = self.path.parent / self.entry.fixtures[key] / f"{value}.json"
        return load_fixture(file, f"{self.path}:{self._line(*place, key)}", self.root)

    def _error(self, problem: str, *place: str | int) -> SuiteError:
        return SuiteError(f"{self.path}:{self._line(*place)}: suite {self.suite!r} {problem}")

    def _line(self, *place: str | int) -> int:
        return line_of(self.lines, ("suites", self.suite, *place))
