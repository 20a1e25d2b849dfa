"""Read files that anybody may have supplied: regular files of a bounded size, and nothing that waits or never ends."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from harness.errors import HarnessError
from harness.files.encoding import decode_text

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is read as a whole: twice the largest body that the API accepts."""

_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)

# A FIFO that takes the place of the file just before it is opened must not make us wait for a writer.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read_text(
    path: Path, error: type[HarnessError], *, place: object = None, hint: str | None = None, limit: int = LARGEST
) -> str:
    """Read the UTF-8 text of a file, without a byte order mark.

    Raises:
        HarnessError: of the type ``error``, if the file cannot be read or is not UTF-8; ``place``, by default
            the path, is where the first of these is reported.
    """
    try:
        data = read_file(path, limit=limit)
    except OSError as fault:
        raise error(f"{path if place is None else place}: unreadable: {fault.strerror}", hint=hint) from None
    return decode_text(data, path, error, hint=hint)


def read_file(path: Path, *, limit: int = LARGEST) -> bytes:
    """Read a regular file.

    Raises:
        OSError: it cannot be read, is no regular file or is larger than ``limit``; ``strerror`` says which.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(size + 1) if size <= limit else b""
        if len(data) > size:
            # It grows, or is one of those that the system makes up and that have no size.
            data += file.read(limit + 1 - len(data))
    if max(size, len(data)) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
    return data


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        OSError: it cannot be opened, or is no regular file; ``strerror`` says which.
    """
    try:
        # Opening a device may have effects, so its kind comes first.
        _check_kind(os.stat(path).st_mode, path)  # noqa: PTH116
        handle = os.open(path, _FLAGS)
    except ValueError:
        raise OSError(errno.EINVAL, "its name holds a null character", str(path)) from None
    try:
        _check_kind(os.fstat(handle).st_mode, path)
        return open(handle, "rb")  # noqa: PTH123
    except BaseException:
        os.close(handle)
        raise


def _check_kind(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no file")
        raise OSError(errno.EINVAL, f"{kind}, expected a regular file", str(path))
