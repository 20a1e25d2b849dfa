"""Checks of the form of a Markdown answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.evaluation.checks.wording import fails, passes, quote, quotes
from harness.findings.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.evaluation.result import CheckResult

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"\s{0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*\s*$")
_BOLD = re.compile(r"\s*(?:\*\*|__)(.+?)(?:\*\*|__):?\s*$")
_NUMBER = re.compile(r"^(?:\d+[.)]|[A-Z][.)])\s+")


def headings(answer: str, expected: Sequence[str], *, exact: bool = False) -> CheckResult:
    """Check that the headings of the answer stand in this order; with ``exact``, there are no others.

    A heading is a line that begins with ``#``, or that is bold as a whole. Case, numbering, and a colon at the end do
    not count.
    """
    found = list_headings(answer)
    names = [_plain(name) for _, name in found]
    at, last = 0, ""
    for wanted in expected:
        try:
            at = names.index(_plain(wanted), at) + 1
        except ValueError:
            if _plain(wanted) in names:
                line = found[names.index(_plain(wanted))][0]
                return fails(f"the heading {quote(wanted)} does not stand after {quote(last)}", place=f"line {line}")
            return fails(f"lacks the heading {quote(wanted)}; has {quotes([name for _, name in found]) or 'none'}")
        last = wanted
    if exact and len(found) != len(expected):
        others = [(line, name) for line, name in found if _plain(name) not in set(map(_plain, expected))] or found[-1:]
        return fails(
            f"{count(len(found), 'heading')}, expected {len(expected)}: {quote(others[0][1])} is not expected",
            place=f"line {others[0][0]}",
        )
    return passes(f"{count(len(expected), 'heading')} in order")


def list_headings(answer: str) -> list[tuple[int, str]]:
    """The headings of a Markdown text outside of code, each with its line."""
    found, fence = [], ""
    for number, line in enumerate(answer.split("\n"), start=1):
        if (mark := _FENCE.match(line)) is not None:
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
            continue
        if fence:
            continue
        if (heading := _HEADING.match(line)) is not None:
            found.append((number, heading[2]))
        elif (bold := _BOLD.match(line)) is not None:
            found.append((number, bold[1]))
    return found


def _plain(name: str) -> str:
    bare = _NUMBER.sub("", name.strip().strip("*_").strip())
    return " ".join(bare.rstrip(":").split()).casefold()
