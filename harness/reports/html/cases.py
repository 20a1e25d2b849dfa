"""Every case: compressed inside the page and shown by its script; failed ones also as plain HTML."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

from harness.findings.words import count
from harness.reports.html.findings import shorten
from harness.reports.html.markup import Child, Html, element, join
from harness.reports.html.parts import badge, lines, section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.reports.document import CaseModel, CheckModel, ReportDocument

MOST_PLAIN = 50
"""Most failed cases that stand in the page as plain HTML."""

_LEVEL = 6
"""Effort of gzip: the highest one takes three times as long for 2 % less."""


def cases(report: ReportDocument, document: Mapping[str, Any]) -> Html | None:
    """Write the section; ``None`` without any case."""
    if not report.cases:
        return None
    return section(
        "cases", "Cases",
        _filters(report),
        element("p", class_="count", id="count", aria_live="polite"),
        element("div", id="list", class_="list"),
        element("button", "Show 50 more", id="more", type="button", hidden=True),
        element("div", _plain(report.cases), id="plain"),
        element("script", Html(pack(document["cases"])), type="text/plain", id="data"),
        lead="Each test with its answers, checks and usage.",
    )  # fmt: skip


def pack(rows: Sequence[Mapping[str, Any]]) -> str:
    """Compress cases to a text of letters, digits, ``+``, ``/`` and ``=``, which cannot end a script."""
    lean = [{**row, "answers": [_without_digest(answer) for answer in row["answers"]]} for row in rows]
    data = json.dumps(fold(lean), separators=(",", ":"))
    return base64.b64encode(gzip.compress(data.encode(), _LEVEL, mtime=0)).decode()


def fold(values: Sequence[Any]) -> dict[str, Any]:
    """Turn rows into columns, at all levels: a fifth smaller when compressed. ``page.js`` unfolds them."""
    if values and values[0] and all(isinstance(value, dict) and value.keys() == values[0].keys() for value in values):
        return {"fields": {key: fold([value[key] for value in values]) for key in values[0]}}
    if values and all(isinstance(value, list | tuple) for value in values):
        return {
            "lengths": [len(value) for value in values],
            "items": fold([item for value in values for item in value]),
        }
    return {"plain": values}


def _without_digest(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the digest of a text that is there: digests do not compress, and would be a tenth of the page."""
    return {**answer, "sha256": answer["sha256"] if answer["text"] is None else None}


def _filters(report: ReportDocument) -> Html:
    search = element(
        "input", type="search", id="search", autocomplete="off", spellcheck="false",
        placeholder="Words of a name, check or answer", aria_describedby="keys",
    )  # fmt: skip
    choices = (
        ("outcome", "Outcome", sorted({case.outcome for case in report.cases})),
        ("suite", "Suite", sorted({case.suite for case in report.cases})),
        ("version", "Version", sorted({case.version for case in report.cases})),
    )
    return element(
        "form",
        element("label", element("span", "Search"), search, class_="wide"),
        *(_select(name, title, values) for name, title, values in choices if len(values) > 1),
        element("p", element("kbd", "/"), " goes to the search, ", element("kbd", "Esc"), " clears it.", id="keys"),
        id="filters", hidden=True, role="search",
    )  # fmt: skip


def _select(name: str, title: str, values: Sequence[str]) -> Html:
    options = [element("option", "all", value="")]
    options += [element("option", value, value=f"={value}") for value in values]
    return element("label", element("span", title), element("select", *options, id=name))


def _plain(rows: Sequence[CaseModel]) -> Html:
    failed = [case for case in rows if case.outcome == "failed"]
    shown = [_case(case) for case in failed[:MOST_PLAIN]]
    more = len(failed) - len(shown)
    says = f"{count(len(rows), 'case')}, {len(failed):,} failed. All of them are listed where scripts may run"
    rest = f"; here are the failed ones{f', but for {more:,}' if more else ''}." if failed else "."
    return join(element("p", says + rest), *shown)


def _case(case: CaseModel) -> Html:
    """Write a failed case without its usage, which its version's row sums up."""
    body: list[Child] = [lines(map(_check, case.checks), class_="checks")]
    for number, answer in enumerate(case.answers, start=1):
        shown = (
            f"{answer.length:,} characters, sha256 {answer.sha256[:12]}"
            if answer.text is None
            else shorten(answer.text)
        )
        body += [element("h3", f"Answer {number}"), element("pre", shown, class_="answer", tabindex=0)]
        if answer.accepted_diff:
            body.append(element("pre", shorten(answer.accepted_diff), class_="answer", tabindex=0))
    name = element(
        "summary", badge(case.outcome), " ", case.case, " ", element("small", f"{case.suite} {case.version}")
    )
    return element(
        "details", name, element("div", element("p", element("code", case.id)), *body, class_="body"), class_="case"
    )


def _check(check: CheckModel) -> Html:
    word = {True: "passed", False: "failed", None: "cannot tell"}[check.passed]
    return join(
        badge(word),
        " ",
        element("b", check.check),
        f": {shorten(check.why)}",
        f" ({check.place})" if check.place else None,
    )
