"""The size and the age of a local cache, kept within their limits by whoever writes to it."""

import os
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
    path: Path
    size: int


def make_room(folder: Path, size: int, limits: Limits, now: datetime) -> bool:
    """Remove what is too old, then the oldest, until ``size`` more bytes fit; return whether they do.

    Only for the one process that may write meanwhile.

    Raises:
        OSError: a file cannot be removed.
    """
    entries, others = _scan(folder)
    total = sum(file.size for file in (*entries, *others))
    gone = [file for file in others if now.timestamp() - file.written > _IN_USE.total_seconds()]
    kept: list[_File] = []
    for file in sorted(entries):
        is_old = limits.max_age is not None and now.timestamp() - file.written > limits.max_age.total_seconds()
        (gone if is_old else kept).append(file)
    total -= sum(file.size for file in gone)
    if limits.max_size is not None:
        if size > limits.max_size:
            kept = []
        for file in kept:
            if total + size <= limits.max_size:
                break
            gone.append(file)
            total -= file.size
    remove(file.path for file in gone)
    return limits.max_size is None or total + size <= limits.max_size


def _scan(folder: Path) -> tuple[list[_File], list[_File]]:
    """The entries of a folder, and the files that processes are writing or have left when they were killed."""
    entries: list[_File] = []
    others: list[_File] = []
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for one in found:
            if is_entry_name(one.name) or is_abandoned_name(one.name):
                with suppress(FileNotFoundError):
                    about = one.stat(follow_symlinks=False)
                    file = _File(about.st_mtime, Path(one.path), about.st_size)
                    (entries if is_entry_name(one.name) else others).append(file)
    return entries, others
