"""One thing that a check has to say, in parts: what is wrong, where, why, what it costs, what to do.

The parts stay apart so that every output can show them in its own way, and so that those which
hold text of a prompt can be left out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal, Self

from harness.findings.advice import ADVICE
from harness.findings.rules import Rule

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where two requests differ, with both texts around it."""

    path: str
    """Of the block or parameter: ``system[0]``, ``tool_choice``."""
    offset: int | None = None
    """The first differing character of the block's text."""
    first: str = "before"
    """What the first text is called; empty where there is only a second one."""
    second: str = "after"
    before: str = ""
    """Text of a prompt."""
    after: str = ""
    """Text of a prompt."""

    def __str__(self) -> str:
        return self.path if self.offset is None else f"{self.path} at character {self.offset:,}"

    def lines(self, *, is_private: bool = False) -> list[str]:
        """The place, and both texts below it; in private only their lengths and digests."""
        if not (self.before or self.after):
            return [f"place: {self}"]
        width = max(len(self.first), len(self.second)) + 1
        show = withhold if is_private else repr
        if not self.first:
            return [f"place: {self}", f"  {self.second}: {show(self.after)}"]
        return [
            f"first difference: {self}",
            f"  {self.first + ':':<{width}} {show(self.before)}",
            f"  {self.second + ':':<{width}} {show(self.after)}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check has to say. Only ``place`` and ``quotes`` hold text of prompts or inputs."""

    rule: Rule
    headline: str
    level: Severity = "error"
    facts: tuple[str, ...] = ()
    """What was seen, a line each."""
    place: Place | None = None
    quotes: tuple[str, ...] = ()
    """Lines that quote prompts or inputs."""
    cause: str | None = None
    """A key of `ADVICE`."""
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
        rest += [withhold(quote) for quote in self.quotes] if is_private else self.quotes
        if self.cause is not None:
            rest.append(f"cause: {self.cause}: {ADVICE[self.cause].why}")
        rest += [f"cost:  {cost}" for cost in self.costs]
        if self.fix is not None:
            rest.append(f"fix:   {self.fix}")
        return [self.headline, *(f"  {line}" for line in (*rest, *self.notes))]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def with_cause(self, cause: str) -> Finding:
        """The same with a cause, and the fix for it."""
        return replace(self, cause=cause, fix=ADVICE[cause].fix)

    def to_json(self, *, is_private: bool = False) -> dict[str, Any]:
        """All parts, for a report and for the way from one process to another; in private without texts."""
        data = asdict(self)
        if is_private and self.place is not None:
            texts = {"before": self.place.before, "after": self.place.after}
            data["place"] |= {side: withhold(text) if text else "" for side, text in texts.items()}
        if is_private:
            data["quotes"] = [withhold(quote) for quote in self.quotes]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """A finding from what `to_json` gave."""
        place = Place(**data["place"]) if data["place"] else None
        tuples = {key: tuple(data[key]) for key in ("facts", "quotes", "costs", "notes")}
        return cls(**{**data, **tuples, "place": place})


def withhold(text: str) -> str:
    """What may be said of a text that must not be shown: its length and the beginning of its digest."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{len(text)} characters, sha256 {digest[:12]}"
