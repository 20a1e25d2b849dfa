"""The findings: what is wrong, the difference, the cause, the cost, the fix, and the command to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.advice import ADVICE, UNEXPLAINED
from harness.findings.commands import next_lines
from harness.findings.finding import Finding
from harness.findings.ranking import LEVELS
from harness.findings.words import count, place_in_file
from harness.reports.html.figures import number
from harness.reports.html.markup import Child, Html, element, join
from harness.reports.html.parts import badge, lines, section

if TYPE_CHECKING:
    from harness.reports.document import FindingModel, PlaceModel, ReportDocument

MOST = 200
"""Most findings of a page; those beyond are counted."""

LONGEST = 2_000
"""Most characters of one text of a finding."""


def findings(report: ReportDocument) -> Html | None:
    """Write the section, worst first; ``None`` without any finding."""
    if not report.findings:
        return None
    order = sorted(enumerate(report.findings), key=lambda row: LEVELS.index(row[1].level))
    more = len(order) - MOST
    return section(
        "findings", "Findings", *(_finding(at, finding) for at, finding in order[:MOST]),
        element("p", f"And {count(more, 'more finding')} in report.json.") if more > 0 else None,
    )  # fmt: skip


def _finding(at: int, finding: FindingModel) -> Html:
    where: list[Child] = [element("code", place_in_file(finding.file, finding.line))] if finding.file else []
    if finding.test:
        where += [", " if where else None, "found by ", element("code", shorten(finding.test))]
    return element(
        "article",
        element("h3", badge(finding.level), " ", shorten(finding.headline)),
        element("p", *where, class_="where") if where else None,
        lines(map(shorten, finding.facts)),
        None if finding.place is None else _place(finding.place),
        *(join(element("p", "Also ", element("code", edit.cause), ":"), _place(edit.place)) for edit in finding.edits),
        lines((element("code", shorten(quote)) for quote in finding.quotes), class_="quotes"),
        _explain(at, finding),
        *_next(finding),
        id=f"finding-{at}", class_=f"finding {finding.level}", tabindex=-1,
    )  # fmt: skip


def shorten(text: str) -> str:
    """Cut a long text, and say how much was cut."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({count(len(text) - LONGEST, 'more character')})"


def _place(place: PlaceModel) -> Html:
    """Show both texts, with what differs marked."""
    at = place.path if place.offset is None else f"{place.path} at character {place.offset:,}"
    before, after = shorten(place.before), shorten(place.after)
    if not (before or after):
        return element("p", "Place: ", element("code", at))
    start, end = _common(before, after)
    rows = (
        [("del", place.first, before), ("ins", place.second, after)] if place.first else [("ins", place.second, after)]
    )
    body = [
        element("div", element("dt", name), element("dd", element("pre", _mark(tag, text, start, end))))
        for tag, name, text in rows
    ]
    head = "First difference: " if place.first else "Place: "
    return join(element("p", head, element("code", at)), element("dl", *body, class_="diff"))


def _common(before: str, after: str) -> tuple[int, int]:
    """Length of what both texts begin with, and of what both end with."""
    start = _same(before, after)
    return start, _same(before[start:][::-1], after[start:][::-1])


def _same(one: str, two: str) -> int:
    pairs = enumerate(zip(one, two, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(two)))


def _mark(tag: str, text: str, start: int, end: int) -> Html:
    stop = len(text) - end
    return join(text[:start], element(tag, text[start:stop]) if stop > start else None, text[stop:])


def _explain(at: int, finding: FindingModel) -> Html | None:
    rows: list[tuple[str, Child]] = []
    if finding.cause is not None and finding.cause != UNEXPLAINED:
        why = ADVICE[finding.cause].why if finding.cause in ADVICE else ""
        rows.append(("Cause", f"{finding.cause}: {why}" if why else finding.cause))
    if finding.tokens:
        rows.append(("Tokens no longer read", number(finding.tokens, f"/findings/{at}/tokens")))
    rows += [("Cost", shorten(cost)) for cost in finding.costs]
    if finding.fix is not None:
        rows.append(("Fix", shorten(finding.fix)))
    rows += [("Note", shorten(note)) for note in finding.notes]
    if not rows:
        return None
    return element(
        "dl", *(element("div", element("dt", name), element("dd", value)) for name, value in rows), class_="facts"
    )


def _next(finding: FindingModel) -> list[Html]:
    """Write what to do next, the command last."""
    if not finding.command:
        return []
    said = next_lines(Finding.from_json(finding.model_dump()))
    *others, last = said
    what = last.removesuffix(finding.command).rstrip(": ")
    return [
        *(element("p", f"{_sentence(line)}.") for line in others),
        element("p", f"{_sentence(what)}:"),
        element("pre", finding.command, class_="command", tabindex=0),
    ]


def _sentence(words: str) -> str:
    return "Run next" if words == "next" else words[:1].upper() + words[1:]
