"""The event streams of AWS, ``application/vnd.amazon.eventstream``: frames of headers and a payload, with checksums.

Source: docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html and botocore 1.44, ``eventstream.py``
(checked 2026-11-27).
"""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
ERROR_TYPE = "x-amzn-errortype"
"""The header of a response of AWS that names an error."""
STREAM_TYPE = "x-amzn-bedrock-content-type"
"""The header of a stream of InvokeModel that names the type of what is in its frames."""

_PRELUDE = struct.Struct(">III")
"""Length of the frame, length of its headers, checksum of both."""
_CHECKSUM = struct.Struct(">I")
_SMALLEST = _PRELUDE.size + _CHECKSUM.size
_LARGEST = 24 * 1024 * 1024
"""Largest frame that AWS sends. Source: botocore, as above."""
_TEXT = 7
"""The type of a header whose value is a text; AWS sends no other in the streams of Bedrock."""
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value, by its type, where they are fixed."""
_WITH_LENGTH = (6, _TEXT)


class Frame(NamedTuple):
    """One event, or one exception."""

    headers: Mapping[str, str]
    """Those whose value is a text: ``:message-type``, ``:event-type``, ``:exception-type``, ``:content-type``."""
    payload: bytes

    @property
    def type(self) -> str:
        """The type of the event or exception."""
        return self.headers.get(":event-type") or self.headers.get(":exception-type") or ""

    @property
    def is_exception(self) -> bool:
        """Whether the stream breaks off here with an error."""
        return self.headers.get(":message-type") in ("exception", "error")


def make_event(event_type: str, payload: bytes) -> Frame:
    """Make the frame of an event whose payload is JSON."""
    return Frame({":event-type": event_type, ":content-type": "application/json", ":message-type": "event"}, payload)


def make_exception(exception_type: str, payload: bytes) -> Frame:
    """Make the frame of an exception whose payload is JSON."""
    return Frame(
        {":exception-type": exception_type, ":content-type": "application/json", ":message-type": "exception"}, payload
    )


def is_aws_stream(headers: Mapping[str, str]) -> bool:
    """Whether a response came as frames; header names are in lower case."""
    return headers.get("content-type", "").startswith(CONTENT_TYPE)


def encode_frame(frame: Frame) -> bytes:
    """Write a frame."""
    headers = b"".join(_encode_header(name, value) for name, value in frame.headers.items())
    lengths = struct.pack(">II", _SMALLEST + len(headers) + len(frame.payload), len(headers))
    content = lengths + _CHECKSUM.pack(crc32(lengths)) + headers + frame.payload
    return content + _CHECKSUM.pack(crc32(content))


def split_frames(data: bytes) -> Iterator[bytes]:
    """Yield each whole frame of a stream as bytes; one that was cut off at the end is left out.

    Raises:
        ValueError: the bytes are no frames.
    """
    start = 0
    while len(data) - start >= _SMALLEST:
        length, _, checksum = _PRELUDE.unpack_from(data, start)
        if crc32(data[start : start + 8]) != checksum or not _SMALLEST <= length <= _LARGEST:
            raise ValueError(f"no frame of an event stream at byte {start:,}")
        if start + length > len(data):
            return
        yield data[start : start + length]
        start += length


def decode_frames(data: bytes) -> list[Frame]:
    """Read the frames of a stream; one that was cut off at the end is left out.

    Raises:
        ValueError: the bytes are no frames, or a checksum differs.
    """
    return [_decode(frame) for frame in split_frames(data)]


def _decode(data: bytes) -> Frame:
    _, size, _ = _PRELUDE.unpack_from(data)
    content, checksum = data[: -_CHECKSUM.size], _CHECKSUM.unpack(data[-_CHECKSUM.size :])[0]
    end = _PRELUDE.size + size
    if crc32(content) != checksum or end > len(content):
        raise ValueError("the checksum of a frame differs from its content")
    try:
        return Frame(dict(_decode_headers(content[_PRELUDE.size : end])), content[end:])
    except (struct.error, IndexError, KeyError, UnicodeDecodeError):
        raise ValueError("the headers of a frame cannot be read") from None


def _encode_header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return bytes([len(key)]) + key + bytes([_TEXT]) + struct.pack(">H", len(text)) + text


def _decode_headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the headers whose value is a text; skip all others."""
    place = 0
    while place < len(data):
        length = data[place]
        name = data[place + 1 : place + 1 + length].decode()
        kind, place = data[place + 1 + length], place + 2 + length
        if kind in _WITH_LENGTH:
            (size,) = struct.unpack_from(">H", data, place)
            place += 2
        else:
            size = _SIZES[kind]
        if kind == _TEXT:
            yield name, data[place : place + size].decode()
        place += size
