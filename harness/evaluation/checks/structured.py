"""Checks of answers in JSON: whether it parses, its schema, single values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from json import JSONDecodeError
from typing import Any

from harness.errors import UsageError
from harness.evaluation.checks.wording import fails, passes, quote
from harness.evaluation.result import CheckResult
from harness.files.json_text import load_json
from harness.findings.words import count, printable

_FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL | re.IGNORECASE)
_STEP = re.compile(r"\[(\*|\d+)\]|(?:^|\.)([^.\[\]]+)")
_MAX_DEPTH = 100

TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,), "array": (list,),
    "object": (dict,), "null": (type(None),),
}  # fmt: skip
"""Types of JSON values, by the names of JSON schema."""


def parse(answer: str, *, fenced: bool = False) -> Any:
    """Parse an answer that is JSON as a whole; with ``fenced``, it may stand in a Markdown fence.

    Raises:
        ValueError: it is not JSON.
    """
    found = _FENCED.fullmatch(answer) if fenced else None
    return load_json(answer if found is None else found[1], max_depth=_MAX_DEPTH)


def valid_json(answer: str, *, fenced: bool = False) -> CheckResult:
    """Check that the whole answer is JSON; with ``fenced``, it may stand in a Markdown fence."""
    try:
        value = parse(answer, fenced=fenced)
    except ValueError as error:
        return _not_json(answer, error)
    return passes(f"JSON: {_describe(value)}")


def json_schema(answer: str, schema: Mapping[str, Any], *, fenced: bool = False) -> CheckResult:
    """Check the answer against a JSON schema (of any draft that jsonschema knows; 2020-12 if it names none).

    Raises:
        UsageError: jsonschema is not installed.
    """
    try:
        value = parse(answer, fenced=fenced)
    except ValueError as error:
        return _not_json(answer, error)
    faults = sorted(make_validator(schema).iter_errors(value), key=lambda fault: len(fault.path))
    if not faults:
        return passes(f"matches the schema: {_describe(value)}")
    return fails(_explain(faults[0]), place=_path(faults[0].absolute_path))


def make_validator(schema: Mapping[str, Any]) -> Any:
    """Make the validator of a schema.

    Raises:
        UsageError: jsonschema is not installed.
        ValueError: the schema is invalid.
    """
    try:
        from jsonschema import SchemaError, validators
    except ImportError:
        raise UsageError(
            "a check by a JSON schema needs jsonschema", hint='pip install "prompt-cache-harness[evaluation]"'
        ) from None
    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"not a JSON schema: {error.message}") from None
    return kind(schema)


def fields(answer: str, expected: Mapping[str, Any], *, fenced: bool = False) -> CheckResult:
    """Check values of an answer in JSON by their paths, such as ``items[*].price``.

    An expected value is equal, or an object of rules: ``equals``, ``one_of``, ``regex``, ``min``, ``max``, ``type``,
    ``not_empty``. A path with ``[*]`` means every element, of which there has to be one.
    """
    try:
        value = parse(answer, fenced=fenced)
    except ValueError as error:
        return _not_json(answer, error)
    for path, wanted in expected.items():
        found = list(_walk(value, path))
        if not found:
            return fails(f"has no value at {path}", place=path)
        for place, one in found:
            if problem := _compare(one, wanted if is_rule(wanted) else {"equals": wanted}):
                return fails(f"{place} is {quote(one)}, expected {problem}", place=place)
    return passes(f"{count(len(expected), 'value')} as expected")


RULES = frozenset({"equals", "one_of", "regex", "min", "max", "type", "not_empty"})
"""What an expected value may ask for."""


def is_rule(wanted: Any) -> bool:
    """Whether an expected value is an object of rules."""
    return isinstance(wanted, Mapping) and bool(wanted) and wanted.keys() <= RULES


def _compare(value: Any, rules: Mapping[str, Any]) -> str:
    """What a value is expected to be; empty if it is that."""
    for rule, wanted in rules.items():
        match rule:
            case "equals" if not _equal(value, wanted):
                return quote(wanted)
            case "one_of" if not any(_equal(value, one) for one in wanted):
                return f"one of {quote(list(wanted))}"
            case "regex" if not (isinstance(value, str) and re.search(wanted, value)):
                return f"a match of {quote(wanted)}"
            case "min" if not (_is_number(value) and value >= wanted):
                return f"{wanted} or more"
            case "max" if not (_is_number(value) and value <= wanted):
                return f"{wanted} or less"
            case "type" if not _has_type(value, wanted):
                return f"a value of type {wanted}"
            case "not_empty" if wanted and not (value or _is_number(value)):
                return "a value that is not empty"
    return ""


def _equal(one: Any, other: Any) -> bool:
    """Equality of JSON values, for which ``true`` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name]) or (name == "integer" and isinstance(value, float) and value.is_integer())


def _walk(value: Any, path: str) -> list[tuple[str, Any]]:
    """The values at a path, each with its own path; none if a part of it is missing."""
    found = [("", value)]
    for index, key in _STEP.findall(path):
        found = [step for place, one in found for step in _step(place, one, index, key)]
    return found


def _step(place: str, value: Any, index: str, key: str) -> list[tuple[str, Any]]:
    if key:
        return [(f"{place}.{key}".lstrip("."), value[key])] if isinstance(value, Mapping) and key in value else []
    if not isinstance(value, list):
        return []
    if index == "*":
        return [(f"{place}[{number}]", one) for number, one in enumerate(value)]
    return [(f"{place}[{index}]", value[int(index)])] if int(index) < len(value) else []


def _not_json(answer: str, error: ValueError) -> CheckResult:
    if isinstance(error, JSONDecodeError):
        return fails(
            f"not JSON: {error.msg.lower()}; it begins with {quote(answer[:40])}", place=f"line {error.lineno}"
        )
    return fails(f"not JSON: {error}")


def _describe(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"an object with {count(len(value), 'key')}"
    if isinstance(value, list):
        return f"an array of {len(value):,}"
    return quote(value)


def _explain(fault: Any) -> str:
    """The message of jsonschema, shortened where it may quote the whole answer."""
    if fault.validator == "required":
        return printable(fault.message)
    return f"{quote(fault.instance)} does not match the schema's {fault.validator}: {quote(fault.validator_value)}"


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
