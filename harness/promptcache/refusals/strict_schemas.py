"""Schemas that the API compiles into a grammar, and what it counts and refuses in them.

It counts parameters that are reached without following a ``$ref``, and as union-typed only those
whose own schema has ``anyOf`` or a list of types: measured by pydantic-ai 2.68.0
(models/_anthropic_schema_limits.py). The documentation counts more.
Source: platform.claude.com/docs/en/build-with-claude/structured-outputs#schema-complexity-limits
(checked 2026-11-26).
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_DEFINITIONS = ("$defs", "definitions")
_LISTS = ("anyOf", "allOf", "oneOf")


def strict_schemas(request: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    """Yield the schemas of strict tools and of the output format, each with the place that the API names."""
    for index, tool in enumerate(request.get("tools") or ()):
        if isinstance(tool, Mapping) and tool.get("strict") is True and not tool.get("defer_loading"):
            schema = tool.get("input_schema")
            if isinstance(schema, Mapping):
                yield f"tools[{index}].custom", schema
    for path, format in output_formats(request):
        if isinstance(schema := format.get("schema"), Mapping):
            yield f"{path}.schema", schema


def output_formats(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the output format, with its path, from either of its two possible places."""
    config = request.get("output_config")
    format = config.get("format") if isinstance(config, Mapping) else None
    if isinstance(format, Mapping):
        yield "output_config.format", format
    if isinstance(older := request.get("output_format"), Mapping):
        yield "output_format", older


def has_open_object(schema: Any) -> bool:
    """Whether an object of a schema lacks ``additionalProperties: false``."""
    return any(
        node.get("type") == "object" and node.get("additionalProperties") is not False
        for node in _nodes(schema, with_definitions=True)
    )


def has_free_parameter(schema: Any) -> bool:
    """Whether a parameter has the schema ``true``, so that it may be anything."""
    return any(parameter is True for _, _, parameter in _parameters(schema))


def count_optional(schema: Any) -> int:
    """Count the parameters that a schema does not require."""
    return sum(name not in (node.get("required") or ()) for node, name, _ in _parameters(schema))


def count_unions(schema: Any) -> int:
    """Count the parameters with ``anyOf`` or a list of types."""
    return sum(
        isinstance(parameter, Mapping) and ("anyOf" in parameter or isinstance(parameter.get("type"), list))
        for _, _, parameter in _parameters(schema)
    )


def find_cycle(schema: Schema) -> tuple[str, ...]:
    """Find definitions that refer to each other in a circle: their names, the first one again at the end."""
    definitions = {
        f"#/{key}/{name}": value
        for key in _DEFINITIONS
        if isinstance(group := schema.get(key), Mapping)
        for name, value in group.items()
    }
    done: set[str] = set()
    for start in _references(schema):
        if cycle := _walk(start, definitions, (), done):
            return tuple(reference.rpartition("/")[2] for reference in cycle)
    return ()


def _walk(reference: str, definitions: Mapping[str, Any], above: tuple[str, ...], done: set[str]) -> tuple[str, ...]:
    if reference in above:
        return (*above[above.index(reference) :], reference)
    if reference in done or reference not in definitions:
        return ()
    for child in _references(definitions[reference]):
        if cycle := _walk(child, definitions, (*above, reference), done):
            return cycle
    done.add(reference)
    return ()


def _references(schema: Any) -> Iterator[str]:
    for node in _nodes(schema, with_definitions=False):
        if isinstance(reference := node.get("$ref"), str):
            yield reference


def _parameters(schema: Any) -> Iterator[tuple[Schema, str, Any]]:
    """Yield every parameter with the object that has it and its name."""
    for node in _nodes(schema, with_definitions=False):
        if isinstance(properties := node.get("properties"), Mapping):
            yield from ((node, name, parameter) for name, parameter in properties.items())


def _nodes(schema: Any, *, with_definitions: bool) -> Iterator[Schema]:
    """Yield a schema and the schemas inside it, without following references."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    groups = ("properties", *_DEFINITIONS) if with_definitions else ("properties",)
    inside = [part for key in groups if isinstance(group := schema.get(key), Mapping) for part in group.values()]
    inside += [part for key in _LISTS if isinstance(parts := schema.get(key), list) for part in parts]
    items = schema.get("items")
    inside += items if isinstance(items, list) else [items]
    for part in inside:
        yield from _nodes(part, with_definitions=with_definitions)
