"""Files: decoded from UTF-8, written so that a kill leaves the old or the new content, and named relative to a root."""

import codecs
import os
import tempfile
from pathlib import Path

from harness.errors import HarnessError

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
"""Byte order marks; those of UTF-32 come first, because one begins like one of UTF-16."""

_SAMPLE = 4_096
"""Bytes from the start of a file that show its encoding."""
_MANY, _FEW = 0.5, 0.1
"""Shares of zero bytes at a place of UTF-16 where text in Latin letters has them, and where it has none."""


def decode_text(
    data: bytes, place: object, error: type[HarnessError], *, has_lines: bool = True, hint: str | None = None
) -> str:
    """Decode the UTF-8 text of a file that a user may have written or edited; a byte order mark is skipped.

    Raises:
        HarnessError: of the type ``error``, if the data is not UTF-8; ``place`` names the file, to
            which ``has_lines`` adds the line, and ``hint`` says what to try where the encoding is unknown.
    """
    name = _find_encoding(data[:_SAMPLE])
    if name is not None:
        raise error(f"{place}: {name}, expected UTF-8", hint=f"convert it: iconv -f {name} -t UTF-8 OLD > NEW")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as fault:
        line = f":{fault.object[: fault.start].count(b'\n') + 1}" if has_lines else ""
        raise error(f"{place}{line}: not UTF-8 text: {fault.reason}", hint=hint) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` through a temporary file in the same folder; create missing folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; these are meant to be committed and shared.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _find_encoding(data: bytes) -> str | None:
    """The name of an encoding that is not UTF-8, by its byte order mark or its zero bytes; ``None`` if unknown."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked is not None or 0 not in data:
        return marked
    zeros = [_share_of_zeros(data[start::4]) for start in range(4)]
    if min(zeros[:2]) > _MANY > _FEW > zeros[3] or min(zeros[2:]) > _MANY > _FEW > zeros[0]:
        return "UTF-32"
    even, odd = _share_of_zeros(data[::2]), _share_of_zeros(data[1::2])
    return "UTF-16" if max(even, odd) > _MANY and min(even, odd) < _FEW else None


def _share_of_zeros(data: bytes) -> float:
    return data.count(0) / len(data) if data else 0.0


def relative(path: Path, root: Path) -> str:
    """A path relative to ``root``, with forward slashes; the whole path if it is elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
