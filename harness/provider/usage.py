"""The usage of a call, as the API reports it: tokens by class, and whatever else is billed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, Self

from harness.provider.tokens import Iteration, Tokens
from harness.provider.usage_reading import read_usage

_MIXED = "calls with different rates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Tokens):
    """Tokens of one call by class, and all else that its usage says about its price."""

    iterations: tuple[Iteration, ...] = ()
    """Samplings that are billed besides the tokens, such as a compaction."""
    models: tuple[str, ...] = ()
    """The models that made the tokens, where the usage says so; else it is the call's own."""
    counters: tuple[tuple[str, int], ...] = ()
    """Requests with a price of their own, by their path in the usage."""
    modifiers: tuple[tuple[str, str], ...] = ()
    """Keys and values that set another rate than the standard one: ``("speed", "fast")``."""
    unknown: tuple[str, ...] = ()
    """Parts whose price is not known."""
    faults: tuple[str, ...] = ()
    """Contradictions and impossible values; then no figure can be trusted."""

    @property
    def also_billed(self) -> tuple[str, ...]:
        """What is billed besides the tokens, or changes their price, one line each."""
        return (
            *(f"{key}: {value}" for key, value in self.modifiers),
            *(f"{path}: {number:,}" for path, number in self.counters),
            *map(str, self.iterations),
        )

    def __add__(self, other: "Usage") -> "Usage":
        """Add two usages, to show them. The sum is not a call: price each call on its own, and add the dollars."""
        if _NOTHING in (self, other):
            return other if self == _NOTHING else self
        mixed = () if self.modifiers == other.modifiers else (_MIXED,)
        return Usage(
            **_add(self, other),
            iterations=tuple(_add_iterations(self.iterations + other.iterations)),
            models=_unique(*self.models, *other.models),
            counters=tuple((Counter(dict(self.counters)) + Counter(dict(other.counters))).items()),
            modifiers=_unique(*self.modifiers, *other.modifiers),
            unknown=_unique(*self.unknown, *other.unknown, *mixed),
            faults=_unique(*self.faults, *other.faults),
        )

    @classmethod
    def from_api(cls, usage: object) -> Self:
        """Read usage from the API's object; a write without a TTL split counts as 5m.

        Nothing is dropped: what has no price is in ``unknown``, and what cannot be true in ``faults``.
        """
        read = read_usage(usage)
        return cls(
            **read.tokens,
            iterations=read.iterations,
            models=read.models,
            counters=read.counters,
            modifiers=read.modifiers,
            unknown=_unique(*read.unknown),
            faults=_unique(*read.faults),
        )

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild a usage from its fields, after a way through JSON."""
        return cls(**{
            **data,
            "iterations": tuple(Iteration(**row) for row in data["iterations"]),
            **{key: tuple(map(tuple, data[key])) for key in ("counters", "modifiers")},
            **{key: tuple(data[key]) for key in ("models", "unknown", "faults")},
        })  # fmt: skip

    def input_to_api(self) -> dict[str, Any]:
        """Write the input tokens in the form of the API's ``usage`` object."""
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_creation_input_tokens,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.ephemeral_5m_input_tokens,
                "ephemeral_1h_input_tokens": self.ephemeral_1h_input_tokens,
            },
        }


_NOTHING = Usage()


def _add(one: Tokens, two: Tokens) -> dict[str, int]:
    return {field.name: getattr(one, field.name) + getattr(two, field.name) for field in fields(Tokens)}


def _add_iterations(iterations: tuple[Iteration, ...]) -> Iterator[Iteration]:
    """Add the iterations of each type and model."""
    for (kind, model), group in groupby(sorted(iterations, key=_kind), key=_kind):
        first, *others = group
        tokens = _add(first, Tokens())
        for other in others:
            tokens = _add(Tokens(**tokens), other)
        yield Iteration(type=kind, model=model or None, **tokens)


def _kind(iteration: Iteration) -> tuple[str, str]:
    return iteration.type, iteration.model or ""


def _unique[T](*items: T) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
