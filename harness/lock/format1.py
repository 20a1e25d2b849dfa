"""Read format 1 of the lock file: one JSON document with all figures of every case."""

import json
import re
from dataclasses import replace
from typing import Any

from harness.errors import LockError
from harness.files import check_depth
from harness.lock.entries import Lock, LockedCall, LockEntry
from harness.lock.values import RESTORE, UPGRADE, check_count, check_keys, check_list, check_text, damaged
from harness.numbers import parse_json

_NEWEST = 2
_FIGURES = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_FACTS = ("model", "parameters", "breakpoints", "blocks")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")


def parse_document(text: str, place: str) -> Lock:
    """Parse the text of a file in format 1; ``place`` names it in messages.

    Raises:
        LockError: the text is not a lock file in format 1.
    """
    try:
        check_depth(text)
        document = parse_json(text)
    except json.JSONDecodeError as error:
        raise damaged(f"{place}:{error.lineno}", f"not a lock file: {error.msg}") from None
    except RecursionError:
        raise damaged(place, "not a lock file: nested too deeply") from None
    except ValueError as error:
        raise damaged(place, f"not a lock file: {error}") from None
    version = document.get("format") if isinstance(document, dict) else None
    if type(version) is not int or version != 1:
        is_newer = type(version) is int and version > _NEWEST
        hint = UPGRADE if is_newer else RESTORE
        raise LockError(f"{place}: the format is {version!r:.60}, expected 1 or {_NEWEST}", hint=hint)
    try:
        check_keys(document, required=("format", "entries"))
        entries = document["entries"]
        if not isinstance(entries, dict):
            raise ValueError(f"entries is {entries!r:.60}, expected an object")
    except ValueError as error:
        raise damaged(place, f"not a lock file: {error}") from None
    return Lock(entries={key: _read_entry(key, value, place) for key, value in entries.items()})


def _read_entry(key: str, data: Any, place: str) -> LockEntry:
    try:
        check_keys(data, required=("calls", "suite", "version", "case"), optional=("reason",))
        calls = tuple(map(_read_call, check_list(data["calls"], "calls")))
        entry = replace(LockEntry.from_json({**data, "calls": []}), calls=calls)
    except ValueError as error:
        raise damaged(place, f"entry {key!r}: {error}") from None
    if key != entry.key:
        raise damaged(place, f"entry {key!r} says that it is {entry.key!r}")
    return entry


def _read_call(data: Any) -> LockedCall:
    """Read a call; check its derived figures, and leave them out."""
    check_keys(data, required=(*_FACTS, "first_call", "second_call", "usd_per_1000_calls"))
    amount = data["usd_per_1000_calls"]
    if amount is not None and not _AMOUNT.fullmatch(check_text(amount, "usd_per_1000_calls")):
        raise ValueError(f"usd_per_1000_calls is {amount!r:.60}, expected an amount")
    total = _sum_tokens(data["first_call"])
    call = LockedCall.from_json({**{key: data[key] for key in _FACTS}, "tail_tokens": 0})
    if _sum_tokens(data["second_call"]) != total or total < call.prefix_tokens:
        raise ValueError("the tokens of its two calls contradict each other, or its prefix")
    return replace(call, tail_tokens=total - call.prefix_tokens)


def _sum_tokens(figures: Any) -> int:
    check_keys(figures, required=_FIGURES)
    return sum(check_count(figures[name], name) for name in _FIGURES)
