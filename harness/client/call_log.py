"""The log that ``harness.watch`` writes: JSON lines, one row for each answered call, without any text of a prompt.

A row has these keys; a reader passes over keys that it does not know:

``format``        1
``at``            start of the request, ISO time in UTC; ``seconds``: from then to the end of the answer, if it is known
``model``         the requested model; ``version``: the prompt version that was given to ``watch``
``message_id``    of the answer; ``request_id``: of the API
``stream``        whether the answer was a stream; ``ended``: ``whole``, or ``early`` for a stream that the caller left
                  or that broke off, whose output tokens are a lower bound
``stop_reason``   of the answer
``usage``         the API's own object; of a stream, the one of its end, merged into that of its beginning
``cost_usd``      as text; ``saved_usd``: by the prompt cache. ``null`` where something has no known price
``request``       ``sha256`` and ``bytes`` of the body, and either ``unreadable``, the reason why nothing else is known,
                  or ``fingerprint_version``, ``blocks`` and ``breakpoints``
``blocks``        of each block that reaches the model, in order: its path, the first 32 hex digits of the fingerprint
                  of the prefix that ends there (`harness.prompt.fingerprint`), its bytes of text, its lookback position
``breakpoints``   of each, in order: the index of its block, its TTL, and whether the API placed it
``body``, ``answer``  the whole request and message, only if the user asked for the text
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from harness.errors import RequestError
from harness.numbers import parse_json, write_json

FORMAT = 1
DIGITS = 32
"""Hex digits of a fingerprint that a row keeps."""


class LoggedBlock(NamedTuple):
    """One block of a request."""

    path: str
    fingerprint: str
    size: int
    """Bytes of its text."""
    position: int


class LoggedBreakpoint(NamedTuple):
    """One breakpoint of a request."""

    block_index: int
    ttl: str
    is_automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """What is known of a request."""

    sha256: str
    size: int
    """Bytes of the body."""
    fingerprint_version: int = 0
    blocks: tuple[LoggedBlock, ...] = ()
    breakpoints: tuple[LoggedBreakpoint, ...] = ()
    unreadable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One row of the log; see the keys of the module."""

    at: datetime
    seconds: float | None
    model: str
    request: LoggedRequest
    version: str = ""
    message_id: str = ""
    request_id: str = ""
    is_stream: bool = False
    is_partial: bool = False
    stop_reason: str | None = None
    usage: Any = None
    cost: Decimal | None = None
    saved: Decimal | None = None
    texts: Mapping[str, Any] = field(default_factory=dict)
    """``body`` and ``answer``, if the user asked for them."""


def write_row(row: CallRow) -> bytes:
    """Write a row as one line."""
    request: dict[str, Any] = {"sha256": row.request.sha256, "bytes": row.request.size}
    if row.request.unreadable is not None:
        request["unreadable"] = row.request.unreadable
    else:
        request["fingerprint_version"] = row.request.fingerprint_version
        request["blocks"] = row.request.blocks
        request["breakpoints"] = row.request.breakpoints
    values = {
        "format": FORMAT,
        "at": row.at.isoformat().replace("+00:00", "Z"),
        "seconds": row.seconds,
        "model": row.model,
        "version": row.version,
        "message_id": row.message_id,
        "request_id": row.request_id,
        "stream": row.is_stream,
        "ended": "early" if row.is_partial else "whole",
        "stop_reason": row.stop_reason,
        "usage": row.usage,
        "cost_usd": None if row.cost is None else f"{row.cost:f}",
        "saved_usd": None if row.saved is None else f"{row.saved:f}",
        "request": request,
        **row.texts,
    }
    try:
        return orjson.dumps(values) + b"\n"
    except orjson.JSONEncodeError:
        # Large integers, half of a surrogate pair, and numbers as they were sent.
        return write_json(values).encode("utf-8", "backslashreplace") + b"\n"


def read_row(line: bytes | str) -> CallRow:
    """Read a line of the log.

    Raises:
        RequestError: it is no row; the message says what is wrong.
    """
    try:
        values = parse_json(line)
        request = values["request"]
        if values["format"] != FORMAT:
            raise RequestError(f"a row of format {values['format']!r}, expected {FORMAT}")
        return CallRow(
            at=datetime.fromisoformat(values["at"]),
            seconds=values["seconds"],
            model=values["model"],
            version=values["version"],
            message_id=values["message_id"],
            request_id=values["request_id"],
            is_stream=values["stream"],
            is_partial=values["ended"] == "early",
            stop_reason=values["stop_reason"],
            usage=values["usage"],
            cost=_amount(values["cost_usd"]),
            saved=_amount(values["saved_usd"]),
            request=LoggedRequest(
                sha256=request["sha256"],
                size=request["bytes"],
                fingerprint_version=request.get("fingerprint_version", 0),
                blocks=tuple(LoggedBlock(*block) for block in request.get("blocks", ())),
                breakpoints=tuple(LoggedBreakpoint(*point) for point in request.get("breakpoints", ())),
                unreadable=request.get("unreadable"),
            ),
            texts={key: values[key] for key in ("body", "answer") if key in values},
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, RequestError):
            raise
        raise RequestError(f"not a row of a call log: {type(error).__name__} ({error})") from None


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
