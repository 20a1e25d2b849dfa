"""The files of the local cache: what there is, and what to remove by age and size."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness.client.entry import read_entry
from harness.files import load_json, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_ENTRY = re.compile(r"[0-9a-f]{64}\.json")
_ABANDONED = re.compile(r"\..+\.tmp")
"""What a process leaves that is killed while it writes."""
_ABANDONED_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedFile:
    """One stored response."""

    path: Path
    size: int
    """Bytes."""
    written: datetime
    model: str | None
    """``None`` if the file holds no response."""


def is_entry_name(name: str) -> bool:
    """Whether a file of this name holds a response."""
    return _ENTRY.fullmatch(name) is not None


def is_abandoned_name(name: str) -> bool:
    """Whether a file of this name is being written, or was left by a process that was killed meanwhile."""
    return _ABANDONED.fullmatch(name) is not None


def list_files(folder: Path) -> list[CachedFile]:
    """List the stored responses of a folder, the oldest first; another process may add and remove some meanwhile."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if is_entry_name(path.name):
            with suppress(FileNotFoundError):
                found.append(_describe(path))
    return sorted(found, key=lambda one: (one.written, one.path.name))


def list_abandoned(folder: Path, *, now: datetime) -> list[Path]:
    """List what processes have left that were killed while they wrote, an hour ago or more."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if is_abandoned_name(path.name) and now - _written(path) > _ABANDONED_AFTER:
                found.append(path)
    return found


def choose(
    files: Sequence[CachedFile], *, now: datetime, max_age: timedelta | None, max_size: int | None
) -> list[CachedFile]:
    """Choose what to remove: damaged files, what is too old, then the oldest until the rest is small enough."""
    removed: list[CachedFile] = []
    kept: list[CachedFile] = []
    for one in files:
        is_out = one.model is None or (max_age is not None and now - one.written > max_age)
        (removed if is_out else kept).append(one)
    total = sum(one.size for one in kept)
    for one in kept:
        if max_size is None or total <= max_size:
            break
        removed.append(one)
        total -= one.size
    return removed


def remove(paths: Iterable[Path]) -> None:
    """Remove files; one that is gone already counts as removed.

    Raises:
        OSError: a file cannot be removed.
    """
    for path in paths:
        path.unlink(missing_ok=True)


def _describe(path: Path) -> CachedFile:
    size, written = path.stat().st_size, _written(path)
    return CachedFile(path=path, size=size, written=written, model=_read_model(path))


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _read_model(path: Path) -> str | None:
    """Read the model of an entry; ``None`` if it is one that the client would not serve."""
    try:
        data = read_file(path)
        read_entry(data, path.stem)
        return str(load_json(data.decode()).get("model"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError):
        return None
