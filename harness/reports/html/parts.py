"""Parts that several sections share: sections, tables, charts with their tables, legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.reports.html.markup import Child, Html, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Column(NamedTuple):
    """A column of a table."""

    title: str
    is_number: bool = False


def section(name: str, title: str, *children: Child, lead: Child = None) -> Html:
    """Write a section of the page; ``name`` is the target of its link."""
    head = element("h2", title, id=f"{name}-title")
    intro = None if lead is None else element("p", lead, class_="lead")
    return element("section", head, intro, *children, id=name, aria_labelledby=f"{name}-title")


def table(columns: Sequence[Column], rows: Iterable[Sequence[Child]], *, caption: str) -> Html:
    """Write a table whose first column names the row."""
    head = [element("th", column.title, scope="col", class_=_kind(column)) for column in columns]
    body = [element("tr", *_cells(columns, row)) for row in rows]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *head)),
            element("tbody", *body),
        ),
        class_="scroll",
        tabindex=0,
        role="group",
        aria_label=caption,
    )


def figure(title: str, drawing: Html | None, numbers: Html, *, legend: Child = None, note: Child = None) -> Html:
    """Write a chart with its title, legend and note, and its numbers as a table that opens; without a chart, the table.

    The title is not part of the picture, so that it can be read and searched.
    """
    caption = element("figcaption", element("h3", title), None if note is None else element("p", note))
    if drawing is None:
        return element("figure", caption, numbers, class_="plain")
    details = element("details", element("summary", "Numbers"), numbers)
    return element("figure", caption, legend, drawing, details)


def legend(names: Iterable[tuple[str, str]]) -> Html:
    """Write the names of series, each with the class of its colour."""
    return element(
        "ul",
        *(element("li", element("span", class_=f"key {kind}", aria_hidden="true"), name) for name, kind in names),
        class_="legend",
    )


def lines(items: Iterable[Child], *, class_: str | None = None) -> Html | None:
    """Write a list; ``None`` if it is empty."""
    points = [element("li", item) for item in items]
    return element("ul", *points, class_=class_) if points else None


def badge(word: str) -> Html:
    """Write a word that states an outcome, in its colour."""
    return element("span", word, class_=f"badge {KINDS.get(word, 'plain')}")


KINDS = {
    "pass": "good", "passed": "good", "better": "good", "as accepted": "good",
    "fail": "bad", "failed": "bad", "bust": "bad", "worse": "bad", "error": "bad", "changed": "bad",
    "cannot tell": "warn", "warning": "warn", "skipped": "warn", "new": "warn", "not accepted yet": "warn",
}  # fmt: skip
"""The colour class of each word that states an outcome."""


def _kind(column: Column) -> str | None:
    return "number" if column.is_number else None


def _cells(columns: Sequence[Column], row: Sequence[Child]) -> list[Html]:
    first, *others = row
    cells = [element("th", first, scope="row")]
    cells += [element("td", cell, class_=_kind(column)) for column, cell in zip(columns[1:], others, strict=True)]
    return cells
