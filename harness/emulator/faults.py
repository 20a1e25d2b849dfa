"""Faults of the API and of the network, on purpose: errors, slowness, and streams that break.

A client asks for them by the header ``harness-fault``, such as ``status=529`` or ``cut-after=3, event-seconds=0.1``;
a script by the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from harness.emulator.failure import ApiFailureError
from harness.emulator.http import DROP, Pause, Piece
from harness.errors import RequestError
from harness.numbers import write_json
from harness.promptcache.refusals.api_error import ApiError

HEADER = "harness-fault"
"""The request header that asks for a fault."""

_ERRORS = {
    400: ("invalid_request_error", "The request was refused by the emulator's script."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not Found"),
    409: ("conflict_error", "The resource is in use."),
    413: ("request_too_large", "Request exceeds the maximum allowed number of bytes."),
    429: ("rate_limit_error", "Number of requests has exceeded your per-minute rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request timed out."),
    529: ("overloaded_error", "Overloaded"),
}
"""Type and text of the API's errors. Source: platform.claude.com/docs/en/api/errors (checked 2026-11-25)."""

_NAMES: Mapping[str, Callable[[str], Any]] = {
    "status": int,
    "type": str,
    "message": str,
    "retry-after": float,
    "first-token-seconds": float,
    "event-seconds": float,
    "cut-after": int,
    "malformed-after": int,
    "error-after": int,
    "drop": lambda text: text != "false",
}
_LONGEST = 600.0
"""Most seconds of a pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request; the default is nothing."""

    status: int | None = None
    """An error of this status answers, and nothing is read or written."""
    type: str | None = None
    """The type of the error, by default that of the status."""
    message: str | None = None
    """The text of the error, by default one of the API's."""
    retry_after: float | None = None
    """Seconds of the header ``retry-after``."""
    first_token_seconds: float = 0.0
    """Time before the answer begins; what the request writes is readable only then."""
    event_seconds: float = 0.0
    """Time between two events of a stream."""
    cut_after: int | None = None
    """Events after which the connection breaks."""
    malformed_after: int | None = None
    """Events after which one is sent that is not JSON."""
    error_after: int | None = None
    """Events after which the event ``error`` ends the stream."""
    drop: bool = False
    """The connection breaks before an answer."""

    @staticmethod
    def status_of(kind: object) -> int:
        """The status of an error type; 500 for one that is not known."""
        return next((status for status, (name, _) in _ERRORS.items() if name == kind), 500)

    @property
    def error(self) -> dict[str, Any]:
        """The error object that answers."""
        kind, message = _ERRORS.get(self.status or 500, _ERRORS[500])
        return {"type": self.type or kind, "message": self.message or message}

    @property
    def failure(self) -> ApiFailureError:
        """The error that answers, to be raised."""
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        return ApiFailureError(ApiError(self.status or 500, self.error["type"], self.error["message"]), headers)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the value of the header: ``name=value``, separated by commas.

        Raises:
            RequestError: a name or value is not known.
        """
        given = {}
        for part in filter(None, map(str.strip, text.split(","))):
            name, _, value = part.partition("=")
            given[name.strip()] = value.strip()
        return cls.from_values(given)

    @classmethod
    def from_values(cls, given: Mapping[str, Any]) -> Self:
        """Read names and values.

        Raises:
            RequestError: a name or value is not known.
        """
        values: dict[str, Any] = {}
        for key, value in given.items():
            name = key.replace("_", "-")
            if name not in _NAMES:
                raise RequestError(f"{key!r} is no fault; expected one of {', '.join(_NAMES)}")
            try:
                values[name.replace("-", "_")] = _NAMES[name](value if isinstance(value, str) else str(value).lower())
            except ValueError:
                raise RequestError(f"the fault {name} is {value!r}, expected a number") from None
        for name in ("first_token_seconds", "event_seconds"):
            if not 0 <= values.get(name, 0) <= _LONGEST:
                raise RequestError(f"the fault {name} is {values[name]:g}, expected 0 to {_LONGEST:g} seconds")
        if not 400 <= (values.get("status") or 400) <= 599:
            raise RequestError(f"the fault status is {values['status']}, expected 400 to 599")
        return cls(**values)

    def __or__(self, other: Fault) -> Fault:
        """Add what another fault says beyond its defaults."""
        mine, theirs = ({field.name: getattr(fault, field.name) for field in fields(self)} for fault in (self, other))
        plain = Fault()
        return Fault(**{name: theirs[name] if theirs[name] != getattr(plain, name) else mine[name] for name in mine})

    def apply(self, pieces: Iterable[Piece], *, is_stream: bool) -> Iterable[Piece]:
        """Let the fault happen to the pieces of an answer."""
        if self.drop:
            return (DROP,)
        if not is_stream:
            return (Pause(self.first_token_seconds), *pieces) if self.first_token_seconds else pieces
        return pieces if self == Fault() else self._break(pieces)

    def _break(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        if self.first_token_seconds:
            yield Pause(self.first_token_seconds)
        number, malformed_after = 0, self.malformed_after
        for piece in pieces:
            if number == self.cut_after:
                yield DROP
                return
            if number == malformed_after:
                malformed_after = None
                yield b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"ty\n\n'
            if number == self.error_after:
                yield b"event: error\ndata: %b\n\n" % write_json(_error_event(self)).encode()
                return
            yield piece
            if isinstance(piece, bytes):
                number += 1
                if self.event_seconds:
                    yield Pause(self.event_seconds)


def _error_event(fault: Fault) -> dict[str, Any]:
    kind, message = _ERRORS[529]
    return {"type": "error", "error": {"type": fault.type or kind, "message": fault.message or message}}
