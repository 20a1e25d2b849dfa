"""Facts about each model: minimum and thinking, from ``models.toml``, with the frame of its generation."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any, Literal

from harness.errors import UnknownModelError, UsageError
from harness.provider.generations import Generation, find_generation, read_data
from harness.provider.model_names import Surface, Version, drop_prefix, find_id, find_surface, index_ids, read_name
from harness.provider.parameters import UNKNOWN_DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model's row of ``models.toml``, with its generation's frame."""

    id: str
    generation: Generation
    min_cacheable_tokens: int
    minimum_is: Literal["documented", "inferred"]
    keeps_all_thinking: bool
    default_thinking: Any
    """What leaving ``thinking`` out means; `UNKNOWN_DEFAULT` where no source says it."""
    default_effort: str
    retired_on: date | None
    source: str
    checked: date
    bedrock_minimum: int
    """The minimum on Amazon Bedrock, where it is another."""
    has_system_messages: bool = False
    """Accepts messages with the role ``system`` after the first message."""
    surface: Surface = "anthropic"
    """Whose prompt cache answers, as far as the spelling of the id tells."""
    geo: str = ""
    """The prefix of a Bedrock inference profile or the location of Google Cloud, such as ``global``; empty for none."""

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
    for given in (name, drop_prefix(name)):
        if given in _given_names:
            return _find(_given_names[given], find_surface(name))
    try:
        return _find(name)
    except UnknownModelError:
        if ANY_NAME not in _given_names:
            raise
        return _find(_given_names[ANY_NAME], find_surface(name))


def is_given_name(name: str) -> bool:
    """Whether the user has named the model behind an id, by that id."""
    return name in _given_names


def given_model() -> str | None:
    """The model that the user named for all ids that are not known; ``None`` if there is none."""
    return _given_names.get(ANY_NAME)


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
                f"{option} is {line!r}, expected NAME = MODEL", hint="for example my-deployment=claude-opus-5"
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
    rows = read_data("models.toml")["model"]
    return {row["id"]: _model(row, find_generation(row["generation"], row)) for row in rows}


def _model(row: dict[str, Any], generation: Generation) -> Model:
    return Model(
        id=row["id"],
        generation=generation,
        min_cacheable_tokens=row["min_cacheable_tokens"],
        minimum_is=row.get("minimum_is", "documented"),
        keeps_all_thinking=row["keeps_all_thinking"],
        default_thinking={"type": row["default_thinking"]} if "default_thinking" in row else UNKNOWN_DEFAULT,
        default_effort=row.get("default_effort", "high"),
        retired_on=row.get("retired_on"),
        source=row["source"],
        checked=row["checked"],
        bedrock_minimum=row.get("bedrock_minimum", row["min_cacheable_tokens"]),
        has_system_messages=row.get("has_system_messages", False),
    )
