"""Decode compressed bodies, whole or as they arrive, and never beyond a bound."""

import sys
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import brotli

from harness.errors import CassetteError
from harness.files import LARGEST

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MOST_LAYERS = 4
"""A body that is compressed more often was made to exhaust something."""

_STARTS = {"gzip": (b"\x1f\x8b",), "zstd": (b"\x28\xb5\x2f\xfd",)}
"""How compressed bodies begin; those of other encodings are tried."""


class _Step(Protocol):
    """Decodes one encoding."""

    def decode(self, data: bytes) -> bytes:
        """Decode the next part of the body."""

    def is_whole(self) -> bool:
        """Whether the body may end here."""


class BodyDecoder:
    """Decodes a body part by part, by its ``content-encoding``."""

    def __init__(self, encoding: str) -> None:
        """Prepare to decode; ``encoding`` may name several encodings, in the order in which they were applied.

        Raises:
            CassetteError: an encoding is not supported.
        """
        names = read_encodings(encoding)
        if len(names) > _MOST_LAYERS:
            raise CassetteError(f"a body is compressed {len(names)} times, expected {_MOST_LAYERS} times at most")
        self._steps = [(name, _make_step(name)) for name in reversed(names)]
        self._is_empty = True

    def decode(self, data: bytes) -> bytes:
        """Decode the next part.

        Raises:
            CassetteError: the body is damaged, or larger than 64 MiB when it is decoded.
        """
        self._is_empty = self._is_empty and not data
        for name, step in self._steps:
            try:
                data = step.decode(data)
            except (zlib.error, brotli.error, zstd.ZstdError) as error:
                raise CassetteError(f"a {name} body is damaged: {error}") from None
        return data

    def finish(self) -> None:
        """Check that the body ended where it should.

        Raises:
            CassetteError: it is cut off.
        """
        for name, step in self._steps:
            if not self._is_empty and not step.is_whole():
                raise CassetteError(f"a {name} body is cut off")


def read_encodings(encoding: str) -> list[str]:
    """The encodings that a ``content-encoding`` names, but for those that change nothing."""
    names = (part.strip().lower() for part in encoding.split(","))
    return [name for name in names if name not in ("", "identity")]


def decompress(body: bytes, encoding: str) -> bytes:
    """Decode a whole body; it is unchanged if it was stored decoded, as some HTTP libraries hand it out.

    Raises:
        CassetteError: the body is cut off or damaged, too large, or its encoding is not supported.
    """
    decoder = BodyDecoder(encoding)
    try:
        plain = decoder.decode(body)
        decoder.finish()
    except TooLargeError:
        raise
    except CassetteError:
        if is_text(body):
            return body
        raise
    return plain


def is_text(body: bytes) -> bool:
    """Whether a body is UTF-8 text, which no compressed body of any length is."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in body


def find_encoding(body: bytes) -> str | None:
    """The encoding of a compressed body that nothing names; ``None`` for text and whatever else it may be."""
    if is_text(body):
        return None
    return next((name for name in ("gzip", "zstd", "deflate", "br") if _is_encoded(body, name)), None)


def _is_encoded(body: bytes, name: str) -> bool:
    if body.startswith(_STARTS.get(name, ())):
        return True
    try:
        return name not in _STARTS and is_text(decompress(body, name))
    except CassetteError:
        return False


class TooLargeError(CassetteError):
    """A body grows beyond all bounds when it is decoded."""


class _Bound:
    """Counts what one step gives out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = LARGEST

    def room(self) -> int:
        """How much to ask for: one byte more than is allowed shows that there is too much."""
        return self._left + 1

    def take(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise TooLargeError(f"a {self._name} body is larger than {LARGEST:,} bytes when it is decoded")
        return piece


class _Members:
    """Inflates all members of a body: a server may send several, one after the other."""

    def __init__(self, name: str, choose_bits: Callable[[bytes], int]) -> None:
        self._choose_bits = choose_bits
        self._bound = _Bound(name)
        self._held = b""
        self._inflate: Any = None

    def decode(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        data, self._held = self._held + data, b""
        while data:
            if self._inflate is None:
                if len(data) < 2:
                    # Two bytes tell the kinds apart.
                    self._held = data
                    break
                self._inflate = zlib.decompressobj(self._choose_bits(data))
            pieces.append(self._bound.take(self._inflate.decompress(data, self._bound.room())))
            data = b""
            if self._inflate.eof:
                data, self._inflate = self._inflate.unused_data, None
        return b"".join(pieces)

    def is_whole(self) -> bool:
        return self._inflate is None and not self._held


class _Brotli:
    def __init__(self) -> None:
        self._bound = _Bound("br")
        self._inflate = brotli.Decompressor()

    def decode(self, data: bytes) -> bytes:
        pieces = [self._process(data)]
        while not self._inflate.can_accept_more_data():
            pieces.append(self._process(b""))
        return b"".join(pieces)

    def _process(self, data: bytes) -> bytes:
        return self._bound.take(self._inflate.process(data, output_buffer_limit=self._bound.room()))

    def is_whole(self) -> bool:
        return bool(self._inflate.is_finished())


class _Zstd:
    """Decodes all frames of a body."""

    def __init__(self) -> None:
        self._bound = _Bound("zstd")
        self._inflate: zstd.ZstdDecompressor | None = None

    def decode(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        while data:
            self._inflate = self._inflate or zstd.ZstdDecompressor()
            pieces.append(self._bound.take(self._inflate.decompress(data, max_length=self._bound.room())))
            data = b""
            if self._inflate.eof:
                data, self._inflate = self._inflate.unused_data, None
        return b"".join(pieces)

    def is_whole(self) -> bool:
        return self._inflate is None


def _make_step(name: str) -> _Step:
    match name:
        case "gzip" | "x-gzip":
            return _Members(name, lambda _: zlib.MAX_WBITS | 16)
        case "deflate":
            return _Members(name, _find_deflate_bits)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
        case _:
            raise CassetteError(f"a body is compressed with {name!r}, expected gzip, deflate, br or zstd")


def _find_deflate_bits(start: bytes) -> int:
    """``deflate`` has a header of zlib by the standard, and none from some servers."""
    has_header = start[0] & 0x0F == 8 and start[0] >> 4 <= 7 and int.from_bytes(start[:2]) % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
