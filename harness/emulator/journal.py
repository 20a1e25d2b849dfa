"""What the emulator has received and answered, for a test that checks what its code under test has sent."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

_KEPT = 1_000
"""Requests to remember, so that a server that runs for days does not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request with the outcome; keys are not kept, and no other header either."""

    method: str
    path: str
    status: int
    request_id: str
    request: Mapping[str, Any] | None = None
    """The body, if it is a JSON object."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    """The ``usage`` of the message that answered, if one did; empty otherwise."""
    error: str | None = None
    """The text of the error that answered."""

    @property
    def line(self) -> str:
        """One line for a log: method, path and status, and for a message the model and the input tokens by class."""
        parts = [self.method, self.path, str(self.status)]
        if self.request is not None and isinstance(self.request.get("model"), str):
            parts.append(f"model={self.request['model']}")
        if self.usage:
            parts += [
                f"read={self.usage['cache_read_input_tokens']}",
                f"written={self.usage['cache_creation_input_tokens']}",
                f"uncached={self.usage['input_tokens']}",
            ]
        if self.error is not None:
            parts.append(f"error={self.error!r}")
        return " ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Make a JSON object of it."""
        return {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "request_id": self.request_id,
            "request": self.request,
            "usage": self.usage,
            "error": self.error,
        }


class Journal:
    """The latest requests, in the order in which they were answered."""

    def __init__(self, size: int = _KEPT) -> None:
        """Keep the latest ``size`` requests; 0 keeps none."""
        self._entries: deque[Entry] = deque(maxlen=size)
        self._lock = Lock()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The latest requests, the oldest first."""
        with self._lock:
            return tuple(self._entries)

    def add(self, entry: Entry) -> None:
        """Note a request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()
