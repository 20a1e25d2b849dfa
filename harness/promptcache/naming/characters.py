"""Characters that look like nothing or like a plain space, in words for notes."""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from harness.prompt.strings import first_difference
from harness.promptcache.naming.words import list_some

LINE_ENDS = "only the line ends differ: "
"""How the note begins that says so."""


def say_characters(old: str, new: str) -> Iterator[str]:
    """Say which line ends, invisible characters, or spaces that are not plain ones, two texts differ in."""
    if _name_line_ends(old) != _name_line_ends(new) and _plain_lines(old) == _plain_lines(new):
        yield f"{LINE_ENDS}{_name_line_ends(old)} before, {_name_line_ends(new)} now"
    start = first_difference(old, new)
    end = first_difference(old[start:][::-1], new[start:][::-1])
    counts = Counter(old[start : len(old) - end]), Counter(new[start : len(new) - end])
    found = (counts[0] - counts[1]) | (counts[1] - counts[0])
    hidden = sorted(char for char in found if unicodedata.category(char) == "Cf")
    spaces = sorted(char for char in found if unicodedata.category(char) == "Zs" and char != " ")
    if hidden:
        noun = "character" if len(hidden) == 1 else "characters"
        yield f"remove the invisible {noun} {list_some([*map(_name, hidden)])}"
    if spaces:
        yield f"write a plain space for {list_some([*map(_name, spaces)])}"


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _name_line_ends(text: str) -> str:
    """The line ends of a text by their usual names: ``LF``, ``CRLF``, ``CR and LF``."""
    rest = text.replace("\r\n", "")
    found = {"CRLF": rest != text, "CR": "\r" in rest, "LF": "\n" in rest}
    return " and ".join(name for name, is_there in found.items() if is_there)


def _name(char: str) -> str:
    return f"U+{ord(char):04X} ({unicodedata.name(char, 'no name')})"
