"""Characters that look like nothing or like a plain space, in words for notes."""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from harness.prompt.strings import first_difference
from harness.promptcache.naming.words import list_some


def say_characters(old: str, new: str) -> Iterator[str]:
    """Say which invisible characters, or spaces that are not plain ones, two texts differ in."""
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


def _name(char: str) -> str:
    return f"U+{ord(char):04X} ({unicodedata.name(char, 'no name')})"
