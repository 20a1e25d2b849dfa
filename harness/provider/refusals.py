"""What the API refuses by model: the rows of ``refusals.toml``, which explains each field."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

Measure = Literal[
    "text_bytes",
    "strict_tools",
    "optional_parameters",
    "union_parameters",
    "optional_parameters_of_one_schema",
    "union_parameters_of_one_schema",
    "max_tokens",
    "input_tokens",
    "input_and_max_tokens",
]
Platform = Literal["bedrock", "vertex"]

_ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one parameter or fact of a request must be for a refusal; all tests that are set must hold."""

    at: str
    values: tuple[Any, ...] | None = None
    other_than: tuple[Any, ...] | None = None
    above: float | None = None
    below: float | None = None

    def holds(self, value: Any) -> bool:
        """Whether a value that is given passes the tests."""
        return (
            (self.values is None or value in self.values)
            and (self.other_than is None or value not in self.other_than)
            and (self.above is None or (_is_number(value) and value > self.above))
            and (self.below is None or (_is_number(value) and value < self.below))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One combination of values that some models refuse."""

    name: str
    models: frozenset[str]
    """Ids; empty for any model."""
    when: tuple[Condition, ...]
    path: str | None
    text: str
    is_confirmed: bool
    not_on: tuple[Platform, ...]
    only_on: tuple[Platform, ...]
    """Empty for every platform that ``not_on`` does not name."""
    source: str
    checked: date

    def is_on(self, platform: Platform | None) -> bool:
        """Whether a platform refuses this; ``None`` is the Claude API."""
        return platform not in self.not_on and (not self.only_on or platform in self.only_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that some models accept of one measure."""

    name: str
    measure: Measure
    models: frozenset[str]
    """Ids; empty for any model."""
    maximum: int
    path: str
    text: str
    not_on: tuple[Platform, ...]
    source: str
    checked: date


@lru_cache(maxsize=256)
def refusals_of(model: str) -> tuple[Refusal, ...]:
    """List the refusals of a model by its id, in the order of the file."""
    return tuple(row for row in all_refusals() if not row.models or model in row.models)


@lru_cache(maxsize=256)
def limits_of(model: str) -> tuple[Limit, ...]:
    """List the limits of a model by its id, in the order of the file."""
    return tuple(row for row in all_limits() if not row.models or model in row.models)


@cache
def all_refusals() -> tuple[Refusal, ...]:
    """List all refusals, in the order of the file."""
    data = _read()
    return tuple(_refusal(row, data["models"]) for row in data["refusal"])


@cache
def all_limits() -> tuple[Limit, ...]:
    """List all limits, in the order of the file."""
    data = _read()
    return tuple(_limit(row, data["models"]) for row in data["limit"])


def _refusal(row: dict[str, Any], lists: Mapping[str, list[str]]) -> Refusal:
    return Refusal(
        name=row["name"],
        models=_models(row["models"], lists),
        when=tuple(_condition(condition) for condition in row["when"]),
        path=row.get("path"),
        text=row["text"],
        is_confirmed=row.get("confirmed", True),
        not_on=tuple(row.get("not_on", ())),
        only_on=tuple(row.get("only_on", ())),
        source=row["source"],
        checked=row["checked"],
    )


def _limit(row: dict[str, Any], lists: Mapping[str, list[str]]) -> Limit:
    changed = {"models": _models(row["models"], lists), "not_on": tuple(row.get("not_on", ()))}
    return Limit(**{**row, **changed})


def _condition(row: dict[str, Any]) -> Condition:
    return Condition(
        at=row["at"],
        values=tuple(row["is"]) if "is" in row else None,
        other_than=tuple(row["is_not"]) if "is_not" in row else None,
        above=row.get("above"),
        below=row.get("below"),
    )


def _models(names: list[str], lists: Mapping[str, list[str]]) -> frozenset[str]:
    return frozenset() if names == [_ANY] else frozenset(_expand(names, lists))


def _expand(names: Iterable[str], lists: Mapping[str, list[str]]) -> Iterable[str]:
    for name in names:
        yield from _expand(lists[name], lists) if name in lists else (name,)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("refusals.toml").read_text(encoding="utf-8"))
