"""The records of a suite: the call to make, versions of its prompt, and cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from harness.files.yaml_text import YamlPlace
from harness.suites.gate import GateEntry
from harness.suites.plan import TWO_EQUAL_ROUNDS, Plan, PlanKind
from harness.suites.traffic import TrafficEntry
from harness.suites.yaml_lines import line_of

ClientKind = Literal["claude", "anthropic", "http"]
"""The client that a suite's function gets: ``ClaudeClient``, ``anthropic.Anthropic``, or none, as it has its own."""

Determinism = Literal["off", "fields", "full"]
"""How a suite's requests are rebuilt: not at all, with other inputs, or under other conditions too."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Part of a test id and of a file name: letters, digits, dot, dash, underscore."""

Reason = Annotated[str, StringConstraints(pattern=r"\S")]
"""Why something is accepted; not empty."""

Rounds = Annotated[int, Field(ge=1, strict=True)]
"""A number of rounds; whether one is enough depends on the plan."""


class PromptEntry(BaseModel):
    """One prompt version in ``suite.yaml``."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    model: str | None = None
    cache_bust: Reason | None = None


class PlanEntry(BaseModel):
    """The plan of a case in ``suite.yaml``: a kind alone, or a kind with its number of rounds."""

    model_config = ConfigDict(extra="forbid")

    kind: PlanKind = "repeat"
    rounds: Rounds | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_kind(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_rounds(self) -> Self:
        if self.kind == "questions" and self.rounds is not None:
            raise ValueError("the rounds of a plan of questions belong in each case")
        if self.kind == "samples" and self.rounds is None:
            raise ValueError("samples need a number of rounds")
        if self.kind != "conversation" and self.rounds == 1:
            raise ValueError(f"one round cannot read what another wrote: {self.kind} needs two or more")
        return self

    def make_plan(self, *, questions: int = 0) -> Plan:
        """Make the plan of a case; ``questions`` is its number of questions, for a plan of that kind."""
        if self.kind == "questions":
            return Plan(kind=self.kind, rounds=questions)
        return Plan(kind=self.kind, rounds=self.rounds or (1 if self.kind == "conversation" else 2))


class SuiteEntry(BaseModel):
    """One suite in ``suite.yaml``."""

    model_config = ConfigDict(extra="forbid")

    call: str | None = None
    build: str | None = None
    client: ClientKind = "claude"
    determinism: Determinism = "fields"
    plan: PlanEntry | None = None
    samples: Annotated[int, Field(ge=2, strict=True)] | None = None
    case_plans: dict[str, PlanEntry] = {}
    traffic: TrafficEntry | None = None
    checks: Any = None
    judge_repeats: Annotated[int, Field(ge=1, le=100, strict=True)] = 1
    gate: GateEntry | None = None
    prompts: dict[Name, PromptEntry]
    fixtures: dict[str, str] = {}
    cases: dict[Name, dict[str, Any]]

    @field_validator("determinism", mode="before")
    @classmethod
    def _read_off(cls, value: Any) -> Any:
        # YAML reads a bare `off` as false.
        return "off" if value is False else value

    def plan_of(self, case: str) -> PlanEntry:
        """The plan of one case: its own, else that of the suite, else two equal rounds."""
        if case in self.case_plans:
            return self.case_plans[case]
        if self.samples is not None:
            return PlanEntry(kind="samples", rounds=self.samples)
        return self.plan or PlanEntry()


class SuiteFile(BaseModel):
    """The content of a ``suite.yaml``."""

    model_config = ConfigDict(extra="forbid")

    suites: dict[Name, SuiteEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVersion:
    """One version of a suite's prompt."""

    name: str
    path: Path | None
    """``None`` if the prompt is in the application's code."""
    text: str | None
    model: str
    cache_bust: str | None = None
    """Why a change of the cached prefix under this version is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEntries:
    """The checks of a suite or a case, as ``suite.yaml`` has them; `harness.evaluation` compiles them."""

    entries: Any
    path: Path
    """Of the suite file."""
    lines: Mapping[YamlPlace, int] = field(repr=False)
    at: YamlPlace
    """Where they stand in the file."""
    root: Path | None
    """The folder that the files which they name must be in; ``None`` for any."""

    def place(self, *keys: str | int) -> str:
        """``path:line`` of a value below them."""
        return f"{self.path}:{line_of(self.lines, (*self.at, *keys))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One set of inputs: a resume and a job, or whatever else the call takes."""

    name: str
    line: int
    inputs: dict[str, Any]
    """Inputs of the first round, and of all others unless they have their own."""
    questions: tuple[dict[str, Any], ...] = ()
    """Inputs of each round, if the rounds ask different questions."""
    plan: Plan = TWO_EQUAL_ROUNDS
    checks: CheckEntries | None = None
    """Its own checks, besides those of its suite."""
    fixtures: Mapping[str, str] = field(default_factory=dict)
    """Names of the fixtures that it uses, by input: cases that share one are related."""

    def round_inputs(self, number: int) -> dict[str, Any]:
        """The inputs of a round, counted from 0."""
        return self.questions[number] if self.questions else self.inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A call to make with each prompt version for each case."""

    name: str
    path: Path
    line: int
    function: str
    """Where the function is: ``module.name:function``, or ``file.py:function`` relative to the suite file."""
    is_build: bool
    """The function returns the request's parameters and sends nothing."""
    client: ClientKind
    versions: tuple[PromptVersion, ...]
    cases: tuple[Case, ...]
    determinism: Determinism = "fields"
    traffic: TrafficEntry | None = None
    """How often it is called in production, if that is stated."""
    checks: CheckEntries | None = None
    """The checks of the answers of all cases."""
    judge_repeats: int = 1
    """How often a judge is asked about the same answer."""
    gate: GateEntry | None = None
    """When the answers fail the run, if that is stated."""
    siblings: tuple[str, ...] = ()
    """Names of all suites in its file."""
