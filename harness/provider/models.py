"""Facts about each model: minimum, frame, thinking and price row, from ``models.toml`` and ``generations.toml``."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from harness.errors import UnknownModelError, UsageError
from harness.provider.model_names import Surface, Version, find_id, find_surface, index_ids, read_name

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
    bedrock_minimum: int
    """The minimum on Amazon Bedrock, where it is another."""
    surface: Surface = "anthropic"
    """Whose prompt cache answers, as far as the spelling of the id tells."""
    geo: str = ""
    """The prefix of a Bedrock inference profile, such as ``us`` or ``global``; empty for none."""

    @property
    def cache_name(self) -> str:
        """The name of its prompt cache: the id, and the surface and geography if it is not Anthropic's own API."""
        return " ".join(filter(None, (self.id, "" if self.surface == "anthropic" else self.surface, self.geo)))


ANY_NAME = "*"
"""Stands for every id that is not known, in a mapping of ids to models."""

_given_names: dict[str, str] = {}


def find_model(name: str) -> Model:
    """Find the rules of a model by its id in any spelling; see `harness.provider.model_names`.

    Raises:
        UnknownModelError: it is no known model, or a name of the user's own that `name_models` does not map.
    """
    if name in _given_names:
        return _find(_given_names[name], find_surface(name))
    try:
        return _find(name)
    except UnknownModelError:
        if ANY_NAME not in _given_names:
            raise
        return _find(_given_names[ANY_NAME], find_surface(name))


@contextmanager
def name_models(names: Mapping[str, str]) -> Iterator[None]:
    """Map model ids of the user's own, such as deployment names, to known models; for this process, while it is open.

    `ANY_NAME` maps every id that is not known.

    Raises:
        UnknownModelError: an id is mapped to a model that is not known.
    """
    for model in names.values():
        _find(model)
    before = dict(_given_names)
    _given_names.update(names)
    try:
        yield
    finally:
        _given_names.clear()
        _given_names.update(before)


def parse_names(lines: Iterable[str], option: str) -> dict[str, str]:
    """Parse a mapping of ids to models, one ``NAME = MODEL`` a line; without a name, of `ANY_NAME`.

    Raises:
        UsageError: a line has no model; the message names the option.
    """
    names = {}
    for line in lines:
        name, _, model = line.rpartition("=")
        if not model.strip():
            raise UsageError(
                f"{option} is {line!r}, expected NAME = MODEL", hint=f"{option} = my-deployment = claude-…"
            )
        names[name.strip() or ANY_NAME] = model.strip()
    return names


def known_models() -> tuple[Model, ...]:
    """List every model with a row, newest first."""
    return tuple(_models().values())


@lru_cache(maxsize=256)
def _find(spelling: str, surface: Surface = "anthropic") -> Model:
    """Find a model by a spelling that is on ``surface``, if the spelling itself does not say where."""
    name = read_name(spelling)
    model_id = None if name is None else find_id(name, _ids_by_version())
    if name is None or model_id is None:
        raise UnknownModelError(f"model {spelling!r} is not known", hint=_hint(spelling))
    model = _models()[model_id]
    where = surface if name.surface == "anthropic" else name.surface
    if where == "anthropic":
        return model
    return replace(
        model,
        surface=where,
        geo=name.geo,
        min_cacheable_tokens=model.bedrock_minimum if where == "bedrock" else model.min_cacheable_tokens,
    )


def _hint(spelling: str) -> str:
    short = {re.sub(r"-\d{8}$", "", model_id) for model_id in _models()}
    nearest = get_close_matches(spelling.rpartition("/")[2], sorted(short), n=1)
    if nearest:
        return f"the nearest known model is {nearest[0]!r}"
    return f"name the model behind it: --model '{spelling}=claude-…' (in pytest, the ini key harness_models)"


@cache
def _ids_by_version() -> Mapping[Version, tuple[str, ...]]:
    return index_ids(_models())


@cache
def _models() -> dict[str, Model]:
    generations = _generations()
    rows = _read("models.toml")["model"]
    return {row["id"]: _model(row, generations[row["generation"]]) for row in rows}


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


def _model(row: dict[str, Any], generation: Generation) -> Model:
    overrides = {key: _frozen(row[key]) for key in _OVERRIDES if key in row}
    if "unproven" in row:
        overrides["unproven"] = {**generation.unproven, **_unproven(row)}
    return Model(
        id=row["id"],
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
        bedrock_minimum=row.get("bedrock_minimum", row["min_cacheable_tokens"]),
    )


def _unproven(row: dict[str, Any]) -> dict[str, int | None]:
    return {rule: None if tokens == "unknown" else tokens for rule, tokens in row.get("unproven", {}).items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return ImageRules(**value)
    return tuple(value) if isinstance(value, list) else value


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
