"""Report the inputs of a case that its cached prefix depends on, whatever their type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.findings.advice import ADVICE
from harness.findings.describe import price_of_write
from harness.findings.finding import Finding
from harness.findings.words import amount, and_more, join
from harness.stability.builds import Builder
from harness.stability.fields import Site, find_node
from harness.stability.search import Hit, Search
from harness.suites.capture import capture

if TYPE_CHECKING:
    from harness.prompt.reading import Prompt
    from harness.suites.runner import CaseRun, SuiteFunction

_LISTED = 8
_NAMED = 2
"""The most fields that a headline names."""
_INPUT = re.compile(r"[^.\[…]+")
_MOVE_IT = "move it after the last breakpoint, into the user message"
_FEW_VARIANTS = "if only a few variants are meant, make each a prompt version of its own"


def find_leaks_of_case(
    run: CaseRun,
    function: SuiteFunction,
    *,
    usual: Sequence[Prompt | None] | None = None,
    is_sdk_allowed: bool = True,
) -> tuple[Finding, ...]:
    """Find fields of a case's inputs that its cached prefix depends on: one finding per block.

    Leaks into a prefix that ends in the messages are warnings, since they may be intended. A last
    note names the fields that could not be judged. ``usual`` are the case's requests, if they are
    known. Without ``is_sdk_allowed``, requests that only the SDK can make are not judged.
    """
    if not run.case.inputs:
        return ()

    def make(inputs: Mapping[str, Any] | None) -> tuple[Sequence[bytes], BaseException | None]:
        captured = capture(run, function, inputs=inputs, is_sdk_allowed=is_sdk_allowed)
        return captured.bodies, captured.error

    builder = Builder(make=make)
    builder.start(usual)
    search = Search(builder, run.case.inputs)
    search.run()
    leaks = [_describe(blocks) for blocks in _group(search.hits)]
    unknown = {site: why for site, why in search.failed.items() if not _is_covered(run, site)}
    return (*leaks, *([_describe_unknown(unknown)] if unknown else []))


def _group(hits: Mapping[tuple[str, Site], Hit]) -> Iterator[list[list[Hit]]]:
    """Group hits by block; blocks that depend on the same fields come together if none contains a mark."""
    by_path: dict[str, list[Hit]] = {}
    for (path, _), hit in hits.items():
        by_path.setdefault(path, []).append(hit)
    alike: dict[object, list[list[Hit]]] = {}
    for path, found in by_path.items():
        has_marks = any(hit.is_marked for hit in found)
        alike.setdefault(path if has_marks else frozenset(hit.site for hit in found), []).append(found)
    yield from alike.values()


def _describe(blocks: Sequence[Sequence[Hit]]) -> Finding:
    """Describe what the first of some blocks depends on; the others depend on the same."""
    hits, *others = blocks
    shown = next((hit for hit in hits if hit.is_value), hits[0])
    values, derived = _name_sites(hits)
    owner = _find_owner(values)
    end, point = shown.prompt.static_blocks[-1:], shown.prompt.static_end
    is_automatic = point is not None and point.is_automatic
    is_message = bool(end) and end[0].level == "messages"
    facts = [f"the prefix ends at the {'automatic ' if is_automatic else ''}breakpoint on {end[0].path}"] if end else []
    if len(values or derived) > _NAMED:
        facts.append(f"fields: {join(values or derived, limit=_LISTED)}")
    if values and derived:
        facts.append(f"it also depends on: {join(derived, limit=_LISTED)}")
    if others:
        paths = [other[0].place.path for other in others]
        facts.append(f"{join(paths, limit=_LISTED)} {'differs' if len(paths) == 1 else 'differ'} too")
    advice = _MOVE_IT if shown.is_marked else f"{_MOVE_IT}; {_FEW_VARIANTS}"
    return Finding(
        rule="leak",
        level="warning" if is_message else "error",
        headline=f"{_name(values)} in the cached prefix, so each {owner} writes its own prefix"
        if values
        else f"the cached prefix depends on {_list(derived)}",
        facts=tuple(facts),
        place=shown.place,
        quotes=() if values else _quote_changes(hits),
        costs=_costs(shown.prompt, owner),
        fix=ADVICE["automatic_after_unique_tail"].fix if is_automatic else advice,
        notes=(f"this is intended if several calls ask about the same {owner}",) if is_message else (),
    )


def _costs(prompt: Prompt, owner: str) -> tuple[str, ...]:
    """What it costs that each prefix is written anew; nothing if it is too short to be cached."""
    if not prompt.active_breakpoints:
        return ()
    tokens = prompt.active_breakpoints[-1].tokens
    return (f"{tokens:,} tokens are written for each {owner}: {amount(price_of_write(tokens, prompt))} each time",)


def _quote_changes(hits: Sequence[Hit]) -> tuple[str, ...]:
    """How the inputs were changed, one line each."""
    changes = [hit.change for hit in hits if hit.change]
    shown = [f"changed: {change}" for change in changes[:_LISTED]]
    return (*shown, *([f"changed:{and_more(len(changes) - _LISTED)}"] if changes[_LISTED:] else []))


def _name_sites(hits: Sequence[Hit]) -> tuple[list[str], list[str]]:
    """Name the fields whose values are in a block, and what else it depends on."""
    values, derived = ([hit.site for hit in hits if hit.is_value == wanted] for wanted in (True, False))
    # A block that contains an item of a list also depends on its length, but that is not worth saying.
    own = [site for site in derived if not any(site.holds(value) for value in values)]
    return [site.label for site in values], [site.label for site in own]


def _describe_unknown(unknown: Mapping[Site, str]) -> Finding:
    """Say in one line for which fields no other value could be tried."""
    names = [site.label for site in unknown]
    reasons = ", ".join(dict.fromkeys(unknown.values()))
    return Finding(
        rule="cannot-tell",
        level="note",
        headline=f"no other value of {_list(names)} could be tried ({reasons}), so the cached prefix may depend on it",
        fix="add a case with another value",
    )


def _is_covered(run: CaseRun, site: Site) -> bool:
    """Whether another case has another value, so that the comparison of cases covers the field."""
    own, *others = (find_node(case.inputs, site.path) for case in (run.case, *run.suite.cases))
    return any(other != own for other in others)


def _find_owner(fields: Sequence[str]) -> str:
    """The one input that all fields belong to, else the case."""
    owners = {match[0] if (match := _INPUT.match(field)) else "case" for field in fields}
    return owners.pop() if len(owners) == 1 else "case"


def _name(fields: Sequence[str]) -> str:
    return f"{_list(fields)} {'is' if len(fields) == 1 else 'are'}"


def _list(fields: Sequence[str]) -> str:
    if len(fields) <= _NAMED:
        return " and ".join(fields)
    return f"{fields[0]}{and_more(len(fields) - 1)} fields"
