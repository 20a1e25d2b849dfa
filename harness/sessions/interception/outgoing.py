"""A request that is about to leave the process, and who may answer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.cassettes.format import RecordedResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request as the client would send it."""

    method: str
    url: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes | None
    """``None`` while it has not been read."""


class Answerer(Protocol):
    """Answers the requests that it claims, or records what their host answers."""

    def claims(self, request: Outgoing) -> bool | None:
        """Whether the request is taken; ``None`` if that depends on the body, which has not been read."""

    def begin(self) -> int:
        """Count a request that was claimed; the number is its place among all requests."""

    def answer(self, request: Outgoing, place: int) -> RecordedResponse | None:
        """Answer a request; ``None`` if its host should, and its response be noted.

        Raises:
            CassetteMissError: nobody can answer it.
        """

    def note(self, request: Outgoing, place: int, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Record the response of the host, with its body as it was sent, compressed or not.

        Raises:
            CassetteMissError: the response cannot be recorded.
        """


def fold(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Make a mapping of headers: names in lower case, values of a repeated one joined."""
    folded: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        folded[key] = f"{folded[key]}, {value}" if key in folded else value
    return folded
