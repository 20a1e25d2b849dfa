"""Decode the text of files that users write or edit; the error for another encoding says how to convert it."""

import codecs
from shlex import quote

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
_MOST_ACCENTS = 0.3
"""The largest share of letters beyond ASCII in a text that may be Latin."""


def decode_text(
    data: bytes,
    place: object,
    error: type[HarnessError],
    *,
    has_lines: bool = True,
    hint: str | None = None,
    file: object = None,
) -> str:
    """Decode the UTF-8 text of a file that a user may have written or edited; a byte order mark is skipped.

    Raises:
        HarnessError: of the type ``error``, if the data is not UTF-8; ``place`` names the file, to which
            ``has_lines`` adds the line. ``hint`` says what to try where the encoding is unknown, and
            ``file`` is the path of the file to convert, if that is not ``place``.
    """
    converted = place if file is None else file
    name = _find_encoding(data[:_SAMPLE])
    if name is not None:
        line = ":1" if has_lines else ""
        raise error(f"{place}{line}: {name}, expected UTF-8", hint=f"convert it: {_convert(name, converted)}")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as fault:
        line = f":{fault.object[: fault.start].count(b'\n') + 1}" if has_lines else ""
        if hint is None and _may_be_latin(data):
            hint = f"if it is Windows-1252 or Latin-1: {_convert('WINDOWS-1252', converted)}"
        raise error(f"{place}{line}: not UTF-8 text: {fault.reason}", hint=hint) from None


def rewrite_command(command: str, file: object) -> str:
    """A shell command that rewrites a file into a new one beside it; ``-`` is standard input."""
    if str(file) == "-":
        return command
    path = str(file)
    return f"{command} {quote(path)} > {quote(f'{path}.new')}"


def _convert(encoding: str, file: object) -> str:
    return rewrite_command(f"iconv -f {encoding} -t UTF-8", file)


def _find_encoding(data: bytes) -> str | None:
    """The name of an encoding that is not UTF-8, as iconv knows it; ``None`` if unknown.

    It shows in the byte order mark, or in the zero bytes of letters and signs of ASCII.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked is not None or 0 not in data:
        return marked
    zeros = [_share_of_zeros(data[start::4]) for start in range(4)]
    if min(zeros[:2]) > _MANY > _FEW > zeros[3]:
        return "UTF-32BE"
    if min(zeros[2:]) > _MANY > _FEW > zeros[0]:
        return "UTF-32LE"
    even, odd = _share_of_zeros(data[::2]), _share_of_zeros(data[1::2])
    # A text in another script has few zero bytes, but its other bytes are no text in UTF-8.
    least = _MANY if _is_text(data, "utf-8") and _share_of_controls(data) < _FEW else 0
    if even > least and odd < min(even, _FEW) and _is_text(data, "utf-16-be"):
        return "UTF-16BE"
    if odd > least and even < min(odd, _FEW) and _is_text(data, "utf-16-le"):
        return "UTF-16LE"
    return None


def _is_text(data: bytes, encoding: str) -> bool:
    """Whether data is text in an encoding; a last letter that is cut off does not count."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _may_be_latin(data: bytes) -> bool:
    """Whether data that is not UTF-8 looks like a Latin text with some accents, and not like damaged UTF-8."""
    if not data.decode("utf-8", "ignore").isascii() or not _is_text(data, "cp1252"):
        return False
    return sum(byte > 0x7F for byte in data) < len(data) * _MOST_ACCENTS


def _share_of_controls(data: bytes) -> float:
    """The share of bytes that no text has: the upper halves of Greek and Cyrillic letters in UTF-16."""
    return sum(0 < byte < 0x20 and byte not in b"\t\n\r\f\x1b" for byte in data) / len(data)


def _share_of_zeros(data: bytes) -> float:
    return data.count(0) / len(data) if data else 0.0
