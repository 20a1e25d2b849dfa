"""``harness diff OLD NEW``: show how two lock files differ."""

import argparse
from pathlib import Path

from harness.cli.differences import print_difference
from harness.cli.models import add_models
from harness.errors import LockError
from harness.lock.entries import Lock
from harness.lock.lockfile import read_lock

_EXAMPLE = """\
exit codes:
  0  no accepted prompt changed under the same version, or each change has a reason
  1  one did
  2  a file cannot be judged; the reason is on standard error

example:
  harness diff main.lock prompts.lock --format markdown
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Show how two lock files differ: entry, first difference, tokens and dollars."
    parser.epilog = _EXAMPLE
    parser.add_argument("old", metavar="OLD", type=Path)
    parser.add_argument("new", metavar="NEW", type=Path)
    add_models(parser)
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the differences; return 1 for a change under the same version without a reason, else 0.

    Raises:
        LockError: a file is missing or not a lock file.
    """
    return print_difference(_read(options.old), _read(options.new), options.format)


def _read(path: Path) -> Lock:
    lock = read_lock(path)
    if lock is None:
        raise LockError(f"{path}: no such file")
    return lock
