"""The server-sent events of a stream, parsed from bytes."""

from collections.abc import Mapping
from typing import Any

from harness.numbers import read_object


def read_events(body: bytes) -> list[dict[str, Any]]:
    """Parse the events of a stream; skip an event that was cut off."""
    lines = (line[5:] for line in body.splitlines() if line.startswith(b"data:"))
    return [event for line in lines if (event := read_object(line)) is not None]


def is_event_stream(headers: Mapping[str, str]) -> bool:
    """Whether a response came as events; header names are lower case."""
    return headers.get("content-type", "").startswith("text/event-stream")
