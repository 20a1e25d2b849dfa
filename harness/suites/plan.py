"""The plan of a case: its rounds of calls, and the prefix that each call must read from the prompt cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

PlanKind = Literal["repeat", "samples", "questions", "conversation"]
"""How the calls of a case relate: equal rounds, samples of one answer, questions on one prefix, or turns of a
conversation."""

Extent = Literal["all", "static"]
"""How much of an earlier call's prefix must be read: everything that it read or wrote, or its static prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A call that must read what an earlier one left in the prompt cache; both are indexes in the case."""

    later: int
    earlier: int
    extent: Extent = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallGroup:
    """Calls of a case that are billed and checked together, in calling order."""

    calls: tuple[int, ...]
    """Their indexes in the case, over all rounds."""
    reads: tuple[Read, ...]

    @property
    def last(self) -> int:
        """The call that ends the group."""
        return self.calls[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often a case calls its function, and what the calls must read."""

    kind: PlanKind = "repeat"
    rounds: int = 2

    @property
    def is_default(self) -> bool:
        """Whether the plan is two equal rounds."""
        return self == TWO_EQUAL_ROUNDS

    @property
    def is_conversation(self) -> bool:
        """Whether the calls of a round build on one another."""
        return self.kind == "conversation"

    @property
    def has_equal_rounds(self) -> bool:
        """Whether all rounds make the same calls."""
        return self.kind in ("repeat", "samples")

    @property
    def label(self) -> str:
        """Its name in the savings table."""
        match self.kind:
            case "repeat":
                return f"{self.rounds} equal rounds"
            case "samples":
                return f"{self.rounds} samples"
            case "questions":
                return "questions"
            case "conversation":
                return "conversation" if self.rounds == 1 else f"{self.rounds} conversations"

    def group(self, size: int) -> tuple[CallGroup, ...]:
        """Group the calls of a case that makes ``size`` calls per round, with what they must read.

        Equal rounds are compared call by call. The other kinds form one group, since any call may
        read what any earlier one wrote.
        """
        if self.has_equal_rounds:
            return tuple(self._group_equal(index, size) for index in range(size))
        reads = self._conversation_reads(size) if self.is_conversation else self._question_reads(size)
        return (CallGroup(calls=tuple(range(self.rounds * size)), reads=reads),)

    def accepted_calls[T](self, rounds: Sequence[Sequence[T]]) -> list[T]:
        """The calls whose requests the lock file keeps: those of the first round, as later rounds add only answers."""
        return list(rounds[0])

    def accepted_number(self, number: int, size: int) -> int | None:
        """The accepted call that the ``number``-th call of a case repeats; ``None`` if it repeats none.

        ``size`` is the number of accepted calls; all numbers start at 0.
        """
        if number >= size * self.rounds or (self.kind == "questions" and number >= size):
            return None
        return number % size

    def _group_equal(self, index: int, size: int) -> CallGroup:
        calls = tuple(range(index, self.rounds * size, size))
        return CallGroup(calls=calls, reads=tuple(Read(later=later, earlier=index) for later in calls[1:]))

    def _question_reads(self, size: int) -> tuple[Read, ...]:
        """For each question: it reads the static prefix of the same call in the first round."""
        later = range(size, self.rounds * size)
        return tuple(Read(later=number, earlier=number % size, extent="static") for number in later)

    def _conversation_reads(self, size: int) -> tuple[Read, ...]:
        """For each call: it reads what the call before it left; later rounds start like the first."""
        later = range(1, self.rounds * size)
        return tuple(Read(later=number, earlier=number - 1 if number % size else 0) for number in later)


TWO_EQUAL_ROUNDS = Plan()
"""The default plan of a case."""

ONE_ROUND = Plan(rounds=1)
"""The plan of a test that is not a case of a suite: its calls are made once."""
