"""What a count leaves open, and how many tokens that may be."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing in a request that cannot be counted offline to the token."""

    path: str
    """Of the block or parameter."""
    why: str
    tokens: int | None
    """How far the count may be off because of it, in either direction; ``None`` where that is not known."""
    counted: int | None = None
    """How many of the counted tokens are in doubt; ``None``: as many as ``tokens``, or all since then."""
    since: int = 0
    """Index of the first block whose prefix may be off; the prefixes before it are exact."""

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


def bound_of(doubts: Iterable[Doubt]) -> int | None:
    """Tokens that a count may be off by all its doubts together; ``None`` where one has no bound."""
    total = 0
    for doubt in doubts:
        if doubt.tokens is None:
            return None
        total += doubt.tokens
    return total
