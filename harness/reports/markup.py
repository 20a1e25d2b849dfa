"""Text that may hold anything, as GitHub-flavoured Markdown that means nothing but that text.

Plain words stay as they are; every other word becomes a code span, for in code there is no
markup, no HTML, no mention of a person and no link to an issue or a commit.
"""

import re

from harness.findings.words import printable

_WORD = re.compile(r"([\"'(]*)(.*?)([)\"',.;:!?]*)")
# Letters; numbers, and names such as "v2", too short to be the name of a commit.
_PLAIN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d{1,3}(?:,\d{3})*(?:\.\d{1,4})?%?|[^\W\d_]{1,4}\d{1,2}|%|")
_BACKTICKS = re.compile("`+")


def inline(text: str) -> str:
    """Text as part of a line."""
    return " ".join(_word(word) for word in text.split())


def cell(text: str) -> str:
    """Text as a cell of a table, where a bar ends the cell even in code."""
    return inline(text.replace("|", r"\x7c"))


def code(text: str) -> str:
    """Text as one code span."""
    shown = printable(text)
    fence = "`" * (_longest_run(shown) + 1)
    # A span loses one space on either side, so these show nothing; the backticks inside need them.
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(lines: list[str], *, language: str) -> str:
    """Lines as a code block, with a fence longer than any in them."""
    shown = [printable(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def _word(word: str) -> str:
    match = _WORD.fullmatch(word)
    # Both ends are optional and the middle takes anything that a word may hold.
    assert match is not None
    before, core, after = match.groups()
    return word if _PLAIN.fullmatch(core) else f"{before}{code(core)}{after}"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
