"""Write files: whole or not at all, and with an error that names the file and the reason."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from harness.errors import WriteError

_SHARED, _PRIVATE = 0o644, 0o600
_PRIVATE_FOLDER = 0o700

# A FIFO that nobody reads must not make us wait.
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def write_atomically(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Write ``data`` to ``path`` through a temporary file in the same folder; create missing folders.

    A kill leaves the old or the new content. ``is_private`` keeps other users from reading it.

    Raises:
        WriteError: it cannot be written; names the file and the reason.
    """
    try:
        _make_folder(path.parent, is_private=is_private)
        _replace(path, data, _PRIVATE if is_private else _SHARED)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None


def append_to_file(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Append ``data`` to a file in one write, so that several processes can share it; create what is missing.

    Raises:
        WriteError: it cannot be written; names the file and the reason.
    """
    try:
        _make_folder(path.parent, is_private=is_private)
        handle = os.open(path, _APPEND, _PRIVATE if is_private else _SHARED)
        try:
            if hasattr(os, "set_blocking"):
                os.set_blocking(handle, True)
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None


def _replace(path: Path, data: bytes, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; most are meant to be committed and shared.
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _make_folder(folder: Path, *, is_private: bool) -> None:
    if not is_private:
        folder.mkdir(parents=True, exist_ok=True)
        return
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def _cannot_write(path: Path, error: OSError | ValueError) -> WriteError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    blocking = next((one for one in path.parents if one.exists() and not one.is_dir()), None)
    if blocking is not None:
        reason = f"{blocking} is no folder"
    return WriteError(f"{path} cannot be written: {reason}", reason=reason)
