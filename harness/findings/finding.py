"""One thing that a check has to say, in parts: what is wrong, where, why, what it costs, what to do.

The parts stay apart so that every output can show them in its own way, and so that the only
ones that hold text of a prompt, the excerpts, can be left out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, Self

from harness.findings.advice import ADVICE
from harness.provider.pricing import dollars

if TYPE_CHECKING:
    from harness.prompt.diff import Divergence
    from harness.promptcache.causes import Cause
    from harness.promptcache.explain import Explanation

Severity = Literal["error", "warning", "note"]

Rule = Literal[
    "accepted-bust",
    "budget",
    "bust",
    "cassette-miss",
    "leak",
    "never-cached",
    "new-prompt",
    "new-version",
    "prediction",
    "second-call",
    "cannot-tell",
    "unstable",
    "unused",
    "disagreement",
]
"""What kind of thing it is; the id under which SARIF lists it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where two requests part, with both texts around it."""

    path: str
    """Of the block or parameter: ``system[0]``, ``tool_choice``."""
    offset: int | None = None
    """The first differing character of the block's text."""
    first: str = "before"
    """What the first text is called."""
    second: str = "after"
    before: str = ""
    """Text of a prompt."""
    after: str = ""
    """Text of a prompt."""

    @classmethod
    def of(cls, divergence: Divergence, *, first: str, second: str) -> Self:
        """The place at which two requests part."""
        before, after = divergence.excerpts()
        return cls(
            path=divergence.path, offset=divergence.offset, first=first, second=second, before=before, after=after
        )

    def __str__(self) -> str:
        return self.path if self.offset is None else f"{self.path} at character {self.offset:,}"

    def lines(self, *, is_private: bool = False) -> list[str]:
        """The place, and both texts below it; in private only their lengths and digests."""
        if not (self.before or self.after):
            return [f"place: {self}"]
        width = max(len(self.first), len(self.second)) + 1
        show = withhold if is_private else repr
        return [
            f"first difference: {self}",
            f"  {self.first + ':':<{width}} {show(self.before)}",
            f"  {self.second + ':':<{width}} {show(self.after)}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check has to say. Only ``place`` holds text of a prompt."""

    rule: Rule
    headline: str
    level: Severity = "error"
    facts: tuple[str, ...] = ()
    """What was seen, a line each."""
    place: Place | None = None
    cause: Cause | None = None
    tokens: int = 0
    """Tokens that are not read any more."""
    costs: tuple[str, ...] = ()
    """What it costs, a line each."""
    fix: str | None = None
    notes: tuple[str, ...] = ()
    test: str = ""
    """Id of the test that found it."""
    file: str | None = None
    """Of the prompt or the case, from the root of the project."""
    line: int | None = None
    command: str = ""
    """What to type next."""

    def lines(self, *, is_private: bool = False) -> list[str]:
        """All of it, headline first, as people read it."""
        rest = [*self.facts]
        if self.place is not None:
            rest += self.place.lines(is_private=is_private)
        if self.cause is not None:
            rest.append(f"cause: {self.cause}: {ADVICE[self.cause][0]}")
        rest += [f"cost:  {cost}" for cost in self.costs]
        if self.fix is not None:
            rest.append(f"fix:   {self.fix}")
        return [self.headline, *(f"  {line}" for line in (*rest, *self.notes))]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def with_loss(self, result: Explanation) -> Finding:
        """The same with cause, cost and fix of what an explanation found; as it is if nothing is wrong."""
        if result.cause is None:
            return self
        place = self.place or (None if result.path is None else Place(path=result.path))
        return replace(
            self,
            place=place,
            cause=result.cause,
            tokens=result.tokens_lost,
            costs=(loss(result),) if result.tokens_lost else (),
            fix=ADVICE[result.cause][1],
        )

    def to_json(self, *, is_private: bool = False) -> dict[str, Any]:
        """All parts, for a report and for the way from one process to another; in private without excerpts."""
        data = asdict(self)
        if is_private and self.place is not None:
            texts = {"before": self.place.before, "after": self.place.after}
            data["place"] |= {side: withhold(text) if text else "" for side, text in texts.items()}
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """A finding from what `to_json` gave."""
        place = Place(**data["place"]) if data["place"] else None
        tuples = {key: tuple(data[key]) for key in ("facts", "costs", "notes")}
        return cls(**{**data, **tuples, "place": place})


def loss(result: Explanation) -> str:
    """What an explanation's loss adds to the one call."""
    return f"{result.tokens_lost:,} tokens are not read any more: {amount(result.cost)} more a call"


def amount(cost: Decimal | None) -> str:
    """Dollars as text, and words where no price is known."""
    return "an unknown amount" if cost is None else dollars(cost)


def withhold(text: str) -> str:
    """What may be said of a text that must not be shown: its length and the beginning of its digest."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{len(text)} characters, sha256 {digest[:12]}"
