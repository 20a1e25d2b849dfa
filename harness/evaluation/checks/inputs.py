"""The inputs of a case as text: values by path, and everything that a value says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_STEP = re.compile(r"[^.]+")


def find_value(inputs: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as ``job.skills``; of a list on the way, those of its elements.

    Raises:
        LookupError: there is none.
    """
    value: Any = inputs
    for key in _STEP.findall(path):
        value = _step(value, key)
        if value is None:
            raise LookupError(f"the case has no input {path!r}")
    return value


def list_texts(value: Any) -> Iterator[str]:
    """All texts and numbers in a value, without the keys of objects."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from list_texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from list_texts(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def normalise(text: str) -> str:
    """Compatible characters as one (NFKC), in lower case, with ASCII digits."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() and char > "9" else char for char in plain)


def _step(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list):
        found = [one for element in value if (one := _step(element, key)) is not None]
        return found or None
    return None
