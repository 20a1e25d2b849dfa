"""Load YAML with the line of every value, and refuse duplicate keys."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from harness.errors import SuiteError
from harness.files import decode_text

# The C loader is ten times as fast, but not always installed.
_FAST_LOADER = getattr(yaml, "CSafeLoader", None)
# Only converts scalars to values, which needs no document.
_VALUES = yaml.SafeLoader("")

YamlPlace = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


def load_yaml(path: Path) -> tuple[Any, dict[YamlPlace, int]]:
    """Load the content of a YAML file and the line (from 1) of each value.

    Raises:
        SuiteError: the file is unreadable, not YAML, or has a duplicate key.
    """
    try:
        root = _compose(decode_text(path.read_bytes(), path, SuiteError))
    except SuiteError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SuiteError(f"{path}:{line}: not YAML: {error.problem}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SuiteError(f"{path}:1: unreadable: {error}") from None
    except RecursionError:
        raise SuiteError(f"{path}:1: nested too deeply") from None
    if root is None:
        raise SuiteError(f"{path}:1: the file is empty")
    lines: dict[YamlPlace, int] = {}
    try:
        return _build(root, (), lines, path), lines
    except RecursionError:
        # Also reached by an alias inside its own anchor.
        raise SuiteError(f"{path}:{max(lines.values())}: nested too deeply, or refers to itself") from None


def _compose(text: str) -> yaml.Node | None:
    if _FAST_LOADER is not None:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_FAST_LOADER)
    # This loader gives better error messages.
    return yaml.compose(text, Loader=yaml.SafeLoader)


def line_of(lines: dict[YamlPlace, int], place: YamlPlace) -> int:
    """The line of a value, or of the closest value around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _scalar(node: yaml.Node, path: Path) -> Any:
    try:
        return _VALUES.construct_object(node)
    except yaml.MarkedYAMLError as error:
        raise SuiteError(f"{path}:{node.start_mark.line + 1}: not YAML: {error.problem}") from None
    except ValueError as error:
        raise SuiteError(f"{path}:{node.start_mark.line + 1}: {node.value!r}: {error}") from None


def _build(node: yaml.Node, place: YamlPlace, lines: dict[YamlPlace, int], path: Path) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*place, index), lines, path) for index, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node, path)
    result: dict[str, Any] = {}
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in first:
            raise SuiteError(f"{path}:{line}: {key!r} appears twice, first on line {first[key]}")
        first[key] = line
        lines[(*place, key)] = line
        result[key] = _build(value_node, (*place, key), lines, path)
    return result
