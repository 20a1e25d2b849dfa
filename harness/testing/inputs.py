"""Find where drawn inputs differ from the reference, path by path."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import zip_longest
from typing import Any, NamedTuple

_SHOWN = 160


class _Absent:
    """Marks a value that one side lacks; a separate class, since ``None`` is a value."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
"""In an `InputChange`: there is nothing at the path."""


class InputChange(NamedTuple):
    """One place where inputs differ."""

    keys: tuple[str | int, ...]
    """The path, starting with the name of the input."""
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{_path(self.keys)}: {_show(self.before)} → {_show(self.after)}"


def find_changes(before: Any, after: Any, keys: tuple[str | int, ...] = ()) -> Iterator[InputChange]:
    """Find the places where two sets of inputs differ, each as deep as both sides go.

    Reverting all changes from the last to the first restores ``before``.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            yield from find_changes(before.get(key, ABSENT), after.get(key, ABSENT), (*keys, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) <= len(after):
        for index, (old, new) in enumerate(zip_longest(before, after, fillvalue=ABSENT)):
            yield from find_changes(old, new, (*keys, index))
    elif type(before) is not type(after) or before != after:
        yield InputChange(keys, before, after)


def revert(inputs: Mapping[str, Any], change: InputChange) -> dict[str, Any]:
    """A copy of the inputs with one change reverted."""
    reverted = deepcopy(dict(inputs))
    parent: Any = reverted
    *way, last = change.keys
    for key in way:
        parent = parent[key]
    if change.before is ABSENT:
        del parent[last]
    else:
        parent[last] = deepcopy(change.before)
    return reverted


def _path(keys: tuple[str | int, ...]) -> str:
    steps = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(steps).removeprefix(".")


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"
