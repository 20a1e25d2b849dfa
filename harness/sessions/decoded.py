"""Bodies that an upstream compresses although it was asked not to, decoded as they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2

from harness.cassettes.decoding import BodyDecoder, read_encodings


def decoded(response: httpx2.Response) -> httpx2.Response:
    """Decode the body of a response, for its client too; while it is read, a ``CassetteError`` says what is wrong.

    Raises:
        CassetteError: its encoding is not supported.
    """
    encoding = response.headers.get("content-encoding", "")
    if not read_encodings(encoding):
        return response
    assert isinstance(response.stream, httpx2.SyncByteStream | httpx2.AsyncByteStream)
    plain = with_stream(response, _Decoded(response.stream, encoding))
    for name in ("content-encoding", "content-length"):
        plain.headers.pop(name, None)
    return plain


def with_stream(response: httpx2.Response, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> httpx2.Response:
    """Copy a response with another body."""
    return httpx2.Response(
        response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
    )


class _Decoded(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A compressed body, decoded as it arrives."""

    def __init__(self, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream, encoding: str) -> None:
        self._stream = stream
        self._decoder = BodyDecoder(encoding)

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._stream, httpx2.SyncByteStream)
        for chunk in self._stream:
            if data := self._decoder.decode(chunk):
                yield data
        self._decoder.finish()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx2.AsyncByteStream)
        async for chunk in self._stream:
            if data := self._decoder.decode(chunk):
                yield data
        self._decoder.finish()

    def close(self) -> None:
        assert isinstance(self._stream, httpx2.SyncByteStream)
        self._stream.close()

    async def aclose(self) -> None:
        assert isinstance(self._stream, httpx2.AsyncByteStream)
        await self._stream.aclose()
