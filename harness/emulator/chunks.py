"""A body that is known before it is read, chunk by chunk."""

from collections.abc import AsyncIterator, Iterator

import httpx2


class Chunks(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body read chunk by chunk, by sync and async readers alike."""

    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
