"""The input and output tokens of a call, as the API reports them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call, by class. The input classes are disjoint and add up to the whole request.

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

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cache_read_input_tokens=self.cache_read_input_tokens + other.cache_read_input_tokens,
            ephemeral_5m_input_tokens=self.ephemeral_5m_input_tokens + other.ephemeral_5m_input_tokens,
            ephemeral_1h_input_tokens=self.ephemeral_1h_input_tokens + other.ephemeral_1h_input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )

    @classmethod
    def from_api(cls, usage: Mapping[str, Any]) -> "Usage":
        """Read usage from the API's object; a write without a TTL split counts as 5m."""
        split = usage.get("cache_creation") or {}
        one_hour = split.get("ephemeral_1h_input_tokens") or 0
        written = usage.get("cache_creation_input_tokens") or one_hour + (split.get("ephemeral_5m_input_tokens") or 0)
        return cls(
            input_tokens=usage.get("input_tokens") or 0,
            cache_read_input_tokens=usage.get("cache_read_input_tokens") or 0,
            ephemeral_5m_input_tokens=written - one_hour,
            ephemeral_1h_input_tokens=one_hour,
            output_tokens=usage.get("output_tokens") or 0,
        )

    def input_to_api(self) -> dict[str, Any]:
        """Write the input side in the form of the API's ``usage`` object."""
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_creation_input_tokens,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.ephemeral_5m_input_tokens,
                "ephemeral_1h_input_tokens": self.ephemeral_1h_input_tokens,
            },
        }
