"""What a suite is: a call to make, versions of its prompt, and cases to make it for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

ClientKind = Literal["claude", "anthropic", "http"]
"""What a suite's function gets: a ``ClaudeClient``, an ``anthropic.Anthropic``, or nothing since it has its own."""

Determinism = Literal["off", "fields", "full"]
"""How far a suite's requests are built again: not at all, with marked inputs, or under other conditions too."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Part of a test's id and of a file's name: letters, digits, dot, dash, underscore."""

Reason = Annotated[str, StringConstraints(pattern=r"\S")]
"""Why something is accepted; not empty."""


class PromptEntry(BaseModel):
    """One version of a prompt, as ``suite.yaml`` has it."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    model: str | None = None
    cache_bust: Reason | None = None


class SuiteEntry(BaseModel):
    """One suite, as ``suite.yaml`` has it."""

    model_config = ConfigDict(extra="forbid")

    call: str | None = None
    build: str | None = None
    client: ClientKind = "claude"
    determinism: Determinism = "fields"
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
    path: Path | None
    """``None`` where the prompt is in the code of the application."""
    text: str | None
    model: str
    cache_bust: str | None = None
    """Why a change of the cached prefix under this version is accepted."""


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
    function: str
    """Where the function is: ``module.name:function``, or ``file.py:function`` relative to the suite file."""
    is_build: bool
    """The function returns the request's parameters and sends nothing."""
    client: ClientKind
    versions: tuple[PromptVersion, ...]
    cases: tuple[Case, ...]
    determinism: Determinism = "fields"
