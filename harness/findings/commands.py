"""Commands that messages suggest: quoted for the shell, and with paths as seen from the current folder."""

from __future__ import annotations

import re
import shlex
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.findings.finding import Finding

_PLAIN = re.compile(r"[^\x00-\x1f\"$`\\!\x7f]*")
"""What a shell takes as it is between double quotes."""
UNDO = "if this was not meant: undo the change"


def pytest_command(test: str = "", *options: str) -> str:
    """Write a command that runs pytest, for one test, one file or everything; options are taken as they are."""
    return " ".join(["pytest", *([quote(test)] if test else []), *options])


def quote(text: str) -> str:
    """Quote an argument, so that no shell runs or replaces any part of it when it is pasted."""
    return f'"{text}"' if _PLAIN.fullmatch(text) else shlex.quote(text)


def from_here(test: str, root: Path, here: Path | None = None) -> str:
    """A test's id as pytest takes it in the folder ``here``, the current one by default; ids count from ``root``."""
    file, colons, rest = test.partition("::")
    here = here or Path.cwd()
    return test if here == root else f"{Path(relpath(root / file, here)).as_posix()}{colons}{rest}"


def run_all(command: str, tests: Iterable[str]) -> str:
    """The command of one test for all ``tests`` with the same finding: for their file if they share one."""
    target = _target(command)
    if target is None:
        return command
    quoted, test = target
    files = {test.partition("::")[0] for test in tests}
    where = f" {quote(test.partition('::')[0])}" if len(files) == 1 else ""
    return command.replace(f" {quoted}", where, 1)


def next_lines(finding: Finding) -> list[str]:
    """What to do next about a finding; for a lost prefix, the change is undone first, and accepted last."""
    if not finding.command:
        return []
    if finding.rule != "bust" or finding.level != "error":
        return [f"next: {finding.command}"]
    return [UNDO, f"{meant(finding.test)}: {finding.command}"]


def meant(test: str) -> str:
    """How to keep a change of a test's prompt that loses an accepted prefix; only prompts of suites have versions."""
    is_case = test.partition("::")[0].endswith("suite.yaml")
    return (
        f"if it was meant: {'give the prompt a new version, or ' * is_case}accept it, best with a reason (cache_bust)"
    )


def _target(command: str) -> tuple[str, str] | None:
    """The quoted first argument of a command of pytest, and what it means; ``None`` if that is an option."""
    words = shlex.split(command)
    if len(words) < 2 or words[1].startswith("-"):
        return None
    quoted = quote(words[1])
    return (quoted, words[1]) if command.startswith(f"pytest {quoted}") else None
