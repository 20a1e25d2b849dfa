"""One thing that a check reports, in parts: what is wrong, where, why, what it costs, what to do.

The parts are kept apart so that each output can show them in its own way, and can leave out
those that hold text of a prompt.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal, Self

from harness.findings.advice import ADVICE, UNEXPLAINED
from harness.findings.rules import Rule

Severity = Literal["error", "warning", "note"]

_WITHHELD = re.compile(r"\d+ characters, sha256 [0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where two requests differ, with the text around it from both."""

    path: str
    """Path of the block or parameter: ``system[0]``, ``tool_choice``."""
    offset: int | None = None
    """Offset of the first differing character in the block's text."""
    first: str = "before"
    """Name of the first text; empty if there is only a second one."""
    second: str = "after"
    """Name of the second text."""
    before: str = ""
    """Text of a prompt."""
    after: str = ""
    """Text of a prompt."""

    def __str__(self) -> str:
        return self.path if self.offset is None else f"{self.path} at character {self.offset:,}"

    def lines(self, *, title: str = "first difference", is_private: bool = False) -> list[str]:
        """Write the place, then both texts; in a private run only their lengths and digests."""
        if not (self.before or self.after):
            return [f"place: {self}"]
        width = max(len(self.first), len(self.second)) + 1
        show = withhold if is_private else repr
        if not self.first:
            return [f"place: {self}", f"  {self.second}: {show(self.after)}"]
        return [
            f"{title}: {self}",
            f"  {self.first + ':':<{width}} {show(self.before)}",
            f"  {self.second + ':':<{width}} {show(self.after)}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One more change of the same prefix."""

    place: Place
    cause: str
    """A key of `ADVICE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check reports. Only ``place`` and ``quotes`` hold text of prompts or inputs."""

    rule: Rule
    headline: str
    level: Severity = "error"
    facts: tuple[str, ...] = ()
    """Observations, one line each."""
    place: Place | None = None
    quotes: tuple[str, ...] = ()
    """Lines that quote prompts or inputs."""
    cause: str | None = None
    """A key of `ADVICE`."""
    edits: tuple[Edit, ...] = ()
    """What else changed, besides the change at ``place``: the most expensive first."""
    tokens: int = 0
    """Tokens that are no longer read."""
    costs: tuple[str, ...] = ()
    """Costs, one line each."""
    fix: str | None = None
    notes: tuple[str, ...] = ()
    test: str = ""
    """Id of the test that found it."""
    file: str | None = None
    """File of the prompt or case, relative to the project root."""
    line: int | None = None
    command: str = ""
    """Command to run next."""

    def lines(self, *, is_private: bool = False) -> list[str]:
        """Write the finding as lines of text, headline first."""
        rest = [*self.facts]
        number = 1 + len(self.edits)
        if self.place is not None:
            title = "first difference" if number == 1 else f"change 1 of {number}"
            rest += self.place.lines(title=title, is_private=is_private)
        rest += [withhold(quote) for quote in self.quotes] if is_private else self.quotes
        if self.explained_cause:
            rest.append(f"cause: {self.explained_cause}")
        for index, edit in enumerate(self.edits, start=2):
            rest += edit.place.lines(title=f"change {index} of {number} ({edit.cause})", is_private=is_private)
        rest += [f"cost:  {cost}" for cost in self.costs]
        if self.fix is not None:
            rest.append(f"fix:   {self.fix}")
        return [self.headline, *(f"  {line}" for line in (*rest, *self.notes))]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def explained_cause(self) -> str:
        """The cause and what it means; empty without one."""
        if self.cause is None or self.cause == UNEXPLAINED:
            return ""
        return f"{self.cause}: {ADVICE[self.cause].why}"

    def with_cause(self, cause: str) -> Finding:
        """Copy the finding with a cause and the fix for it."""
        return replace(self, cause=cause, fix=ADVICE[cause].fix)

    def to_json(self, *, is_private: bool = False) -> dict[str, Any]:
        """Convert all parts, for a report or another process; in a private run without texts."""
        data = asdict(self)
        if is_private:
            places = [data["place"], *(edit["place"] for edit in data["edits"])]
            for place in places:
                if place is not None:
                    place |= {side: withhold(place[side]) if place[side] else "" for side in ("before", "after")}
            data["quotes"] = [withhold(quote) for quote in self.quotes]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build a finding from the output of `to_json`."""
        place = Place(**data["place"]) if data["place"] else None
        edits = tuple(Edit(place=Place(**edit["place"]), cause=edit["cause"]) for edit in data.get("edits", ()))
        tuples = {key: tuple(data[key]) for key in ("facts", "quotes", "costs", "notes")}
        return cls(**{**data, **tuples, "place": place, "edits": edits})


def withhold(text: str) -> str:
    """Describe a text without showing it: its length and the beginning of its digest. A description stays as it is."""
    if is_withheld(text):
        return text
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{len(text)} characters, sha256 {digest[:12]}"


def is_withheld(text: str) -> bool:
    """Whether a text is what `withhold` writes."""
    return _WITHHELD.fullmatch(text) is not None
