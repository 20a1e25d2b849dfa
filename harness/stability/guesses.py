"""Containers and values that a builder can use although nobody knows what it expects of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

GUESSED_NUMBER = 10_007
"""Small enough for a builder that repeats something so often."""


class Short(list[Any]):
    """A list that looks empty, but still gives the items that it had by their indexes.

    A builder that takes an item without asking for the length does not fail on it.
    """

    kept: Sequence[Any]

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(index) if isinstance(index, slice) else self.kept[index]


class Bare(dict[Any, Any]):
    """A mapping that looks as if some keys were absent, but still gives their values in ``mapping[key]``.

    A builder that takes a value without asking whether it is there does not fail on it.
    """

    kept: Mapping[Any, Any]

    def __missing__(self, key: Any) -> Any:
        return self.kept[key]


class Keys(dict[Any, None]):
    """Keys in order; all copies of a mapping note theirs in the same place."""

    def __deepcopy__(self, memo: object) -> Self:
        return self


class Asked(dict[Any, Any]):
    """A mapping that notes which absent keys a builder asks for."""

    absent: Keys

    def __missing__(self, key: Any) -> Any:
        self._note(key)
        raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        return super().__contains__(key) or self._note(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key."""
        _ = key in self
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        """Remove a key."""
        _ = key in self
        return super().pop(key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Add a key if it is absent."""
        _ = key in self
        return super().setdefault(key, default)

    def _note(self, key: Any) -> bool:
        # A copy has no such attribute while its items are added.
        getattr(self, "absent", {})[key] = None
        return False


class AnyText(str):
    """A text that also answers as a mapping, an object or a function would, each time with itself."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> str:
        return super().__getitem__(key) if isinstance(key, int | slice) else self

    def __getattr__(self, name: str) -> AnyText:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> AnyText:
        """Answer a method such as ``get``."""
        return self

    def __format__(self, pattern: str) -> str:
        try:
            return super().__format__(pattern)
        except ValueError:
            # The pattern is one for numbers or dates.
            return str(self)


class AnyKeys(dict[Any, Any]):
    """A mapping that has every key, each with the same number."""

    def __missing__(self, key: Any) -> Any:
        return GUESSED_NUMBER

    def __contains__(self, key: Any) -> bool:
        return True

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key."""
        return self[key]


def guess_values(mark: str) -> list[Any]:
    """Values for something of which the type is not known, the most tolerant first; none of them is empty."""
    text = AnyText(mark)
    return [text, mark, GUESSED_NUMBER, True, [text], AnyKeys({mark: GUESSED_NUMBER})]
