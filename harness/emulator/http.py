"""HTTP as values: what a client asks, and what it gets, piece by piece."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

from harness.emulator.journal import Entry
from harness.loopback import is_loopback
from harness.provider.endpoints import API_URL


class Pause(NamedTuple):
    """A time in which nothing is sent."""

    seconds: float


class Drop(Enum):
    """The connection breaks."""

    DROP = "drop"


DROP: Final = Drop.DROP
"""The connection breaks here: what follows never arrives, and the client is not told that there is no more."""

Piece = bytes | Pause | Drop
"""What is sent next; in a stream, each piece of bytes is one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request, with its body decoded."""

    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""
    body: bytes = b""

    @property
    def origin(self) -> str:
        """Scheme and host at which the client has found the API."""
        host = self.headers.get("host")
        if not host:
            return API_URL
        scheme = "http" if is_loopback(host.rpartition(":")[0] or host) else "https"
        return f"{scheme}://{host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A response. Where its pieces are not a tuple they are made while they are read, and can be read once."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterable[Piece]
    entry: Entry | None = field(default=None, compare=False)
    """The line of the journal about it."""

    @property
    def is_stream(self) -> bool:
        """Whether it is sent event by event."""
        kind = self.headers.get("content-type", "")
        return kind.startswith(("text/event-stream", "application/vnd.amazon.eventstream"))


class Api(Protocol):
    """What answers requests."""

    def receive(self, request: HttpRequest) -> Any:
        """Note that a request has arrived."""

    def answer(self, received: Any) -> HttpAnswer:
        """Answer a request that has arrived."""


class Whole(NamedTuple):
    """A response that has been read to its end, or up to where its connection broke."""

    chunks: tuple[bytes, ...]
    is_dropped: bool


def read_whole(answer: HttpAnswer, *, sleep: Callable[[float], object] = lambda _: None) -> Whole:
    """Read all of an answer; ``sleep`` waits in the pauses between its pieces."""
    chunks: list[bytes] = []
    for piece in answer.chunks:
        if piece is DROP:
            return Whole(tuple(chunks), is_dropped=True)
        if isinstance(piece, bytes):
            chunks.append(piece)
        elif isinstance(piece, Pause):
            sleep(piece.seconds)
    return Whole(tuple(chunks), is_dropped=False)
