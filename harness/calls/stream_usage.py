"""The usage of a stream: the objects in its events, merged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from harness.provider.usage import Usage

_HOLDERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "message_start": lambda event: event.get("message"),
    "message_delta": lambda event: event,
}
"""The events with a usage, and what of them holds it."""

_INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def list_usages(events: Sequence[Mapping[str, Any]]) -> list[Any]:
    """List the usages of ``message_start`` and of each ``message_delta`` of a stream, with ``None`` for one without."""
    holders = (_HOLDERS[event["type"]](event) for event in events if event.get("type") in _HOLDERS)
    return [holder.get("usage") if isinstance(holder, dict) else None for holder in holders]


def read_usages(usages: Sequence[Any]) -> Usage:
    """Read the usage of a call from the one object of a plain answer, or from those of a stream."""
    merged = merge_usages(usages)
    usage = Usage.from_api(merged)
    doubts = tuple(_find_doubts(usages)) if isinstance(merged, dict) else ()
    return replace(usage, unknown=(*usage.unknown, *doubts)) if doubts else usage


def merge_usages(usages: Sequence[Any]) -> Any:
    """Merge the usages of a stream, all keys of them at all levels; a later value replaces an earlier one.

    ``message_delta`` repeats the input counts on newer servers only, and never the TTL split.
    ``None`` if there is no usage; anything that is not an object is returned as it is, to be reported.
    Source: anthropic SDK 2.12, ``types/message_delta_usage.py`` (checked 2026-11-23).
    """
    merged: dict[str, Any] | None = None
    for usage in usages:
        if usage is None:
            continue
        if not isinstance(usage, dict):
            return usage
        merged = _merge(merged or {}, usage)
    return merged


def _merge(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Merge two objects, nested however deeply; ``null`` replaces nothing."""
    result = dict(earlier)
    waiting = [(result, later)]
    while waiting:
        target, source = waiting.pop()
        for key, value in source.items():
            if isinstance(value, dict) and isinstance(target.get(key), dict):
                target[key] = dict(target[key])
                waiting.append((target[key], value))
            elif value is not None or key not in target:
                target[key] = value
    return result


def _find_doubts(usages: Sequence[Any]) -> Iterator[str]:
    """Name the counts of input tokens that a later event lowers, though they are totals, and output without a total."""
    for key in _INPUT:
        counts = [usage[key] for usage in usages if isinstance(usage, dict) and isinstance(usage.get(key), int)]
        fall = next(((one, two) for one, two in pairwise(counts) if two < one), None)
        if fall is not None:
            yield f"{key}, which fell from {fall[0]:,} to {fall[1]:,} within the stream"
    # What ``message_start`` says of the output is only how it begins.
    if len(usages) > 1 and (not isinstance(usages[-1], dict) or usages[-1].get("output_tokens") is None):
        yield "output_tokens, which the end of the stream does not report"
