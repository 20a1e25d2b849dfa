"""The framing of AWS, held against botocore's decoder."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.calls.event_stream import (
    Frame,
    decode_frames,
    encode_frame,
    is_aws_stream,
    make_event,
    make_exception,
    split_frames,
)

FRAMES = [make_event("messageStart", b'{"role":"assistant"}'), make_exception("throttlingException", b"{}")]
STREAM = b"".join(map(encode_frame, FRAMES))


@given(st.lists(st.tuples(st.sampled_from(["chunk", "metadata", "é"]), st.binary(max_size=300))))
def test_frames_come_out_as_they_went_in(pairs: list[tuple[str, bytes]]) -> None:
    frames = [make_event(kind, payload) for kind, payload in pairs]
    assert decode_frames(b"".join(map(encode_frame, frames))) == frames


@given(st.lists(st.tuples(st.sampled_from(["chunk", "metadata"]), st.binary(max_size=300)), max_size=5))
def test_botocore_reads_the_frames(pairs: list[tuple[str, bytes]]) -> None:
    eventstream = pytest.importorskip("botocore.eventstream")
    buffer = eventstream.EventStreamBuffer()
    buffer.add_data(b"".join(encode_frame(make_event(*pair)) for pair in pairs))
    read = [(message.headers[":event-type"], bytes(message.payload)) for message in buffer]
    assert read == pairs


def test_frame_that_is_cut_off_is_left_out() -> None:
    for end in range(len(STREAM)):
        whole = 0 if end < len(encode_frame(FRAMES[0])) else 1
        assert decode_frames(STREAM[:end]) == FRAMES[:whole]


def test_type_and_exception_are_read_from_the_headers() -> None:
    assert [(frame.type, frame.is_exception) for frame in decode_frames(STREAM)] == [
        ("messageStart", False),
        ("throttlingException", True),
    ]


def test_header_that_is_no_text_is_skipped() -> None:
    plain = encode_frame(Frame({":event-type": "chunk"}, b"x"))
    size = struct.unpack(">I", plain[4:8])[0]
    headers = plain[12 : 12 + size]
    numbers = b"\x01a\x00" + b"\x01b\x04\x00\x00\x00\x01" + b"\x01c\x06\x00\x02ab" + headers
    assert decode_frames(_frame(numbers, b"x")) == [Frame({":event-type": "chunk"}, b"x")]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"event: message_start\ndata: {}\n\n", id="server-sent events"),
        pytest.param(STREAM[:-1] + b"\x00", id="checksum"),
        pytest.param(b"\xff" + STREAM[1:], id="prelude"),
    ],
)
def test_other_bytes_are_no_frames(data: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        decode_frames(data)


def test_headers_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(ValueError, match="headers of a frame"):
        decode_frames(_frame(b"\x05ab", b""))


def test_stream_is_split_into_its_frames() -> None:
    assert list(split_frames(STREAM + b"rest")) == [encode_frame(frame) for frame in FRAMES]


def test_content_type_says_what_it_is() -> None:
    assert is_aws_stream({"content-type": "application/vnd.amazon.eventstream"})
    assert not is_aws_stream({"content-type": "text/event-stream"})
    assert not is_aws_stream({})


def _frame(headers: bytes, payload: bytes) -> bytes:
    from zlib import crc32

    start = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    content = start + struct.pack(">I", crc32(start)) + headers + payload
    return content + struct.pack(">I", crc32(content))
