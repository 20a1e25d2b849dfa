"""Read the tokens of a ``usage`` object, or of one of its iterations, and find what cannot be true of them."""

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from harness.provider.usage_keys import KEYS, OBJECTS

TOKEN_PATHS = tuple(row.path for row in KEYS if row.kind in ("tokens", "part"))
"""The paths that hold numbers of tokens."""

TTLS = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
"""The keys of written tokens by TTL."""

_SPLIT = "cache_creation."
_THINKING = "output_tokens_details.thinking_tokens"


def list_leaves(usage: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every value with its path, down to the keys of known objects."""
    for key, value in usage.items():
        if key in OBJECTS and isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", found) for inner, found in value.items())
        else:
            yield key, value


def holds(value: Any) -> bool:
    """Whether a value, nested however deeply, is more than ``null``, ``false``, 0, or something empty."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item
        elif item:
            return True
    return False


def is_number(value: Any) -> bool:
    """Whether a value counts something: an integer of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def read_split(leaves: Mapping[str, Any]) -> dict[str, int]:
    """The tokens that are said to be written, by the key of their TTL; empty if nothing splits them."""
    return {name: leaves[_SPLIT + name] for name in TTLS if is_number(leaves.get(_SPLIT + name))}


def read_tokens(leaves: Mapping[str, Any], place: str, *, has_loop: bool = False) -> tuple[dict[str, int], list[str]]:
    """Read the classes of tokens, and find what cannot be true of them.

    ``has_loop``: server tools may have made several requests of the call. The API then splits the writes of only
    one of them by TTL; the others are those of the automatic breakpoint, for five minutes (19 of 23 recorded calls).
    """
    given = {path: leaves[path] for path in TOKEN_PATHS if leaves.get(path) is not None}
    numbers = {path: value for path, value in given.items() if is_number(value)}
    split = sum(value for path, value in leaves.items() if path.startswith(_SPLIT) and is_number(value))
    written = numbers.get("cache_creation_input_tokens", split)
    one_hour = read_split(leaves).get("ephemeral_1h_input_tokens", 0)
    faults = [
        *_find_no_numbers(given, place),
        *_find_bad_split(numbers, split, written, place, has_loop=has_loop),
        *_find_bad_output(numbers, place),
    ]
    tokens = {
        "input_tokens": numbers.get("input_tokens", 0),
        "cache_read_input_tokens": numbers.get("cache_read_input_tokens", 0),
        "ephemeral_5m_input_tokens": max(written - one_hour, 0),
        "ephemeral_1h_input_tokens": one_hour,
        "output_tokens": numbers.get("output_tokens", 0),
    }
    return tokens, faults


def _find_no_numbers(given: Mapping[str, Any], place: str) -> Iterator[str]:
    for path, value in given.items():
        if not is_number(value):
            yield f"{place}.{path} is {reprlib.repr(value)}, expected a number of tokens"


def _find_bad_split(
    numbers: Mapping[str, int], split: int, written: int, place: str, *, has_loop: bool
) -> Iterator[str]:
    is_short = split < written and _SPLIT + TTLS[0] in numbers and not has_loop
    if split > written or is_short:
        yield f"{place}.cache_creation adds up to {split:,} tokens, cache_creation_input_tokens is {written:,}"


def _find_bad_output(numbers: Mapping[str, int], place: str) -> Iterator[str]:
    output, thinking = numbers.get("output_tokens"), numbers.get(_THINKING, 0)
    if output is not None and thinking > output:
        yield f"{place}.{_THINKING} is {thinking:,}, more than output_tokens, which is {output:,}"
