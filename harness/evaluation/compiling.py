"""Compile the ``checks:`` of ``suite.yaml``: a table of kinds, each with the options that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from harness.errors import SuiteError
from harness.evaluation.check import Check
from harness.evaluation.item import Files, Item
from harness.evaluation.kinds import KINDS, Run

_SIBLINGS = ("name", "min_score", "pass_rate")
_SCORING = ("grounded", "keywords", "python", "similarity")
"""Kinds that score, so that they may ask for a lowest score."""


def compile_checks(
    entries: Any,
    *,
    files: Files,
    known: Sequence[str] = (),
    extra_kinds: Mapping[str, Callable[[Item], Check]] | None = None,
) -> tuple[Check, ...]:
    """Compile a list of checks.

    ``known`` are names that are taken; ``extra_kinds`` makes checks of kinds that are not in the table here.

    Raises:
        SuiteError: an item is invalid; starts with ``path:line:``.
    """
    if not isinstance(entries, list) or not entries:
        raise SuiteError(f"{files.place()}: checks are a list of one or more, such as [json]")
    kinds = {**KINDS, **(extra_kinds or {})}
    taken, compiled = list(known), []
    for number, entry in enumerate(entries):
        item = _read_item(entry, number, kinds, taken, files)
        taken.append(item.name)
        made = kinds[item.kind](item)
        compiled.append(made if isinstance(made, Check) else _as_check(item, made))
    return tuple(compiled)


def _read_item(entry: Any, number: int, kinds: Mapping[str, Any], taken: Sequence[str], files: Files) -> Item:
    place = files.place(number)
    options = {entry: None} if isinstance(entry, str) else entry
    if not isinstance(options, dict) or not options:
        raise SuiteError(f"{place}: {entry!r:.60} is not a check, expected a kind such as json or contains: text")
    found = [key for key in options if key not in _SIBLINGS]
    for key in found:
        if key not in kinds:
            raise SuiteError(f"{place}: {key!r:.60} is not a kind of check", hint=_suggest(str(key), kinds))
    if len(found) != 1:
        raise SuiteError(f"{place}: a check has one kind, and this one has {', '.join(found) or 'none'}")
    kind = found[0]
    return Item(
        kind=kind,
        value=options[kind],
        name=_read_name(options, kind, taken, place),
        min_score=_read_share(options, "min_score", place) if _allows_score(options, kind, place) else None,
        pass_rate=_read_share(options, "pass_rate", place) or 1.0,
        at=(number,),
        files=files,
    )


def _read_name(options: Mapping[str, Any], kind: str, taken: Sequence[str], place: str) -> str:
    if "name" not in options:
        numbers = (f"{kind} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (kind, *numbers) if name not in taken)
    name = options["name"]
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise SuiteError(f"{place}: the name of a check is {name!r:.60}, expected some words")
    if name in taken:
        raise SuiteError(f"{place}: another check has the name {name!r:.60} already")
    return name


def _allows_score(options: Mapping[str, Any], kind: str, place: str) -> bool:
    if "min_score" not in options:
        return False
    if kind not in _SCORING:
        raise SuiteError(f"{place}: {kind} does not score, so there is no min_score", hint=f"{', '.join(_SCORING)} do")
    return True


def _read_share(options: Mapping[str, Any], key: str, place: str) -> float | None:
    if key not in options:
        return None
    value = options[key]
    low = 0 if key == "min_score" else 0.000_001
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= 1:
        raise SuiteError(f"{place}: {key} is {value!r:.60}, expected a number from 0 to 1")
    return float(value)


def _suggest(key: str, kinds: Mapping[str, Any]) -> str:
    close = get_close_matches(key, kinds, n=1)
    return f"did you mean {close[0]}?" if close else f"kinds are {', '.join(sorted(kinds))}"


def _as_check(item: Item, run: Run) -> Check:
    return Check(name=item.name, kind=item.kind, run=run, pass_rate=item.pass_rate)
