"""How each generation of models frames a request, in tokens, from ``generations.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

_OVERRIDES = ("tail", "tool_prompt", "tool_prompt_head", "image", "adaptive_thinking")
"""Fields of which a model may have values of its own."""


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


def find_generation(name: str, own: Mapping[str, Any]) -> Generation:
    """Find the row of a generation, with the values that a row of ``models.toml`` has of its own."""
    generation = _generations()[name]
    overrides = {key: _frozen(own[key]) for key in _OVERRIDES if key in own}
    if "unproven" in own:
        overrides["unproven"] = {**generation.unproven, **_unproven(own)}
    return replace(generation, **overrides)


def read_data(name: str) -> dict[str, Any]:
    """Read a data file of this package."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def _generations() -> dict[str, Generation]:
    return {
        name: Generation(
            name=name,
            unproven=_unproven(row),
            **{key: _frozen(value) for key, value in row.items() if key != "unproven"},
        )
        for name, row in read_data("generations.toml")["generation"].items()
    }


def _unproven(row: Mapping[str, Any]) -> dict[str, int | None]:
    return {rule: None if tokens == "unknown" else tokens for rule, tokens in row.get("unproven", {}).items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return ImageRules(**value)
    return tuple(value) if isinstance(value, list) else value
