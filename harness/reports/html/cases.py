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

_BASE, _EACH = 350_000, 440
"""Most characters of the packed cases: so many, and for each case."""

_SAMPLE = 250
"""Cases from which the length of answers is estimated; to compress all of them takes a second for 5,000."""

_SHORTEST = 200
"""Characters of an answer that are always kept."""

_PLAIN = 1_000
"""Characters of an answer in the plain HTML of a failed case."""

_FAILED = 4
"""How much longer the answers of failed cases may be."""

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
    """Compress cases to a text of letters, digits, ``+``, ``/`` and ``=``, which cannot end a script.

    If the answers are so long that the page would be too large, they are cut, those of failed cases last.
    """
    # Close to each other, the answers of a case with each version share their words.
    ordered = sorted(rows, key=lambda row: (row["suite"], row["case"]))
    limit = _BASE + _EACH * len(ordered)
    longest = _find_longest(ordered, limit)
    packed = _pack(ordered, longest)
    while longest is not None and len(packed) > limit and longest > _SHORTEST:
        longest = max(_SHORTEST, longest * 3 // 4)
        packed = _pack(ordered, longest)
    return packed


def _find_longest(rows: Sequence[Mapping[str, Any]], limit: int) -> int | None:
    """Estimate from some cases how long answers may be, so that all fit; ``None`` for any length."""
    sample = rows[:: max(1, len(rows) // _SAMPLE)]
    share = limit * len(sample) / max(1, len(rows))
    longest, size = max((_longest(row) for row in sample), default=0), len(_pack(sample, None))
    if size <= 0.9 * share:
        return None
    while size > 0.9 * share and longest > _SHORTEST:
        longest = max(_SHORTEST, int(longest * min(0.8, share / size)))
        size = len(_pack(sample, longest))
    return longest


def _pack(rows: Sequence[Mapping[str, Any]], longest: int | None) -> str:
    lean = [{**row, "answers": [_lean(answer, row, longest) for answer in row["answers"]]} for row in rows]
    data = json.dumps(fold(lean), separators=(",", ":"))
    return base64.b64encode(gzip.compress(data.encode(), _LEVEL, mtime=0)).decode()


def _longest(row: Mapping[str, Any]) -> int:
    return max((len(text) for answer in row["answers"] for text in _texts(answer)), default=0)


def _texts(answer: Mapping[str, Any]) -> list[str]:
    return [text for text in (answer["text"], answer["accepted_diff"]) if text]


def _lean(answer: Mapping[str, Any], row: Mapping[str, Any], longest: int | None) -> dict[str, Any]:
    """An answer without its digest, and with its texts cut where that is needed."""
    kept = None if longest is None else longest * (_FAILED if row["outcome"] == "failed" else 1)
    return {**_without_digest(answer), **{key: _cut(answer[key], kept) for key in ("text", "accepted_diff")}}


def _cut(text: str | None, longest: int | None) -> str | None:
    if text is None or longest is None or len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} more characters in report.json)"


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
            else shorten(_cut(answer.text, _PLAIN) or "")
        )
        body += [element("h3", f"Answer {number}"), element("pre", shown, class_="answer", tabindex=0)]
        if answer.accepted_diff:
            body.append(element("pre", shorten(_cut(answer.accepted_diff, _PLAIN) or ""), class_="answer", tabindex=0))
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
