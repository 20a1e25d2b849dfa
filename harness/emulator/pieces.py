"""A body that comes piece by piece."""

import time
from collections.abc import AsyncIterator, Iterable, Iterator

import anyio
import httpx2

from harness.emulator.http import DROP, Pause, Piece


class Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body read piece by piece, by sync and async readers alike."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Pause):
                time.sleep(piece.seconds)
            else:
                yield _data(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Pause):
                await anyio.sleep(piece.seconds)
            else:
                yield _data(piece)


def _data(piece: Piece) -> bytes:
    if piece is DROP:
        raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")
    assert isinstance(piece, bytes)
    return piece
