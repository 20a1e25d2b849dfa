"""Streams of text: iterated or used as a context manager, from the API or from the local cache."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from harness.calls.answer import assemble_message
from harness.client.answers import cut_pieces, message_text, text_of, to_dict, to_message
from harness.client.base import Base, Prepared
from harness.errors import UsageError

if TYPE_CHECKING:
    from anthropic.types import Message


class _Arrived:
    """What has arrived of a stream."""

    def __init__(self, base: Base, call: Prepared) -> None:
        self._base, self._call = base, call
        self._events: list[Any] = []
        self._pieces: list[int] = []
        self._stored: Mapping[str, Any] | None = None

    def recall(self) -> Iterator[str] | None:
        """The pieces of a stored answer; ``None`` if there is none."""
        stored = self._base.recall(self._call)
        if stored is None:
            return None
        self._stored = stored.response
        return cut_pieces(stored.response, stored.pieces)

    def take(self, event: Any) -> str:
        """Take an event in; return its piece of text."""
        self._events.append(event)
        text = text_of(event)
        if text:
            self._pieces.append(len(text))
        return text

    def close(self, error: BaseException | None = None) -> None:
        """Count the stream, which the API, an error or the caller has ended."""
        if any(event.type == "message_stop" for event in self._events[-1:]) or (not self._events and error is None):
            self._base.keep_stream(self._call, self._events, self._pieces)
        else:
            self._base.keep_part(self._call, self._events)

    def message(self) -> "Message":
        """The message, as far as it has arrived."""
        if self._stored is None and not self._events:
            raise UsageError("the stream was closed before its answer began", hint="read it before it is closed")
        response = self._stored or assemble_message([to_dict(event) for event in self._events])
        return to_message(response)


class TextStream:
    """The text of an answer, piece by piece as it arrives; the request is sent at the first use.

    Iterate over it, or use it as a context manager, which leaves the stream at its end.
    """

    def __init__(self, base: Base, call: Prepared, open_stream: Callable[..., AbstractContextManager[Any]]) -> None:
        self._arrived = _Arrived(base, call)
        self._texts = _read(self._arrived, call, open_stream)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._texts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the stream; what has arrived is counted."""
        self._texts.close()

    def get_final_message(self) -> "Message":
        """Read what is left, and return the whole message.

        Raises:
            UsageError: the stream was closed before its answer began.
        """
        for _ in self:
            pass
        return self._arrived.message()

    def get_final_text(self) -> str:
        """Read what is left, and return the whole text."""
        return message_text(self.get_final_message())


class AsyncTextStream:
    """`TextStream` for asyncio."""

    def __init__(
        self, base: Base, call: Prepared, open_stream: Callable[..., AbstractAsyncContextManager[Any]]
    ) -> None:
        self._arrived = _Arrived(base, call)
        self._texts = _read_async(self._arrived, call, open_stream)

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    def __anext__(self) -> Awaitable[str]:
        return anext(self._texts)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Leave the stream; what has arrived is counted."""
        await self._texts.aclose()

    async def get_final_message(self) -> "Message":
        """Read what is left, and return the whole message; see `TextStream.get_final_message`."""
        async for _ in self:
            pass
        return self._arrived.message()

    async def get_final_text(self) -> str:
        """Read what is left, and return the whole text."""
        return message_text(await self.get_final_message())


def _read(arrived: _Arrived, call: Prepared, open_stream: Callable[..., AbstractContextManager[Any]]) -> Generator[str]:
    stored = arrived.recall()
    if stored is not None:
        yield from stored
        return
    try:
        with open_stream(**call.request) as stream:
            for event in _raw_events(stream):
                if text := arrived.take(event):
                    yield text
    except BaseException as error:
        arrived.close(error)
        raise
    arrived.close()


async def _read_async(
    arrived: _Arrived, call: Prepared, open_stream: Callable[..., AbstractAsyncContextManager[Any]]
) -> AsyncGenerator[str]:
    stored = arrived.recall()
    if stored is not None:
        for piece in stored:
            yield piece
        return
    try:
        async with open_stream(**call.request) as stream:
            async for event in _raw_events(stream):
                if text := arrived.take(event):
                    yield text
    except BaseException as error:
        arrived.close(error)
        raise
    arrived.close()


def _raw_events(stream: Any) -> Any:
    """The events of a stream as they arrive: the SDK's helper, which adds to them, fails where one has no usage."""
    return getattr(stream, "_raw_stream", stream)
