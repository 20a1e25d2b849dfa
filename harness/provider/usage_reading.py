"""Read a ``usage`` object by the rows of `harness.provider.usage_keys`, without dropping anything."""

import reprlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.provider.tokens import Iteration, Tokens
from harness.provider.usage_iterations import read_iterations
from harness.provider.usage_keys import BY_PATH, KEYS, OBJECTS, find_rates
from harness.provider.usage_tokens import holds, is_number, list_leaves, read_split, read_tokens

_REQUIRED = ("input_tokens", "output_tokens")


class Reading(NamedTuple):
    """The parts of a usage; `harness.provider.usage.Usage` says what each holds."""

    tokens: dict[str, int]
    iterations: tuple[Iteration, ...] = ()
    models: tuple[str, ...] = ()
    counters: tuple[tuple[str, int], ...] = ()
    modifiers: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def read_usage(usage: object) -> Reading:
    """Read the API's object; ``None`` is a usage that is missing."""
    if usage is None:
        return Reading({}, unknown=("usage, which is missing",))
    if not isinstance(usage, Mapping):
        return Reading({}, faults=(f"usage is {type(usage).__name__}, expected an object",))
    leaves = dict(list_leaves(usage))
    has_loop = isinstance(usage.get("server_tool_use"), Mapping) or bool(usage.get("iterations"))
    tokens, impossible = read_tokens(leaves, "usage", has_loop=has_loop)
    counters, miscounted = _read_counters(leaves)
    modifiers, unpriced = _read_modifiers(leaves)
    iterations = read_iterations(leaves.get("iterations"), Tokens(**tokens), read_split(leaves))
    return Reading(
        {**tokens, **(iterations.ttls or {})},
        iterations=iterations.beside,
        models=iterations.models,
        counters=counters,
        modifiers=modifiers,
        unknown=(
            *_find_missing(leaves),
            *unpriced,
            *_find_unknown(leaves),
            *_find_credits(leaves),
            *iterations.unknown,
        ),
        faults=(*impossible, *miscounted, *_find_misshapen(leaves), *iterations.faults),
    )


def _find_missing(leaves: Mapping[str, Any]) -> list[str]:
    """Name what every usage of the API has, and this one does not."""
    missing = [path for path in _REQUIRED if leaves.get(path) is None]
    return [f"usage without {' and '.join(missing)}"] if missing else []


def _find_unknown(leaves: Mapping[str, Any]) -> list[str]:
    """The paths that have no row and hold something."""
    return [path for path, value in leaves.items() if path not in BY_PATH and path not in OBJECTS and holds(value)]


def _find_credits(leaves: Mapping[str, Any]) -> list[str]:
    """The credits that may have changed the price: all but those that say that they did not."""
    paths = [row.path for row in KEYS if row.kind == "credit"]
    return [path for path in paths if holds(leaves.get(path)) and not _is_not_applied(leaves[path])]


def _is_not_applied(credit: Any) -> bool:
    status = credit.get("status") if isinstance(credit, Mapping) else None
    return isinstance(status, Mapping) and status.get("type") == "not_applied"


def _find_misshapen(leaves: Mapping[str, Any]) -> list[str]:
    found = [(path, value) for path, value in leaves.items() if path in OBJECTS and value is not None]
    return [f"usage.{path} is {type(value).__name__}, expected an object" for path, value in found]


def _read_counters(leaves: Mapping[str, Any]) -> tuple[tuple[tuple[str, int], ...], list[str]]:
    """Read the counters with a price, and find values that count nothing."""
    given = [(row, leaves[row.path]) for row in KEYS if row.kind == "counter" and leaves.get(row.path) is not None]
    faults = [
        f"usage.{row.path} is {reprlib.repr(value)}, expected a number of requests"
        for row, value in given
        if not is_number(value)
    ]
    return tuple((row.path, value) for row, value in given if row.price and is_number(value) and value), faults


def _read_modifiers(leaves: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Read the modifiers that set a rate, and those whose rate is not known."""
    given = [(row.path, leaves[row.path]) for row in KEYS if row.kind == "modifier" and holds(leaves.get(row.path))]
    known = [(key, value, rows) for key, value in given if (rows := find_rates(key, value))]
    unknown = [f"{key} {reprlib.repr(value)}" for key, value in given if not find_rates(key, value)]
    return tuple((key, value) for key, value, rows in known if any(row.factor != 1 for row in rows)), unknown
