"""Arbitrary text as GitHub-flavoured Markdown that shows exactly that text.

Plain words stay as they are. Every other word becomes a code span, because code has no
markup, no HTML, no mention of a person and no link to an issue or a commit.
"""

import re

from harness.findings.words import printable

_WORD = re.compile(r"([\"'(]*)(.*?)([)\"',.;:!?]*)")
# Letters, and numbers and names such as "v2" that are too short for a commit id.
_PLAIN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d{1,3}(?:,\d{3})*(?:\.\d{1,4})?%?|[^\W\d_]{1,4}\d{1,2}|%|")
_BACKTICKS = re.compile("`+")


def inline(text: str) -> str:
    """Write text as part of a line."""
    return " ".join(_word(word) for word in text.split())


def cell(text: str) -> str:
    """Write text as a table cell, where a bar ends the cell even in code."""
    return inline(text.replace("|", r"\x7c"))


def code(text: str) -> str:
    """Write text as one code span."""
    shown = printable(text)
    fence = "`" * (_longest_run(shown) + 1)
    # A span loses one space on either side, so the padding is not shown; backticks at the ends need it.
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(lines: list[str], *, language: str) -> str:
    """Write lines as a code block, with a fence longer than any in the lines."""
    shown = [printable(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def _word(word: str) -> str:
    match = _WORD.fullmatch(word)
    # Both ends are optional, and the middle matches anything that a word may hold.
    assert match is not None
    before, core, after = match.groups()
    return word if _PLAIN.fullmatch(core) else f"{before}{code(core)}{after}"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
