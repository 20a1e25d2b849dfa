"""Look into encoded parts of a text: base64, hexadecimal, escapes of JSON, of URLs and of HTML.

A secret need not be in plain text. Each encoding is a row: how its runs look, how they are decoded, and how a changed
text is encoded again, so that what was base64 stays base64.
"""

import base64
import binascii
import html
import json
import quopri
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote, unquote

from harness.cassettes.decoding import decompress
from harness.errors import CassetteError

Change = Callable[[str], str]
"""Returns a text without what must not be stored."""

_DEEPEST = 3
"""Encodings within encodings that are looked into."""
_STARTS = (("gzip", b"\x1f\x8b"), ("zstd", b"\x28\xb5\x2f\xfd"), ("deflate", b"\x78"))
"""How compressed data begins within an encoded part."""


class Encoding(NamedTuple):
    """One way to write a text in other characters."""

    runs: re.Pattern[str]
    """Matches the parts of a text that may be encoded."""
    decode: Callable[[str], str | None]
    """Decodes a run; ``None`` if it is not encoded after all."""
    encode: Callable[[str], str]
    signs: tuple[str, ...] = ()
    """A text without any of these holds no such run, which is faster to see."""
    step: int = 1
    """Characters of a group, for encodings whose run may begin within other text."""


class Found(NamedTuple):
    """An encoded part of a text."""

    start: int
    end: int
    plain: str
    encoding: Encoding


def find_encoded(text: str) -> Iterator[Found]:
    """Yield the encoded parts of a text, decoded; those of different encodings may overlap."""
    for encoding in ENCODINGS:
        if encoding.signs and not any(sign in text for sign in encoding.signs):
            continue
        for match in encoding.runs.finditer(text):
            for shift in range(encoding.step):
                plain = encoding.decode(match[0][shift:])
                if plain:
                    yield Found(match.start() + shift, match.end(), plain, encoding)


def change_encoded(text: str, change: Change, *, depth: int = _DEEPEST) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and replacement of the encoded parts that ``change`` changes; no two overlap."""
    done = 0
    for found in sorted(find_encoded(text), key=lambda found: found.start):
        if found.start < done:
            continue
        changed = change_deeply(found.plain, change, depth=depth - 1)
        if changed != found.plain:
            yield found.start, found.end, found.encoding.encode(changed)
            done = found.end


def change_deeply(text: str, change: Change, *, depth: int = _DEEPEST) -> str:
    """Change a text and its encoded parts."""
    text = change(text)
    if depth <= 0:
        return text
    pieces, done = [], 0
    for start, end, put in change_encoded(text, change, depth=depth):
        pieces += [text[done:start], put]
        done = end
    return "".join((*pieces, text[done:]))


def views(text: str, *, depth: int = _DEEPEST) -> Iterator[str]:
    """Yield a text and the texts of its encoded parts, those of their parts included."""
    yield text
    if depth > 0:
        for found in find_encoded(text):
            yield from views(found.plain, depth=depth - 1)


def as_text(data: bytes) -> str | None:
    """The text of bytes that may be compressed; ``None`` if no word in them is as long as a key."""
    with suppress(CassetteError):
        data = decompress(data, next((name for name, start in _STARTS if data.startswith(start)), ""))
    if data.count(0) * 3 > len(data):
        # UTF-16, as some shells encode it.
        data = data.replace(b"\0", b"")
    return data.decode("utf-8", "surrogateescape") if _LONG_WORD.search(data) else None


def as_bytes(text: str) -> bytes:
    """The bytes of a text of `as_text`."""
    return text.encode("utf-8", "surrogateescape")


def _decode_base64(run: str) -> str | None:
    packed = re.sub(r"\\[rn]", "", run) if "\\" in run else run
    if "-" in packed or "_" in packed:
        packed = packed.translate(_STANDARD)
    # A last character that is left over decodes to nothing.
    length = len(packed.rstrip("="))
    try:
        return as_text(binascii.a2b_base64(f"{packed[: length - (length % 4 == 1)]}=="))
    except binascii.Error:
        return None


def _runs(characters: str, escape: str) -> re.Pattern[str]:
    """A pattern for words with escapes in them; it looks at each word once, since words may be very long."""
    return re.compile(rf"(?<![{characters}])[{characters}]*+(?:{escape}[{characters}]*+)+")


_STANDARD = str.maketrans("-_", "+/")
_LONG_WORD = re.compile(rb"[\w.~+/=%:@\\-]{12}")
_BREAK = r"(?:(?:\\r)?\\n|\r?\n)"
_WORD = r"\w.~+/=:@\-"

ENCODINGS = (
    # Base64, of either alphabet, and in lines.
    Encoding(
        runs=re.compile(rf"(?:[A-Za-z0-9+/]{{40,}}+{_BREAK})*+[A-Za-z0-9+/_-]{{16,}}+={{0,2}}"),
        decode=_decode_base64,
        encode=lambda text: base64.b64encode(as_bytes(text)).decode("ascii"),
        step=4,
    ),
    # Hexadecimal.
    Encoding(
        runs=re.compile(r"[0-9a-fA-F]{20,}+"),
        decode=lambda run: as_text(bytes.fromhex(run[: len(run) // 2 * 2])),
        encode=lambda text: as_bytes(text).hex(),
        step=2,
    ),
    # Escapes of JSON, and of JSON within JSON.
    Encoding(
        runs=_runs(_WORD, r"\\+u00[0-7][0-9a-fA-F]"),
        decode=lambda run: re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), run),
        encode=lambda text: json.dumps(text)[1:-1],
        signs=("\\u00",),
    ),
    # Slashes that JSON of some languages escapes.
    Encoding(
        runs=_runs(r"\w.~+=:@\-", r"\\+/"),
        decode=lambda run: re.sub(r"\\+/", "/", run),
        encode=lambda text: text,
        signs=("\\/",),
    ),
    # Escapes of URLs and forms.
    Encoding(
        runs=_runs(rf"{_WORD}!*,?&", r"%[0-9a-fA-F]{2}"),
        decode=lambda run: unquote(run, errors="surrogateescape"),
        encode=lambda text: quote(text, safe="/:?&=@+<>", errors="surrogateescape"),
        signs=tuple(f"%{digit}" for digit in "234567"),
    ),
    # Escapes of HTML.
    Encoding(runs=_runs(_WORD, r"&#\w{2,8};"), decode=html.unescape, encode=html.escape, signs=("&#",)),
    # Quoted-printable, as in e-mails and in some multipart bodies.
    Encoding(
        runs=_runs(r"\w.~+/:@\-", rf"=(?:[0-9A-F]{{2}}|{_BREAK})"),
        decode=lambda run: as_text(quopri.decodestring(as_bytes(re.sub(rf"={_BREAK}", "=\n", run)))),
        encode=lambda text: text,
        signs=(*(f"={digit}" for digit in "234567"), "=\n", "=\r", "=\\"),
    ),
)
"""All encodings that are looked into."""
