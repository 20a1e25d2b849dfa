"""Walk through inputs of any type: their fields with paths, and copies with other values in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from datetime import date, time, timedelta
from enum import Enum
from functools import lru_cache
from numbers import Number
from pathlib import PurePath
from typing import Any, Literal, NamedTuple
from uuid import UUID

Aspect = Literal["value", "length", "keys", "presence"]
"""What of a field is meant: its value, how many items it has, which keys it has, or whether its key is there."""

Kind = Literal["leaf", "mapping", "named", "items", "object"]
"""How a value holds others: not at all, by keys, as a named tuple, in order, or as attributes."""

Node = tuple[str, Any]
"""A path and the value there."""

_INDEX = re.compile(r"\[\d+\]")
_LEAVES = (str, bytes, bytearray, Number, date, time, timedelta, Enum, PurePath, UUID, set, frozenset, type(None), type)
"""Types without fields of their own."""
_SUFFIXES: dict[Aspect, str] = {
    "value": "",
    "length": " (its length)",
    "keys": " (its keys)",
    "presence": " (whether it is there)",
}


class Site(NamedTuple):
    """One thing about the inputs that a prompt can depend on."""

    path: str
    """``resume.work[0].name``; for ``presence``, which holds for all items of a list, ``resume.work[].name``."""
    aspect: Aspect = "value"
    owner: str = ""
    """For ``presence``: the path of the mapping that has the key."""

    @property
    def label(self) -> str:
        """Its name in messages: ``order.items (its length)``."""
        return f"{self.path}{_SUFFIXES[self.aspect]}"

    @property
    def mark(self) -> str:
        """A text that names the site."""
        return f"⟦{self.label}⟧"

    def holds(self, other: Site) -> bool:
        """Whether another site is this one, or lies inside its value."""
        path = drop_indexes(other.path) if self.aspect == "presence" else other.path
        return path.startswith(self.path) and path[len(self.path) :][:1] in ("", ".", "[")


def drop_indexes(path: str) -> str:
    """A path that stands for all items of a list: ``resume.work[].name``."""
    return _INDEX.sub("[]", path)


def map_nodes(value: Any, path: str, change: Callable[[Any, str], Any], above: tuple[int, ...] = ()) -> Any:
    """A copy of a value in which ``change(node, path)`` replaces every node, from the leaves up.

    Nodes are the value itself, the values of mappings, the items of lists and tuples, and the
    attributes of dataclasses, models and other objects that can be copied. What does not change is
    not copied.
    """
    children = None if id(value) in above else list_children(value)
    if children:
        changed = {
            key: map_nodes(child, step(value, path, key), change, (*above, id(value)))
            for key, child in children.items()
        }
        if any(changed[key] is not child for key, child in children.items()):
            value = _replace_children(value, changed)
    return change(value, path)


def list_all(inputs: Mapping[str, Any]) -> list[Node]:
    """All nodes of all inputs."""
    return [node for name, value in inputs.items() for node in list_nodes(value, name)]


def find_node(inputs: Mapping[str, Any], path: str) -> Any:
    """The value at a path of the inputs; the path itself if there is none."""
    return next((node for at, node in list_all(inputs) if at == path), path)


def list_nodes(value: Any, path: str, above: tuple[int, ...] = ()) -> Iterator[Node]:
    """All nodes of a value with their paths, those inside a node before it."""
    for key, child in ((None if id(value) in above else list_children(value)) or {}).items():
        yield from list_nodes(child, step(value, path, key), (*above, id(value)))
    yield path, value


def list_children(value: Any) -> Mapping[Any, Any] | None:
    """The nodes directly inside a value, by key, index or attribute; ``None`` if it is a leaf."""
    match kind_of(value):
        case "mapping":
            return value  # type: ignore[no-any-return]
        case "items":
            return dict(enumerate(value))
        case "named":
            return value._asdict()  # type: ignore[no-any-return]
        case "object":
            attributes = _attributes(value)
            return attributes if attributes and _can_copy(value) else None
    return None


def kind_of(value: Any) -> Kind:
    """How a value holds others."""
    kind: Any = type(value)
    return _kind_of_type(kind)


@lru_cache(maxsize=256)
def _kind_of_type(kind: type) -> Kind:
    if issubclass(kind, (*_LEAVES, Callable)):  # type: ignore[arg-type]
        return "leaf"
    if issubclass(kind, Mapping):
        return "mapping"
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return "named"
    return "items" if issubclass(kind, list | tuple) else "object"


def step(value: Any, path: str, key: Any) -> str:
    """The path of a child."""
    return f"{path}[{key}]" if kind_of(value) == "items" else f"{path}.{key}"


def like(value: Any, mapping: Mapping[Any, Any]) -> Any:
    """A mapping of the type of another one if that can be copied, else a dictionary."""
    if type(value) is not dict and isinstance(value, dict) and _can_copy(value):
        made = copy(value)
        made.clear()
        made.update(mapping)
        return made
    return dict(mapping)


def _replace_children(value: Any, children: dict[Any, Any]) -> Any:
    match kind_of(value):
        case "mapping":
            return like(value, children)
        case "named":
            return value._replace(**children)
        case "items":
            return tuple(children.values()) if isinstance(value, tuple) else list(children.values())
    made = copy(value)
    for name, child in children.items():
        # Frozen classes refuse setattr.
        object.__setattr__(made, name, child)
    return made


def _attributes(value: Any) -> dict[str, Any]:
    slots = [slot for base in type(value).__mro__ for slot in _slots(base) if not slot.startswith("__")]
    own = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return {**own, **{name: item for name, item in getattr(value, "__dict__", {}).items() if name[:2] != "__"}}


def _slots(base: type) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _can_copy(value: Any) -> bool:
    try:
        made = copy(value)
    # The class of an input may raise anything.
    except Exception:  # noqa: BLE001
        return False
    return made is not value
