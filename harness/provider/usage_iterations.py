"""Read the iterations of a ``usage`` object: the samplings of one call, inside its tokens or billed besides them."""

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.provider.tokens import Iteration, Tokens
from harness.provider.usage_keys import ITERATIONS
from harness.provider.usage_tokens import TOKEN_PATHS, TTLS, holds, list_leaves, read_split, read_tokens

_SUMMED = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


class ReadIterations(NamedTuple):
    """What the iterations of a usage say."""

    beside: tuple[Iteration, ...] = ()
    """Those that are billed besides the tokens of the usage."""
    models: tuple[str, ...] = ()
    """The models, where they are given, that made the tokens of the usage."""
    ttls: dict[str, int] | None = None
    """The tokens that the usage wrote, by TTL, if the iterations split them."""
    unknown: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class _Entry(NamedTuple):
    iteration: Iteration
    has_split: bool
    """Whether it wrote nothing, or what it wrote is split by TTL."""


def read_iterations(entries: Any, top: Tokens, split: Mapping[str, int]) -> ReadIterations:
    """Read the iterations of a usage with the tokens ``top``; ``split`` is what it says of its writes by TTL."""
    if not entries:
        return ReadIterations()
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        return ReadIterations(faults=(f"usage.iterations is {reprlib.repr(entries)}, expected a list of objects",))
    read, unknown, faults = [], [], []
    for number, entry in enumerate(entries):
        one, odd, wrong = _read_entry(entry, f"usage.iterations[{number}]")
        read.append(one)
        unknown += odd
        faults += wrong
    found = _judge(read, top, split)
    return found._replace(unknown=(*unknown, *found.unknown), faults=(*faults, *found.faults))


def _read_entry(entry: Mapping[str, Any], place: str) -> tuple[_Entry, list[str], list[str]]:
    kind, model = str(entry.get("type")), entry.get("model")
    leaves = {path: value for path, value in list_leaves(entry) if path not in ("type", "model")}
    tokens, faults = read_tokens(leaves, place)
    unknown = [f"iterations.{kind}.{path}" for path in leaves if path not in TOKEN_PATHS and holds(leaves[path])]
    if model is not None and not isinstance(model, str):
        unknown.append(f"iterations.{kind}.model {reprlib.repr(model)}")
    iteration = Iteration(**tokens, type=kind, model=(model or None) if isinstance(model, str) else None)
    is_split = bool(read_split(leaves)) or not iteration.cache_creation_input_tokens
    return _Entry(iteration, is_split), unknown, faults


def _judge(read: list[_Entry], top: Tokens, split: Mapping[str, int]) -> ReadIterations:
    """Find the iterations that ``top`` does not include, by their types and by what they add up to."""
    if strange := [f"iterations of type {one.type!r}" for one, _ in read if one.type not in ITERATIONS]:
        return ReadIterations(unknown=tuple(strange))
    inside = [entry for entry in read if ITERATIONS[entry.iteration.type] == "inside"]
    beside = [one for one, _ in read if ITERATIONS[one.type] == "beside" and one.total_input_tokens + one.output_tokens]
    models = tuple(dict.fromkeys(one.model for one, _ in inside if one.model))
    if _is_sum(inside, top):
        return _judge_ttls(inside, top, split)._replace(beside=tuple(beside), models=models)
    # Already included, at the price of the call's own model.
    if _is_sum(read, top) and not any(one.model for one in beside):
        return _judge_ttls(read, top, split)._replace(models=models)
    return ReadIterations(models=models, unknown=("iterations, which do not add up to the usage",))


def _is_sum(parts: Sequence[_Entry], top: Tokens) -> bool:
    # A stream repeats the TTL split of its first message only, so the TTLs are compared elsewhere.
    return all(sum(getattr(part.iteration, name) for part in parts) == getattr(top, name) for name in _SUMMED)


def _judge_ttls(parts: Sequence[_Entry], top: Tokens, split: Mapping[str, int]) -> ReadIterations:
    """Take the TTLs of what ``top`` wrote from its parts; its own ``split`` may be that of one part."""
    ttls = {name: sum(getattr(part.iteration, name) for part in parts) for name in TTLS}
    if not all(part.has_split for part in parts):
        is_known = bool(split) or not ttls["ephemeral_1h_input_tokens"]
        return ReadIterations(unknown=() if is_known else ("iterations, of which not all split their writes by TTL",))
    faults = [
        f"usage.cache_creation.{name} is {number:,}, more than in its iterations, which add up to {ttls[name]:,}"
        for name, number in split.items()
        if number > ttls[name]
    ]
    return ReadIterations(ttls=ttls, faults=tuple(faults))
