"""Read a ``usage`` object by the rows of `harness.provider.usage_keys`, without dropping anything."""

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.provider.tokens import Iteration, Tokens
from harness.provider.usage_keys import BY_PATH, ITERATIONS, KEYS, OBJECTS, find_rate

_FIVE_MINUTES = "cache_creation.ephemeral_5m_input_tokens"
_ONE_HOUR = "cache_creation.ephemeral_1h_input_tokens"


class Reading(NamedTuple):
    """The parts of a usage; `harness.provider.usage.Usage` says what each holds."""

    tokens: dict[str, int]
    iterations: tuple[Iteration, ...] = ()
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
    leaves = dict(_leaves(usage))
    has_loop = isinstance(usage.get("server_tool_use"), Mapping) or bool(usage.get("iterations"))
    tokens, impossible = _read_tokens(leaves, "usage", has_loop=has_loop)
    counters, miscounted = _read_counters(leaves)
    modifiers, unpriced = _read_modifiers(leaves)
    iterations, odd, broken = _read_iterations(leaves.get("iterations"), Tokens(**tokens))
    return Reading(
        tokens,
        iterations=iterations,
        counters=counters,
        modifiers=modifiers,
        unknown=(*unpriced, *_unknown(leaves), *odd),
        faults=(*impossible, *miscounted, *_misshapen(leaves), *broken),
    )


# --- keys ------------------------------------------------------------------------------------------------


def _leaves(usage: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every value with its path, down to the keys of known objects."""
    for key, value in usage.items():
        if key in OBJECTS and isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", found) for inner, found in value.items())
        else:
            yield key, value


def _unknown(leaves: Mapping[str, Any]) -> list[str]:
    """The paths that have no row and hold something."""
    return [path for path, value in leaves.items() if path not in BY_PATH and path not in OBJECTS and _holds(value)]


def _misshapen(leaves: Mapping[str, Any]) -> list[str]:
    found = [(path, value) for path, value in leaves.items() if path in OBJECTS and value is not None]
    return [f"usage.{path} is {type(value).__name__}, expected an object" for path, value in found]


def _holds(value: Any) -> bool:
    """Whether a value is more than ``null``, ``false``, 0, or something empty."""
    if isinstance(value, Mapping):
        return any(map(_holds, value.values()))
    return any(map(_holds, value)) if isinstance(value, list | tuple) else bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# --- tokens and counters -----------------------------------------------------------------------------------


def _read_tokens(leaves: Mapping[str, Any], place: str, *, has_loop: bool = False) -> tuple[dict[str, int], list[str]]:
    """Read the classes of tokens, and find what cannot be true of them.

    ``has_loop``: server tools may have made several requests of the call. The API then splits the writes of only
    one of them by TTL; the others are those of the automatic breakpoint, for five minutes (19 of 23 recorded calls).
    """
    paths = [row.path for row in KEYS if row.kind in ("tokens", "part")]
    given = {path: leaves[path] for path in paths if leaves.get(path) is not None}
    numbers = {path: value for path, value in given.items() if _is_number(value)}
    faults = [
        f"{place}.{path} is {reprlib.repr(value)}, expected a number of tokens"
        for path, value in given.items()
        if path not in numbers
    ]
    split = sum(value for path, value in leaves.items() if path.startswith("cache_creation.") and _is_number(value))
    written = numbers.get("cache_creation_input_tokens", split)
    one_hour = numbers.get(_ONE_HOUR, 0)
    is_short = split < written and _FIVE_MINUTES in numbers and not has_loop
    if split > written or is_short:
        faults.append(f"{place}.cache_creation adds up to {split:,} tokens, cache_creation_input_tokens is {written:,}")
    tokens = {
        "input_tokens": numbers.get("input_tokens", 0),
        "cache_read_input_tokens": numbers.get("cache_read_input_tokens", 0),
        "ephemeral_5m_input_tokens": max(written - one_hour, 0),
        "ephemeral_1h_input_tokens": one_hour,
        "output_tokens": numbers.get("output_tokens", 0),
    }
    return tokens, faults


def _read_counters(leaves: Mapping[str, Any]) -> tuple[tuple[tuple[str, int], ...], list[str]]:
    """Read the counters with a price, and find values that count nothing."""
    given = [(row, leaves[row.path]) for row in KEYS if row.kind == "counter" and leaves.get(row.path) is not None]
    faults = [
        f"usage.{row.path} is {reprlib.repr(value)}, expected a number of requests"
        for row, value in given
        if not _is_number(value)
    ]
    return tuple((row.path, value) for row, value in given if row.price and _is_number(value) and value), faults


def _read_modifiers(leaves: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Read the modifiers that set a rate, and those whose rate is not known."""
    given = [(row.path, leaves[row.path]) for row in KEYS if row.kind == "modifier" and _holds(leaves.get(row.path))]
    rates = [(key, value, find_rate(key, value)) for key, value in given]
    unknown = [f"{key} {reprlib.repr(value)}" for key, value, rate in rates if rate is None]
    return tuple((key, value) for key, value, rate in rates if rate is not None and rate.factor != 1), unknown


# --- iterations --------------------------------------------------------------------------------------------


def _read_iterations(entries: Any, top: Tokens) -> tuple[tuple[Iteration, ...], list[str], list[str]]:
    """Read the iterations that are billed besides ``top``; also what is unknown, and what cannot be true."""
    if not entries:
        return (), [], []
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        return (), [], [f"usage.iterations is {reprlib.repr(entries)}, expected a list of objects"]
    read, unknown, faults = [], [], []
    for number, entry in enumerate(entries):
        kind, model = str(entry.get("type")), entry.get("model")
        leaves = {path: value for path, value in _leaves(entry) if path not in ("type", "model")}
        tokens, wrong = _read_tokens(leaves, f"usage.iterations[{number}]")
        read.append(Iteration(**tokens, type=kind, model=model if isinstance(model, str) else None))
        known = {row.path for row in KEYS if row.kind in ("tokens", "part")}
        unknown += [f"iterations.{kind}.{path}" for path in leaves if path not in known and _holds(leaves[path])]
        faults += wrong
    beside, odd = _find_beside(read, top)
    return beside, [*unknown, *odd], faults


def _find_beside(read: list[Iteration], top: Tokens) -> tuple[tuple[Iteration, ...], list[str]]:
    """Find the iterations that ``top`` does not include, by their types and by what they add up to."""
    strange = [f"iterations of type {one.type!r}" for one in read if one.type not in ITERATIONS]
    inside = [one for one in read if ITERATIONS.get(one.type) == "inside"]
    beside = [
        one for one in read if ITERATIONS.get(one.type) == "beside" and one.total_input_tokens + one.output_tokens
    ]
    if strange:
        return (), strange
    if len({one.model for one in inside}) > 1:
        return (), ["iterations of several models"]
    if _is_sum(inside, top):
        return tuple(beside), []
    # Already included, at the price of the call's own model.
    if _is_sum(read, top) and not any(one.model for one in beside):
        return (), []
    return (), ["iterations, which do not add up to the usage"]


def _is_sum(parts: list[Iteration], top: Tokens) -> bool:
    # A stream repeats the TTL split of its first message only, so the TTLs are not compared.
    return all(
        sum(getattr(part, name) for part in parts) == getattr(top, name)
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    )
