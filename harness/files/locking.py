"""Let one process at a time change a file, by a lock outside of the folder that git sees."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from harness.errors import WriteError

_LONGEST_WAIT = 60.0
"""Seconds to wait for another process, which holds the lock only while it reads and writes one file."""


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Keep every other process that asks from changing ``path`` meanwhile.

    The lock is released if the process is killed. It lies in the user's cache folder, or the
    temporary one, under the digest of the path, so that all processes of a user find the same.

    Raises:
        WriteError: another process holds the lock for too long, or there is no place for it.
    """
    try:
        lock = FileLock(_find_place(path), timeout=_LONGEST_WAIT)
        lock.acquire()
    except Timeout:
        raise WriteError(f"{path} cannot be written: another run has been writing it for a minute") from None
    except (OSError, NotImplementedError) as error:
        raise WriteError(f"{path} cannot be written: it cannot be locked: {error}") from None
    try:
        yield
    finally:
        lock.release()


def _find_place(path: Path) -> Path:
    digest = sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    cache = Path(platformdirs.user_cache_dir("prompt-cache-harness"), "locks")
    temporary = Path(tempfile.gettempdir(), f"prompt-cache-harness-{_user()}")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = cache if os.access(cache, os.W_OK) else temporary
    except OSError:
        folder = temporary
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{digest}.lock"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
