"""Load the YAML of a suite with the line of every value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.files import read_text
from harness.files.yaml_text import YamlPlace, parse_yaml


def load_yaml(path: Path) -> tuple[Any, dict[YamlPlace, int]]:
    """Load the content of a YAML file and the line (from 1) of each value.

    Raises:
        SuiteError: the file is unreadable, not YAML, too deep or too large, or has a duplicate key.
    """
    return parse_yaml(read_text(path, SuiteError, place=f"{path}:1"), path, SuiteError)


def line_of(lines: Mapping[YamlPlace, int], place: YamlPlace) -> int:
    """The line of a value, or of the closest value around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)
