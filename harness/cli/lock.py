"""``harness lock``: show the lock file, compare it with a git revision, or check it."""

import argparse
import json
from pathlib import Path
from typing import Any

from harness.cli.differences import STYLES, print_difference, show
from harness.cli.models import add_models
from harness.errors import LockError, UnknownModelError
from harness.findings.words import printable
from harness.lock.entries import Lock, LockedCall, LockEntry
from harness.lock.lockfile import read_lock
from harness.lock.revisions import read_revision

_EXAMPLE = """\
Without --base and --check, lists the entries of the lock file.

exit codes:
  0  no accepted prefix is lost
  1  --base: a prompt changed under the same version without a reason
     --check: a prompt changed under the same version, or an accepted case is gone
  2  input that cannot be judged; the reason is on standard error

examples:
  harness lock
  harness lock --base origin/main --format markdown
  harness lock --check
  harness lock --rename support/desk/v1/refund support/help/v1/refund
"""


_SAME = "no difference between the lock files; harness lock --check compares them with what is built now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Show the lock file of accepted prompts, compare it with a git revision, or check it."
    parser.epilog = _EXAMPLE
    parser.add_argument("--file", metavar="LOCK", type=Path, default=Path("prompts.lock"), help="default: prompts.lock")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--base", metavar="REV", help="show what changed since a git revision")
    what.add_argument(
        "--rename", nargs=2, metavar=("OLD", "NEW"), help="move the entry and the cassette of a renamed test or case"
    )
    what.add_argument(
        "--check",
        action="store_true",
        help="build the requests of all suites without the SDK, and compare them with the lock file",
    )
    parser.add_argument(
        "--root",
        metavar="FOLDER",
        type=Path,
        help="--check: root of the project (default: the folder of the lock file)",
    )
    parser.add_argument(
        "--cassettes",
        metavar="FOLDER",
        type=Path,
        help="--check, --rename: folder of the cassettes (default: cassettes)",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="--check: allow prompts and fixtures outside the root, like the ini key harness_allow_outside",
    )
    add_models(parser)
    parser.add_argument("--private", action="store_true", help="--check: print no prompt text")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the lock file, its changes or the result of the check; return 1 if an accepted prefix is lost.

    Raises:
        LockError: a lock file is missing or unreadable.
    """
    lock = read_lock(options.file)
    if lock is None:
        raise LockError(
            f"{options.file}: no such lock file", hint="accept today's prompts: pytest --harness-update-lock"
        )
    if options.rename is not None:
        return _rename(options, lock)
    if options.check:
        from harness.cli.lock_check import check

        text, code = check(options, lock)
        show(text, options.format)
        return code
    if options.base is not None:
        before = read_revision(options.file, options.base)
        return print_difference(before, lock, options.format, same=_SAME)
    show(_list(lock, options.format), options.format)
    return 0


def _rename(options: argparse.Namespace, lock: Lock) -> int:
    """Move an entry and its cassette to the key of a test that was renamed."""
    from harness.cassettes.store import CassetteStore
    from harness.lock.updating import rename_entry

    old, new = options.rename
    rename_entry(options.file, lock, old, new)
    store = CassetteStore(options.cassettes or options.file.parent / "cassettes")
    moved = [options.file, *store.rename(old, new)]
    print(f"renamed: {printable(old)} to {printable(new)}")
    print(f"commit: git add {' '.join(str(path) for path in moved)}")
    return 0


def _list(lock: Lock, style: str) -> str:
    if style == "json":
        entries = {key: _to_json(entry) for key, entry in sorted(lock.entries.items())}
        return json.dumps(entries, indent=2, ensure_ascii=False)
    from harness.lock.difference import lock_table

    return lock_table(lock, style=STYLES[style])


def _to_json(entry: LockEntry) -> dict[str, Any]:
    """Write an entry with the figures that follow from it."""
    from harness.lock.figures import price_of_1000

    data = entry.to_json()
    for call, row in zip(entry.calls, data["calls"], strict=True):
        del row["tail_tokens"]
        for name, usage in zip(("first_call", "second_call"), _expect_usage(call), strict=True):
            row[name] = usage and {key: usage[key] for key in usage if key != "cache_creation"}
        row["usd_per_1000_calls"] = price_of_1000(call)
    return data


def _expect_usage(call: LockedCall) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Usage of a first and a second call; ``None`` if the model is not known."""
    from harness.lock.figures import expect_usage

    try:
        first, second = expect_usage(call)
    except UnknownModelError:
        return None, None
    return first.input_to_api(), second.input_to_api()
