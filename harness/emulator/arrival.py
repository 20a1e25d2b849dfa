"""When and how a request has arrived."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When and how a request has arrived."""

    seed: str
    """Hexadecimal digits that no other request has."""
    at: float
    workspace: str | None = None
    tier: str = "standard"
    begins_at: float | None = None
    """When its answer begins; ``None``: once it is made."""
