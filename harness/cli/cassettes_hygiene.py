"""``harness cassettes prune`` and ``check``: find unused cassettes, damage and secrets."""

import argparse
from pathlib import Path

from harness.cassettes import hygiene
from harness.cassettes.configuration import find_allowed
from harness.errors import LockError
from harness.findings.words import count
from harness.lock.lockfile import read_lock

_PRUNE_EXAMPLE = """\
Without --used only blobs are removed, because only the tests know which cassettes they use.
Collect all tests to write the list: cassettes of tests that were not collected are removed.

exit codes:
  0  done; with --dry-run, there is nothing to remove
  1  with --dry-run, there is something to remove
  2  cannot tell what is in use; the reason is on standard error, and nothing was removed

example:
  pytest --harness-list-cassettes=used.txt
  harness cassettes prune cassettes --used used.txt --dry-run
"""

_CHECK_EXAMPLE = """\
Looks for API keys, bearer tokens, headers that hold them, cookies, and ids of organizations and
workspaces, for secrets of others (AWS, GitHub, Google, Slack, private keys, JWT, .env lines, …), also
encoded, and for compressed bodies, and verifies that every cassette and blob is intact. Prints one
line for each finding: path:line: message. Secrets of others that match a regular expression in the
ini key harness_allow_secrets are passed over.

exit codes:
  0  all files are intact and hold no secret
  1  there are findings
  2  there is nothing to judge; the reason is on standard error

example:
  harness cassettes check cassettes
"""

# A string, because argparse keeps the class private.
type Subparsers = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_prune(subparsers: Subparsers) -> None:
    """Add the command ``prune``."""
    parser = subparsers.add_parser(
        "prune",
        help="remove cassettes and blobs that are not in use",
        description="Remove blobs that no cassette and no lock file names, and cassettes that no test names.",
        epilog=_PRUNE_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument(
        "--used", metavar="FILE", type=Path, help="file written by pytest --harness-list-cassettes=FILE"
    )
    parser.add_argument(
        "--lock",
        metavar="LOCK",
        type=Path,
        help="lock file whose texts are kept (default: prompts.lock beside FOLDER)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")
    parser.set_defaults(run_action=run_prune)


def add_check(subparsers: Subparsers) -> None:
    """Add the command ``check``."""
    parser = subparsers.add_parser(
        "check",
        help="look for secrets and damaged files",
        description="Look for secrets and damage in cassettes and blobs.",
        epilog=_CHECK_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.set_defaults(run_action=run_check)


def run_prune(options: argparse.Namespace) -> int:
    """Remove what is not in use; return 1 if a dry run found something, else 0.

    Raises:
        UsageError: there is no such folder, or the list of used cassettes cannot be right.
        LockError: the lock file is missing or unreadable, so the texts that it names are not known.
        CassetteError: a cassette is unreadable.
    """
    used = hygiene.read_used(options.used) if options.used else None
    lock = read_lock(options.lock or options.folder.resolve().parent / "prompts.lock")
    if lock is None and options.lock:
        raise LockError(f"{options.lock}: no such file")
    unnamed = hygiene.find_unnamed(options.folder, used, locked=lock.digests if lock else frozenset())
    verb = "would remove" if options.dry_run else "removed"
    size = unnamed.size
    if not options.dry_run:
        hygiene.remove(unnamed, options.folder)
    for path in unnamed.cassettes:
        print(f"{verb} {path}: no test names it")
    for path in unnamed.blobs:
        print(f"{verb} {path}: no cassette and no lock file names it")
    counts = (count(len(unnamed.cassettes), "cassette"), count(len(unnamed.blobs), "blob"), count(size, "byte"))
    print(f"{verb}: {', '.join(counts)}")
    return int(options.dry_run and bool(unnamed.cassettes or unnamed.blobs))


def run_check(options: argparse.Namespace) -> int:
    """Print all findings; return 1 if there are any, else 0.

    Raises:
        UsageError: there is no such folder, or no cassette in it.
    """
    findings = hygiene.check(options.folder, find_allowed(options.folder))
    for finding in findings:
        print(finding)
    if not findings:
        number = len(hygiene.list_cassettes(options.folder))
        print(f"no damage and no secrets: {count(number, 'cassette')}")
    return int(bool(findings))
