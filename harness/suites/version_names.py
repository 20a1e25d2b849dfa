"""The order of prompt versions by their names."""

import re

_NUMBERS = re.compile(r"(\d+)")


def natural_key(version: str) -> tuple[tuple[int, str], ...]:
    """Sort key of a version: ``v2`` comes before ``v10``."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBERS.split(version) if part)
