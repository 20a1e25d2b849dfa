"""The result of one check of one answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check says about an answer."""

    check: str
    """Name of the check."""
    passed: bool | None
    """``None``: the check cannot tell."""
    score: float | None = None
    """From 0 to 1, for a check that scores."""
    why: str
    """One sentence, without a full stop."""
    place: str = ""
    """Where in the answer, such as ``line 12`` or ``suggestions[2].reason``; empty if nowhere."""
    is_broken: bool = False
    """The check itself failed, so that it can tell nothing."""

    def to_json(self) -> dict[str, Any]:
        """The result as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Restore a result from the return value of `to_json`."""
        return cls(**data)
