"""Read a project's rules for secrets from the configuration file of pytest, for commands that run without pytest."""

import re
import tomllib
from pathlib import Path
from typing import Any

from iniconfig import IniConfig, ParseError

from harness.cassettes.scrub import ScrubRule, read_rules
from harness.cassettes.secrets import read_allowed
from harness.errors import UsageError
from harness.files import read_text

_ALLOWED, _SCRUBBED = "harness_allow_secrets", "harness_scrub"

_SECTIONS = {
    "pytest.toml": ("pytest",),
    ".pytest.toml": ("pytest",),
    "pytest.ini": ("pytest",),
    ".pytest.ini": ("pytest",),
    "pyproject.toml": ("tool", "pytest", "ini_options"),
    "tox.ini": ("pytest",),
    "setup.cfg": ("tool:pytest",),
}
"""The files that pytest reads, in its order, each with the section of pytest."""


def find_allowed(folder: Path) -> tuple[re.Pattern[str], ...]:
    """Read the allow list of the project that a folder is in; empty if no configuration file has one.

    Raises:
        UsageError: a configuration file is unreadable, or a line is not a regular expression.
    """
    path, lines = _find_lines(folder, _ALLOWED)
    return read_allowed(lines, f"{path}: {_ALLOWED}")


def find_rules(folder: Path) -> tuple[ScrubRule, ...]:
    """Read what the project that a folder is in removes from its cassettes.

    Raises:
        UsageError: a configuration file is unreadable, or a line is not a rule.
    """
    path, lines = _find_lines(folder, _SCRUBBED)
    try:
        return read_rules(lines)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from None


def _find_lines(folder: Path, key: str) -> tuple[Path | None, list[str]]:
    """Find the configuration file as pytest does, and read the lines of a key."""
    for parent in (folder.resolve(), *folder.resolve().parents):
        for name, section in _SECTIONS.items():
            path = parent / name
            if path.is_file() and (found := _read_section(path, section)) is not None:
                value = found.get(key, "")
                lines = value.splitlines() if isinstance(value, str) else map(str, value)
                return path, [line.strip() for line in lines if line.strip()]
    return None, []


def _read_section(path: Path, section: tuple[str, ...]) -> dict[str, Any] | None:
    """Read the section of pytest; ``None`` if the file has none."""
    text = read_text(path, UsageError)
    try:
        if path.suffix != ".toml":
            found = IniConfig(str(path), data=text).sections.get(section[0])
            return None if found is None else dict(found)
        value: Any = tomllib.loads(text)
    except (ParseError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    for part in section:
        if part == "ini_options" and isinstance(value, dict) and part not in value:
            # Written by pytest 9 without that part.
            break
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None
