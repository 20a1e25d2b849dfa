"""``harness lock``: show the lock file, compare it with a git revision, or check it."""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from harness.cli.differences import STYLES, print_difference, show
from harness.cli.models import add_models
from harness.errors import LockError, UnknownModelError, UsageError
from harness.files import decode_text, relative
from harness.lock.entries import Lock, LockedCall, LockEntry
from harness.lock.lockfile import parse_lock, read_lock

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
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Show the lock file of accepted prompts, compare it with a git revision, or check it."
    parser.epilog = _EXAMPLE
    parser.add_argument("--file", metavar="LOCK", type=Path, default=Path("prompts.lock"), help="default: prompts.lock")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--base", metavar="REV", help="show what changed since a git revision")
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
        "--cassettes", metavar="FOLDER", type=Path, help="--check: folder with the accepted texts (default: cassettes)"
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
    if options.check:
        from harness.cli.lock_check import check

        text, code = check(options, lock)
        show(text, options.format)
        return code
    if options.base is not None:
        return print_difference(read_revision(options.file, options.base), lock, options.format)
    show(_list(lock, options.format), options.format)
    return 0


def read_revision(path: Path, revision: str) -> Lock:
    """Read the lock file as of a git revision; an empty one if there was none yet.

    Raises:
        LockError: it is not a lock file, or git cannot show it.
        UsageError: there is no such revision, or no git repository.
    """
    real = path.resolve()
    if _git(real.parent, "rev-parse", "--git-dir") is None:
        raise UsageError(f"--base is {revision!r}, but {real.parent} is not in a git repository")
    commit = None if revision.startswith("-") else _git(real.parent, "rev-parse", "--verify", f"{revision}^{{commit}}")
    if commit is None:
        raise UsageError(
            f"--base is {revision!r}, but git knows no such revision here", hint="check the name, or fetch it"
        )
    found, name = commit.decode().strip(), f"./{real.name}"
    if not _git(real.parent, "ls-tree", found, "--", name):
        return Lock()
    place = f"{revision}:{relative(path, Path.cwd())}"
    data = _git(real.parent, "show", f"{found}:{name}")
    if data is None:
        raise LockError(f"{place}: git cannot show it", hint="fetch it: a partial clone may lack it")
    return parse_lock(decode_text(data, place, LockError, file=path), place)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """The output of git; ``None`` if it fails."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror}") from None
    return done.stdout if done.returncode == 0 else None


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
