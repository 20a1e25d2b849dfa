"""Images that are sent inline."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

_FORMATS = {
    "image/jpeg": re.compile(rb"\xff\xd8"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
"""The accepted media types, and how a file of each begins."""

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
_LONGEST_START = 16


def check_inline_image(path: str, source: Mapping[str, Any]) -> Iterator[str]:
    """Yield the answer to an inline image of another format, in broken base64, or that is plainly no image."""
    media_type, data = source.get("media_type"), source.get("data")
    if not isinstance(media_type, str) or media_type not in _FORMATS:
        # Source: github.com/anthropics/claude-code/issues/8184 (checked 2026-11-25)
        yield f"{path}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
    elif data is None:
        yield f"{path}.data: Field required"
    elif not isinstance(data, str):
        yield f"{path}.data: Input should be a valid string"
    elif not data and any(key.startswith("_") for key in source):
        # A log that leaves images out says so beside the empty data; the API has no such keys.
        return
    elif not _BASE64.fullmatch(data) or _is_cut(data):
        # Source: github.com/anthropics/anthropic-sdk-typescript/issues/603 (checked 2026-11-25)
        yield f"{path}: invalid base64 data"
    else:
        yield from _format_faults(path, media_type, _start(data))


def _format_faults(path: str, media_type: str, start: bytes) -> Iterator[str]:
    found = next((name for name, pattern in _FORMATS.items() if pattern.match(start)), None)
    if found is None:
        # A recorded answer.
        yield f"{path}.data: The file format is invalid or unsupported"
    elif found != media_type:
        # Source: github.com/anthropics/claude-code/issues/13131 (checked 2026-11-25)
        yield f"{path}.data: Image does not match the provided media type {media_type}"


def _is_cut(data: str) -> bool:
    """Whether a last character is alone, which stands for less than a byte."""
    return len(data.rstrip("=")) % 4 == 1 and not any(map(str.isspace, data))


def _start(data: str) -> bytes:
    """The first bytes; decoding a whole image would cost more than all other rules together."""
    whole = "".join(data[: 8 * _LONGEST_START].split()).rstrip("=")
    if len(whole) == 1:
        return b""
    return base64.b64decode(whole[: len(whole) // 4 * 4] or whole + "==")[:_LONGEST_START]
