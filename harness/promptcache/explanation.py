"""The result of a comparison of two requests: verdict, place, cause and cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from harness.promptcache.causes import Cause
from harness.promptcache.refusals.api_error import ApiError
from harness.provider.parameters import Level

Verdict = Literal["hit", "partial", "miss", "never_cached", "rejected"]
LevelVerdict = Literal["hit", "miss", "n/a", "model_specific"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a request reads from the prompt cache when it follows another, and why it loses the rest."""

    verdict: Verdict
    levels: dict[Level, LevelVerdict]
    breakpoints: tuple[tuple[str, LevelVerdict], ...] = ()
    """Path of each breakpoint of the earlier request, and whether the later request still reads up to it."""
    cause: Cause | None = None
    path: str | None = None
    offset: int | None = None
    excerpt: tuple[str, str] | None = None
    """Texts before and after, shortened."""
    tokens_lost: int = 0
    """Tokens that the earlier request wrote or read and the later one does not read."""
    cost: Decimal | None = Decimal(0)
    """Dollars that the loss adds to the later request; ``None`` if no price is known."""
    error: ApiError | None = None
    changes: tuple[str, ...] = ()
    """The first of the notes: what the cause does not say of the change."""
    notes: tuple[str, ...] = ()
    is_several: bool = False
    """Whether the prefix changed in more places than the one that is named."""

    @property
    def is_bust(self) -> bool:
        """Whether a prefix is lost, or was never cached."""
        return self.verdict in ("never_cached", "rejected") or self.cause is not None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``harness explain --format json`` prints."""
        return {
            "bust": self.is_bust,
            "verdict": self.verdict,
            "levels": dict(self.levels),
            "cause": self.cause,
            "path": self.path,
            "offset": self.offset,
            "excerpt": {"before": self.excerpt[0], "after": self.excerpt[1]} if self.excerpt else None,
            "tokens_lost": self.tokens_lost,
            "cost_usd": "unknown" if self.cost is None else f"{self.cost:f}",
            "error": self.error.message if self.error else None,
            "notes": list(self.notes),
        }
