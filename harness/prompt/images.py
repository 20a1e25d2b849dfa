"""Inline images: pixel sizes, read from their headers without decoding them, and the tokens they take."""

import base64
import binascii
import math
import struct
from typing import Any

from harness.provider.generations import ImageRules

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def image_size(source: Any) -> tuple[int, int] | None:
    """Width and height in pixels of a base64 image source; ``None`` where they cannot be known.

    Reads PNG, JPEG, GIF and WebP, the formats that the API accepts.
    """
    if not isinstance(source, dict) or source.get("type") != "base64" or not isinstance(source.get("data"), str):
        return None
    try:
        data = base64.b64decode(source["data"], validate=False)
    except (binascii.Error, ValueError):
        return None
    try:
        size = _read(data)
    except (struct.error, IndexError):
        return None
    # An image without an edge is broken.
    return size if size and all(size) else None


def image_tokens(size: tuple[int, int], rules: ImageRules) -> int:
    """Tokens of an image of ``size`` (width, height, in pixels), after the downscaling of the API."""
    return _count_tiles(size, _scale(size, rules), rules.tile) * rules.tokens_per_tile + rules.overhead


def unscaled_tokens(size: tuple[int, int], rules: ImageRules) -> int:
    """Tokens of an image of ``size`` if the API did not scale it down."""
    return _count_tiles(size, 1.0, rules.tile) * rules.tokens_per_tile + rules.overhead


def most_tokens(rules: ImageRules) -> int:
    """Tokens that no image exceeds, whatever its size."""
    return rules.max_tiles * rules.tokens_per_tile + rules.overhead


def _scale(size: tuple[int, int], rules: ImageRules) -> float:
    """The largest scale, up to 1, at which an image keeps to the longest edge and to the number of tiles.

    The number of tiles changes only where an edge fills a whole number of them, so only these scales are tried.
    """
    width, height = size
    limit = min(1.0, rules.max_edge / max(width, height))
    if _count_tiles(size, limit, rules.tile) <= rules.max_tiles:
        return limit
    fitting = (
        min(columns * rules.tile / width, rules.max_tiles // columns * rules.tile / height)
        for columns in range(1, rules.max_tiles + 1)
    )
    return min(limit, max(fitting))


def _count_tiles(size: tuple[int, int], scale: float, tile: int) -> int:
    # Rounded, since a whole number of tiles may come out a hair above itself.
    columns, rows = (math.ceil(round(edge * scale / tile, 6)) for edge in size)
    return max(columns, 1) * max(rows, 1)


def _read(data: bytes) -> tuple[int, int] | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(data):
        if data[position] != 0xFF:
            return None
        kind = data[position + 1]
        if kind == 0xFF:
            position += 1
            continue
        if kind in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None
