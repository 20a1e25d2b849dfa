"""Lists and counts in the words of notes."""

from collections.abc import Sequence

_LISTED = 5
"""Texts that a note lists."""


def list_some(texts: Sequence[str]) -> str:
    """List the first texts, and say how many more there are."""
    listed, more = ", ".join(texts[:_LISTED]), len(texts) - _LISTED
    return f"{listed} and {more:,} more" if more > 0 else listed


def say_count(number: int, noun: str) -> str:
    """Say how many: ``1 block``, ``2 blocks``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
