"""Tokens by class, of a call or of one of its samplings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens by class. The input classes are disjoint and add up to the whole request.

    Field names are the API's. ``input_tokens`` counts tokens that were neither read nor written.
    """

    input_tokens: int = 0
    cache_read_input_tokens: int = 0
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0
    output_tokens: int = 0

    @property
    def cache_creation_input_tokens(self) -> int:
        """Tokens written, whatever their TTL."""
        return self.ephemeral_5m_input_tokens + self.ephemeral_1h_input_tokens

    @property
    def total_input_tokens(self) -> int:
        """All tokens of the request: read, written and uncached."""
        return self.input_tokens + self.cache_creation_input_tokens + self.cache_read_input_tokens

    @property
    def prefix_tokens(self) -> int:
        """Tokens of the longest prefix that the call read or wrote."""
        return self.cache_creation_input_tokens + self.cache_read_input_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration(Tokens):
    """A sampling of a call that is billed besides the tokens of its usage."""

    type: str
    model: str | None = None
    """The model that is billed; ``None`` for the call's own."""

    def __str__(self) -> str:
        by = f" by {self.model}" if self.model else ""
        return (
            f"{self.type}{by}: {self.cache_creation_input_tokens:,} written, {self.cache_read_input_tokens:,} read, "
            f"{self.input_tokens:,} uncached, {self.output_tokens:,} output"
        )
