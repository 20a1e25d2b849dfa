"""The lock file on disk: ``prompts.lock``, committed beside the code.

This module and its imports use only the standard library, to keep runs without a lock file and
pre-commit hooks fast.
"""

import json
import re
from pathlib import Path

from harness.errors import LockError
from harness.files import decode_text, read_file, write_atomically
from harness.lock.entries import Lock
from harness.lock.format1 import parse_document
from harness.lock.format2 import VERSION, format_lock
from harness.lock.parse2 import MERGE, parse_lines
from harness.lock.values import RESTORE, UPGRADE

_CONFLICT = re.compile(r"^(?:(?:<{7}|>{7}|\|{7})(?= |\r?$)|={7}\r?$)", re.MULTILINE)
"""A conflict marker of git; no line of a lock file begins like this."""


def read_lock(path: Path) -> Lock | None:
    """Read the lock file at ``path``; ``None`` if there is none.

    Raises:
        LockError: the file is unreadable or was written by a newer version; starts with its path.
    """
    text = _read(path)
    return None if text is None else parse_lock(text, str(path))


def parse_lock(text: str, place: str) -> Lock:
    """Parse the text of a lock file; ``place`` names it in messages.

    Raises:
        LockError: the text is not a lock file, or was written by a newer version.
    """
    if conflict := _CONFLICT.search(text):
        number = text.count("\n", 0, conflict.start()) + 1
        raise LockError(f"{place}:{number}: an unresolved merge conflict", hint=MERGE)
    version = _find_format(text)
    if version is None or version < VERSION:
        return parse_document(text, place)
    if version > VERSION:
        what = f"the format is {version}, but this version of the harness reads formats up to {VERSION}"
        raise LockError(f"{place}:1: {what}", hint=UPGRADE)
    return parse_lines(text, place)


def write_lock(path: Path, lock: Lock) -> bool:
    """Write a lock file; return whether it changed. A different order or layout of its lines does not count."""
    try:
        text = _read(path)
        if text is not None and parse_lock(text, str(path)) == lock and _find_format(text) == VERSION:
            return False
    except LockError:
        # Accepting the current requests replaces a damaged file.
        pass
    write_atomically(path, format_lock(lock).encode())
    return True


def _read(path: Path) -> str | None:
    try:
        data = read_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockError(f"{path}: unreadable: {error.strerror}", hint=RESTORE) from None
    return decode_text(data, path, LockError, hint=RESTORE)


def _find_format(text: str) -> int | None:
    """The format that the first line names; ``None`` if that line is not an object by itself, as in indented JSON."""
    first, _, rest = text.lstrip().partition("\n")
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return None
    version = data.get("format") if isinstance(data, dict) else None
    # In a file of several JSON lines, the first one is lost or damaged; parse it to report that line.
    return version if type(version) is int else VERSION if isinstance(data, dict) and rest.strip() else None
