"""Answers of any surface as answers of the Messages API, and back: bodies, streams and errors."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.calls.converse_answers import (
    Event,
    converse_to_message,
    events_from_converse,
    events_to_converse,
    message_to_converse,
)
from harness.calls.event_stream import (
    CONTENT_TYPE,
    ERROR_TYPE,
    STREAM_TYPE,
    Frame,
    decode_frames,
    encode_frame,
    is_aws_stream,
    make_event,
    make_exception,
)
from harness.calls.events import is_event_stream, read_events
from harness.numbers import read_object, write_json
from harness.provider.endpoints import Api, Endpoint

EVENT_STREAM = "text/event-stream; charset=utf-8"
_CHUNK = "chunk"
_ERRORS = {
    400: "ValidationException",
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    413: "ValidationException",
    429: "ThrottlingException",
    500: "InternalServerException",
}
"""Names of errors by status. Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
(checked 2026-11-27)."""
_OTHER_ERROR = "ServiceUnavailableException"
_STREAM_ERRORS = {
    "invalid_request_error": "validationException",
    "rate_limit_error": "throttlingException",
    "overloaded_error": "serviceUnavailableException",
}

Headers = Mapping[str, str]
"""Headers of a response, with names in lower case."""


def to_messages_answer(endpoint: Endpoint, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Turn a successful answer of an endpoint into one of the Messages API; one that cannot be read is returned."""
    if endpoint.kind != "messages":
        return headers, body
    if is_aws_stream(headers):
        try:
            body = read_aws_stream(body)
        except ValueError:
            return headers, body
        return {**headers, "content-type": EVENT_STREAM}, body
    if endpoint.api == "converse" and (answer := read_object(body)) is not None:
        return headers, write_json(converse_to_message(answer)).encode()
    return headers, body


def from_messages_answer(
    endpoint: Endpoint, status: int, headers: Headers, chunks: Iterable[bytes]
) -> tuple[Headers, tuple[bytes, ...]]:
    """Turn an answer of the Messages API into one of an endpoint; each chunk of a stream is one event."""
    chunks = tuple(chunks)
    if endpoint.api == "messages" or endpoint.kind != "messages":
        return headers, chunks
    if status >= 400:
        return (headers, chunks) if endpoint.api == "vertex" else _write_error(status, headers, b"".join(chunks))
    if is_event_stream(headers):
        events = [_with_model(event, endpoint) for event in read_events(b"".join(chunks))]
        if endpoint.api == "vertex":
            return headers, tuple(map(_write_event, events))
        return _stream_headers(endpoint, headers), tuple(map(encode_frame, _write_frames(endpoint.api, events)))
    message = read_object(b"".join(chunks)) or {}
    answer = message_to_converse(message) if endpoint.api == "converse" else {**message, "model": endpoint.model}
    return headers, (write_json(answer).encode(),)


def read_aws_stream(body: bytes) -> bytes:
    """Turn a stream of InvokeModel or Converse into server-sent events of the Messages API.

    Raises:
        ValueError: the body is no such stream, or is damaged.
    """
    return b"".join(map(_write_event, _read_frames(decode_frames(body))))


def write_aws_stream(body: bytes, api: Api) -> tuple[bytes, ...]:
    """Turn server-sent events of the Messages API into the frames of InvokeModel or Converse."""
    return tuple(map(encode_frame, _write_frames(api, read_events(body))))


def is_converse_stream(frames: Iterable[Frame]) -> bool:
    """Whether frames are those of ConverseStream: InvokeModel has chunks."""
    return not any(frame.type == _CHUNK for frame in frames)


def _write_frames(api: Api, events: Sequence[Mapping[str, Any]]) -> Iterator[Frame]:
    """Write the events of a stream as frames of Bedrock; an event ``error`` becomes an exception."""
    if api == "converse":
        for kind, given in events_to_converse(events):
            yield make_event(kind, write_json(given).encode())
    for event in events:
        if event.get("type") == "error":
            error = event.get("error") or {}
            name = _STREAM_ERRORS.get(str(error.get("type")), "internalServerException")
            yield make_exception(name, write_json({"message": error.get("message")}).encode())
        elif api == "invoke":
            data = base64.b64encode(write_json(event).encode()).decode("ascii")
            yield make_event(_CHUNK, write_json({"bytes": data}).encode())


def _read_frames(frames: Sequence[Frame]) -> Iterator[Mapping[str, Any]]:
    """Read frames as events of the Messages API.

    Raises:
        ValueError: the payload of a chunk is no event.
    """
    if is_converse_stream(frames):
        events = (Event(frame.type, read_object(frame.payload) or {}) for frame in frames if not frame.is_exception)
        yield from events_from_converse(events)
    for frame in frames:
        if frame.is_exception:
            message = (read_object(frame.payload) or {}).get("message")
            yield {"type": "error", "error": {"type": frame.type, "message": message}}
        elif frame.type == _CHUNK:
            yield _read_chunk(frame)


def _read_chunk(frame: Frame) -> Mapping[str, Any]:
    data = (read_object(frame.payload) or {}).get("bytes")
    try:
        event = read_object(base64.b64decode(str(data), validate=True))
    except binascii.Error:
        event = None
    if event is None:
        raise ValueError("a chunk of a stream holds no event")
    return event


def _write_error(status: int, headers: Headers, body: bytes) -> tuple[Headers, tuple[bytes, ...]]:
    error = (read_object(body) or {}).get("error")
    message = error.get("message") if isinstance(error, dict) else ""
    written = write_json({"message": message}).encode()
    return {**headers, ERROR_TYPE: _ERRORS.get(status, _OTHER_ERROR)}, (written,)


def _stream_headers(endpoint: Endpoint, headers: Headers) -> Headers:
    kind = {STREAM_TYPE: "application/json"} if endpoint.api == "invoke" else {}
    return {**headers, "content-type": CONTENT_TYPE, **kind}


def _with_model(event: Mapping[str, Any], endpoint: Endpoint) -> Mapping[str, Any]:
    """Name the model as the path does, in the event that names it."""
    message = event.get("message")
    return {**event, "message": {**message, "model": endpoint.model}} if isinstance(message, dict) else event


def _write_event(event: Mapping[str, Any]) -> bytes:
    return f"event: {event.get('type')}\ndata: {write_json(event)}\n\n".encode()
