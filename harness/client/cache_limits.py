"""The size and the age of a local cache, kept within their limits by whoever writes to it."""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from harness.client.cache_files import is_abandoned_name, is_entry_name, remove

_IN_USE = timedelta(minutes=1)
"""How old a file may be that a process is still writing: longer than any write takes."""


class Limits(NamedTuple):
    """The limits of a local cache; ``None`` for none."""

    max_size: int | None = None
    """Bytes."""
    max_age: timedelta | None = None

    def is_too_old(self, path: Path, now: datetime) -> bool:
        """Whether a file is older than the limit; a file that is gone is not."""
        if self.max_age is None:
            return False
        with suppress(OSError):
            return now.timestamp() - path.stat().st_mtime > self.max_age.total_seconds()
        return False


NO_LIMITS = Limits()


class _File(NamedTuple):
    written: float
    path: str
    size: int


def make_room(folder: Path, size: int, limits: Limits, now: datetime) -> bool:
    """Remove what is too old, then the oldest, until ``size`` more bytes fit; return whether they do.

    Only for the one process that may write meanwhile.

    Raises:
        OSError: a file cannot be removed.
    """
    entries, others = _scan(folder)
    gone = _find_old(others, now, _IN_USE) + _find_old(entries, now, limits.max_age)
    total = sum(file.size for file in entries) + sum(file.size for file in others) - sum(file.size for file in gone)
    if limits.max_size is not None and total + size > limits.max_size:
        for file in sorted(set(entries).difference(gone)) if size <= limits.max_size else ():
            if total + size <= limits.max_size:
                break
            gone.append(file)
            total -= file.size
    remove(Path(file.path) for file in gone)
    return limits.max_size is None or total + size <= limits.max_size


def _find_old(files: Sequence[_File], now: datetime, age: timedelta | None) -> list[_File]:
    if age is None:
        return []
    earliest = now.timestamp() - age.total_seconds()
    return [file for file in files if file.written < earliest]


def _scan(folder: Path) -> tuple[list[_File], list[_File]]:
    """The entries of a folder, and the files that processes are writing or have left when they were killed."""
    entries: list[_File] = []
    others: list[_File] = []
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for one in found:
            files = entries if is_entry_name(one.name) else others if is_abandoned_name(one.name) else None
            if files is not None:
                with suppress(FileNotFoundError):
                    about = one.stat(follow_symlinks=False)
                    files.append(_File(about.st_mtime, one.path, about.st_size))
    return entries, others
