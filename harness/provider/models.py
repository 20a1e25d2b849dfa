"""Facts about each model: minimum, frame, thinking and price row, from ``models.toml`` and ``generations.toml``."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

_OVERRIDES = ("tail", "tool_prompt", "tool_prompt_head", "image", "adaptive_thinking")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRules:
    """How many tokens an image takes, counted in tiles of ``tile`` pixels after downscaling."""

    tile: int
    overhead: int
    tokens_per_tile: int = 1
    max_edge: int
    max_tiles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How a model generation frames a request, in tokens. ``generations.toml`` explains each field."""

    name: str
    tokenizer: str
    frame: int
    per_message: int
    tail: int
    tail_after_tool_result: int
    same_role: int
    tool_ascii: bool
    system: int
    system_newline: tuple[int, int]
    system_with_tools: int
    system_is_stripped: bool
    call: int
    call_without_input: int
    calls_are_elements: bool
    parameter: int
    result: int
    several_results: int
    named_result: int
    is_error: int
    after_result: tuple[int, int]
    answer_after_result: int
    in_front_of_answer: str
    forced_tail: int
    forced_after_result: int
    no_parallel: tuple[int, int]
    interleaved: int
    interleaved_without_tools: int
    budget_thinking: tuple[int, int]
    budget_thinking_separator: int
    adaptive_thinking: int
    adaptive_answer: int
    task_budget: int
    system_head: int
    format: int
    format_separator: int
    assistant_first: int
    tool_prompt: tuple[int, int]
    tool_prompt_head: int
    image: ImageRules
    unproven: Mapping[str, int | None] = field(hash=False)
    """Rules that no recorded call of the generation proves: how many tokens each may be off, ``None`` if not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model's row of ``models.toml``, with its generation's frame."""

    id: str
    aliases: tuple[str, ...]
    generation: Generation
    min_cacheable_tokens: int
    minimum_is: Literal["documented", "inferred"]
    keeps_all_thinking: bool
    counts_omitted_thinking: bool
    default_effort: str
    priced_as: str
    retired_on: date | None
    source: str
    checked: date
    is_known: bool = True
    has_system_messages: bool = False
    """Accepts messages with the role ``system`` after the first message."""


@lru_cache(maxsize=256)
def find_model(name: str) -> Model:
    """Find the rules of a model by id, alias, or dated or prefixed id.

    A name without a row gets the rules of the newest generation, with the largest minimum of
    its models, and ``is_known=False``, which every report must mention.
    """
    by_name = _models()
    for candidate in _spellings(name):
        if candidate in by_name:
            return by_name[candidate]
    return replace(_newest(), id=name, aliases=(), priced_as=name, is_known=False)


def known_models() -> tuple[Model, ...]:
    """List every model with a row, newest first."""
    return tuple({model.id: model for model in _models().values()}.values())


def _spellings(name: str) -> tuple[str, ...]:
    plain = name.rsplit("/", 1)[-1].replace(".", "-")
    undated = re.sub(r"-(\d{8}|latest)$", "", plain)
    return name, plain, undated


@cache
def _models() -> dict[str, Model]:
    rows = _read("models.toml")["model"]
    generations = _generations()
    by_name: dict[str, Model] = {}
    for row in rows:
        model = _model(row, generations[row["generation"]])
        for name in (model.id, *model.aliases):
            by_name[name] = model
    return by_name


@cache
def _generations() -> dict[str, Generation]:
    return {
        name: Generation(
            name=name,
            unproven=_unproven(row),
            **{key: _frozen(value) for key, value in row.items() if key != "unproven"},
        )
        for name, row in _read("generations.toml")["generation"].items()
    }


def _newest() -> Model:
    newest = known_models()[0].generation
    return max(
        (model for model in known_models() if model.generation == newest),
        key=lambda model: model.min_cacheable_tokens,
    )


def _model(row: dict[str, Any], generation: Generation) -> Model:
    overrides = {key: _frozen(row[key]) for key in _OVERRIDES if key in row}
    if "unproven" in row:
        overrides["unproven"] = {**generation.unproven, **_unproven(row)}
    return Model(
        id=row["id"],
        aliases=tuple(row.get("aliases", ())),
        generation=replace(generation, **overrides),
        min_cacheable_tokens=row["min_cacheable_tokens"],
        minimum_is=row.get("minimum_is", "documented"),
        keeps_all_thinking=row["keeps_all_thinking"],
        counts_omitted_thinking=row.get("counts_omitted_thinking", False),
        default_effort=row.get("default_effort", "high"),
        priced_as=row.get("priced_as", row["id"]),
        retired_on=row.get("retired_on"),
        source=row["source"],
        checked=row["checked"],
        has_system_messages=row.get("has_system_messages", False),
    )


def _unproven(row: dict[str, Any]) -> dict[str, int | None]:
    return {rule: None if tokens == "unknown" else tokens for rule, tokens in row.get("unproven", {}).items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return ImageRules(**value)
    return tuple(value) if isinstance(value, list) else value


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
