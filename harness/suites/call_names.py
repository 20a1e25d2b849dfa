"""Names, for messages, of two calls of a case where the later must read what the earlier wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from harness.suites.plan import Plan, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNames:
    """The names of an earlier and a later call; by default, those of two equal calls."""

    earlier: str = "the first call"
    later: str = "the second call"
    earlier_again: str = "the first one"
    """The earlier call, named a second time in a sentence."""
    later_again: str = "the second"
    is_static: bool = False
    """Only the static prefix must be read."""

    @classmethod
    def of(cls, plan: Plan, read: Read) -> Self:
        """Name the two calls of a read by their numbers, unless the plan is two equal rounds."""
        if plan.is_default:
            return cls()
        earlier, later = f"call {read.earlier + 1}", f"call {read.later + 1}"
        return cls(
            earlier=earlier,
            later=later,
            earlier_again=earlier,
            later_again=later,
            is_static=read.extent == "static",
        )

    @property
    def labels(self) -> tuple[str, str]:
        """Both names, for the start of a line of figures."""
        return self.earlier.removeprefix("the "), self.later.removeprefix("the ")

    @property
    def sides(self) -> tuple[str, str]:
        """Both names, for the start of an excerpt: ``first`` and ``second``, or their numbers."""
        earlier, later = self.labels
        return earlier.removesuffix(" call"), later.removesuffix(" call")
