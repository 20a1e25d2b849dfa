"""What a suite is: a call to make, versions of its prompt, and cases to make it for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

ClientKind = Literal["claude", "anthropic"]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Part of a test's id and of a file's name: letters, digits, dot, dash, underscore."""


class PromptEntry(BaseModel):
    """One version of a prompt, as ``suite.yaml`` has it."""

    model_config = ConfigDict(extra="forbid")

    file: str
    model: str | None = None


class SuiteEntry(BaseModel):
    """One suite, as ``suite.yaml`` has it."""

    model_config = ConfigDict(extra="forbid")

    call: str
    client: ClientKind = "claude"
    prompts: dict[Name, PromptEntry]
    fixtures: dict[str, str] = {}
    cases: dict[Name, dict[str, Any]]


class SuiteFile(BaseModel):
    """The content of a ``suite.yaml``."""

    model_config = ConfigDict(extra="forbid")

    suites: dict[Name, SuiteEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVersion:
    """One version of a suite's prompt."""

    name: str
    path: Path
    text: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One set of inputs: a resume and a job, or whatever the call takes."""

    name: str
    line: int
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A call to make with each version of a prompt for each case."""

    name: str
    path: Path
    line: int
    call: str
    client: ClientKind
    versions: tuple[PromptVersion, ...]
    cases: tuple[Case, ...]
