"""Compressed bodies: decoded whole and in parts, bounded, or refused."""

import gzip
import sys
import zlib

import brotli
import pytest

from harness.cassettes.decoding import BodyDecoder, decompress
from harness.errors import CassetteError
from tests.cassettes.examples import dump, message

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ANSWER = dump(message("Hi é " * 100))


def raw_deflate(data: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return pack.compress(data) + pack.flush()


PACKED = [
    pytest.param("gzip", gzip.compress(ANSWER), id="gzip"),
    pytest.param("x-gzip", gzip.compress(ANSWER), id="x-gzip"),
    pytest.param("GZIP", gzip.compress(ANSWER[:5]) + gzip.compress(ANSWER[5:]), id="several-members"),
    pytest.param("deflate", zlib.compress(ANSWER), id="deflate"),
    pytest.param("deflate", raw_deflate(ANSWER), id="raw-deflate"),
    pytest.param("br", brotli.compress(ANSWER), id="br"),
    pytest.param("zstd", zstd.compress(ANSWER), id="zstd"),
    pytest.param("zstd", zstd.compress(ANSWER[:5]) + zstd.compress(ANSWER[5:]), id="several-frames"),
    pytest.param("deflate, gzip", gzip.compress(zlib.compress(ANSWER)), id="twice"),
    pytest.param("br,identity, zstd", zstd.compress(brotli.compress(ANSWER)), id="a-chain"),
]


@pytest.mark.parametrize(("encoding", "body"), PACKED)
def test_compressed_bodies_are_decoded_whole_and_byte_by_byte(encoding: str, body: bytes) -> None:
    decoder = BodyDecoder(encoding)

    pieces = [decoder.decode(body[place : place + 1]) for place in range(len(body))]
    decoder.finish()

    assert b"".join(pieces) == decompress(body, encoding) == ANSWER


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "deflate, gzip", "", "identity"])
@pytest.mark.parametrize("body", [ANSWER, b""], ids=["text", "nothing"])
def test_bodies_that_are_decoded_already_stay(encoding: str, body: bytes) -> None:
    assert decompress(body, encoding) == body


@pytest.mark.parametrize(("encoding", "body"), PACKED)
def test_body_that_is_cut_off_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(CassetteError, match=r"^a \S+ body is (cut off|damaged: .+)$"):
        decompress(body[:-3], encoding)


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        pytest.param("gzip", b"\x1f\x8bnonsense", "a gzip body is damaged: ", id="gzip"),
        pytest.param("deflate", b"\xff\xffnonsense", "a deflate body is damaged: ", id="deflate"),
        pytest.param("br", b"\xff\xffnonsense", "a br body is damaged: ", id="br"),
        pytest.param("zstd", b"\xff\xffnonsense", "a zstd body is damaged: ", id="zstd"),
        pytest.param("lzma", b"x", "a body is compressed with 'lzma', expected gzip, deflate, br or zstd", id="other"),
        pytest.param(
            ", ".join(["gzip"] * 5), b"x", "a body is compressed 5 times, expected 4 times at most", id="layers"
        ),
    ],
)
def test_body_that_cannot_be_decoded_is_an_error(encoding: str, body: bytes, message: str) -> None:
    with pytest.raises(CassetteError, match=f"^{message}"):
        decompress(body, encoding)


def inflated(bits: int) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, bits)
    return pack.compress(bytes(70_000_000)) + pack.flush()


@pytest.mark.parametrize(
    ("encoding", "make_bomb"),
    [
        pytest.param("gzip", lambda: inflated(31), id="gzip"),
        pytest.param("deflate", lambda: inflated(15), id="deflate"),
        pytest.param("deflate", lambda: inflated(-15), id="raw-deflate"),
        pytest.param("br", lambda: brotli.compress(bytes(70_000_000), quality=1), id="br"),
        pytest.param("zstd", lambda: zstd.compress(bytes(70_000_000), 1), id="zstd"),
    ],
)
def test_body_that_grows_beyond_all_bounds_is_refused(encoding: str, make_bomb: object) -> None:
    assert callable(make_bomb)

    with pytest.raises(CassetteError, match=r"^a \w+ body is larger than 67,108,864 bytes when it is decoded$"):
        decompress(make_bomb(), encoding)
