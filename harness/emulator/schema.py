"""A minimal instance of a JSON schema, which the emulator passes to a tool as its input.

Covers the keywords that tools use: types, ``enum``, ``const``, ``default``, bounds, ``multipleOf``,
``pattern``, ``uniqueItems``, common formats, ``$ref``, ``anyOf``, ``oneOf`` and ``allOf``. Not covered, so
possibly violated: ``not``, ``contains``, ``minProperties`` and conditions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from math import ceil, floor, isinf
from typing import Any

from harness.emulator.patterns import match_pattern
from harness.errors import RequestError

Schema = Mapping[str, Any]

_FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "duration": "PT0S",
    "email": "a@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "00:00:00Z",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_LONGEST = 10_000
"""Most characters or items, so that a schema that asks for more does not fill the memory."""

_MOST_PARTS = 50_000

_EXACT = 2**53
"""The largest integer up to which a ``float`` is exact."""

_TYPES_BY_KEYWORD = {"properties": "object", "required": "object", "items": "array", "prefixItems": "array"}


def minimal_instance(schema: Any) -> Any:
    """Make a small value that the schema accepts, always the same one.

    An object has its required properties, or all of them if none is required. A string has one
    character if the schema allows it, because clients drop empty arguments.

    Raises:
        RequestError: a ``$ref`` cannot be resolved, or the schema has no finite instance.
    """
    try:
        return _Place(schema, _Budget()).build(schema)
    except RecursionError:
        raise RequestError("input_schema: a definition requires itself, so no finite input exists") from None


class _Budget:
    """How much may be built: references can make a small schema ask for an endless instance."""

    def __init__(self) -> None:
        self._left = _MOST_PARTS

    def spend(self) -> None:
        """Count one part.

        Raises:
            RequestError: there are too many.
        """
        self._left -= 1
        if self._left < 0:
            raise RequestError(f"input_schema: its smallest input has more than {_MOST_PARTS} parts")


@dataclass(frozen=True, slots=True)
class _Place:
    """The place in a document at which an instance is built."""

    root: Any
    budget: _Budget
    opened: frozenset[str] = frozenset()
    """The references that lead here; following one of them again would never end."""

    def build(self, schema: Any) -> Any:
        """Build an instance of a part of the document."""
        self.budget.spend()
        schema, place = self._written_out(schema)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if values := _list(schema, "enum"):
            return values[0]
        for key in ("anyOf", "oneOf"):
            if branches := _list(schema, key):
                rest = _without(schema, key)
                return place._first_that_ends(_merge(rest, branch) for branch in branches)
        return place._by_type(schema)

    def _written_out(self, schema: Any) -> tuple[Schema, "_Place"]:
        """Resolve ``$ref`` and ``allOf`` of a schema; give the result and the place where they lead."""
        self.budget.spend()
        # A schema may also be `true`, which accepts anything.
        schema = schema if isinstance(schema, dict) else {}
        if "$ref" in schema:
            reference = str(schema["$ref"])
            if reference in self.opened:
                raise RecursionError
            inside = _Place(self.root, self.budget, self.opened | {reference})
            return inside._written_out(_merge(_without(schema, "$ref"), self._look_up(reference)))
        if not _list(schema, "allOf"):
            return schema, self
        parts = [self._written_out(part) for part in _list(schema, "allOf")]
        whole = reduce(_merge, (part for part, _ in parts), _without(schema, "allOf"))
        return whole, _Place(self.root, self.budget, self.opened.union(*(place.opened for _, place in parts)))

    def _look_up(self, reference: str) -> Any:
        node = self.root
        for name in reference.split("/")[1:]:
            node = node.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise RequestError(f"input_schema: $ref {reference!r} cannot be resolved")
        return node

    def _first_that_ends(self, branches: Iterable[Schema]) -> Any:
        for branch in branches:
            with suppress(RecursionError):
                return self.build(branch)
        raise RecursionError

    def _by_type(self, schema: Schema) -> Any:
        match _type(schema):
            case "object":
                return dict(self._properties(schema))
            case "array":
                return self._items(schema)
            case "integer":
                return _number(schema, above=1)
            case "number":
                return _number(schema, above=0.001)
            case "boolean":
                return False
            case "null":
                return None
            case _:
                return _string(schema)

    def _properties(self, schema: Schema) -> Iterator[tuple[str, Any]]:
        properties = _dict(schema, "properties")
        if required := [name for name in _list(schema, "required") if isinstance(name, str)]:
            yield from ((name, self.build(properties.get(name))) for name in required)
            return
        for name, inner in properties.items():
            # A property without a finite value is left out: nothing requires it.
            with suppress(RecursionError):
                yield name, self.build(inner)

    def _items(self, schema: Schema) -> list[Any]:
        items = [self.build(inner) for inner in _list(schema, "prefixItems")]
        inner, is_unique = schema.get("items"), schema.get("uniqueItems") is True
        while len(items) < _length(schema, "minItems"):
            items.append(self._another(inner, items) if is_unique else self.build(inner))
        return items

    def _another(self, schema: Any, items: Sequence[Any]) -> Any:
        """Build an item that differs from those before it, as far as enumerations, numbers and texts allow that."""
        schema, place = self._written_out(schema)
        if values := _list(schema, "enum"):
            return next((value for value in values if value not in items), values[0])
        made = place.build(schema)
        if made not in items:
            return made
        if isinstance(made, str):
            return "x" * (max(len(item) for item in items if isinstance(item, str)) + 1)
        if isinstance(made, int | float) and not isinstance(made, bool):
            step = _number_at(schema, "multipleOf") or 1
            return max(item for item in items if isinstance(item, int | float)) + step
        return True if made is False and True not in items else made


def _string(schema: Schema) -> str:
    if isinstance(pattern := schema.get("pattern"), str):
        made = match_pattern(pattern, shortest=_length(schema, "minLength"))
        if made is not None:
            return made
    length = max(_length(schema, "minLength"), min(1, _length(schema, "maxLength", 1)))
    return _FORMATS.get(str(schema.get("format"))) or "x" * length


def _number(schema: Schema, *, above: float) -> float:
    """Zero, or the bound nearest to it; ``above`` is the distance from an exclusive bound."""
    lowest, highest = (_number_at(schema, key) for key in ("minimum", "maximum"))
    if (bound := _number_at(schema, "exclusiveMinimum")) is not None:
        lowest = _add(bound, above) if lowest is None else max(lowest, _add(bound, above))
    if (bound := _number_at(schema, "exclusiveMaximum")) is not None:
        highest = _add(bound, -above) if highest is None else min(highest, _add(bound, -above))
    number = 0 if highest is None else min(0, highest)
    number = number if lowest is None else max(number, lowest)
    step = _number_at(schema, "multipleOf")
    if not step or step <= 0 or isinf(step) or isinf(number):
        return number
    # The next multiple above the lower bound, or the one below the upper bound.
    multiple = floor(number / step) * step if lowest is None else ceil(number / step) * step
    return int(multiple) if isinstance(step, int) else multiple


def _add(bound: float, step: float) -> float:
    """Move a bound by a step, or by one where it is so large that the step would be lost."""
    if isinstance(bound, int) and abs(bound) > _EXACT:
        return bound + (1 if step > 0 else -1)
    # Nothing is beyond a bound that no ``float`` can hold.
    return bound if isinf(bound) else bound + step


def _type(schema: Schema) -> str:
    named = schema.get("type")
    if isinstance(named, list):
        named = named[0] if named else None
    return str(named or next((kind for key, kind in _TYPES_BY_KEYWORD.items() if key in schema), "string"))


def _merge(schema: Schema, other: Any) -> Schema:
    """Merge two schemas; where they contradict each other, ``other`` wins."""
    other = other if isinstance(other, dict) else {}
    merged = {**schema, **other}
    if "properties" in merged:
        merged["properties"] = {**_dict(schema, "properties"), **_dict(other, "properties")}
    if "required" in merged:
        merged["required"] = [*_list(schema, "required"), *_list(other, "required")]
    return merged


def _without(schema: Schema, key: str) -> Schema:
    return {name: value for name, value in schema.items() if name != key}


def _dict(schema: Schema, key: str) -> dict[str, Any]:
    value = schema.get(key)
    return value if isinstance(value, dict) else {}


def _list(schema: Schema, key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _length(schema: Schema, key: str, default: int = 0) -> int:
    value = _number_at(schema, key)
    return default if value is None else int(min(max(value, 0), _LONGEST))


def _number_at(schema: Schema, key: str) -> float | None:
    value = schema.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
