"""One item of ``checks:`` in ``suite.yaml``, before it is compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from harness.findings.words import printable


class Files(NamedTuple):
    """Where the files are that checks name."""

    folder: Path
    root: Path | None
    place: Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a list of checks."""

    kind: str
    value: Any
    """What stands behind its kind; ``None`` for a kind alone."""
    name: str
    min_score: float | None
    pass_rate: float
    at: tuple[int, ...]
    files: Files

    @property
    def place(self) -> str:
        """``path:line`` of the item."""
        return self.files.place(*self.at, self.kind)


def explain(error: ValidationError) -> str:
    """The first problem of a value, with the key that has it."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
    problem = "not a known key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return f"{printable(where)}: {problem}" if where else problem
