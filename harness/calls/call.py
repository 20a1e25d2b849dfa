"""One call of the Messages API: what was sent and what it was billed. Everything that judges reads these."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from harness.provider.usage import Usage

Origin = Literal["anthropic", "emulator"]
"""Who answered, or had answered when the cassette was recorded."""

NO_DIVERGENCE = "no_divergence"
"""The diagnostics found no difference that would keep a call from reading what an earlier one wrote."""

PENDING = "pending"
"""The diagnostics had not finished when the answer began."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One answered request."""

    body: bytes
    """The body as the application sent it."""
    usage: Usage
    """As the API reported it; of a stream, the final one."""
    status: int
    origin: Origin
    diagnostics: str | None = None
    """What the API's cache diagnostics say of it, in ``live`` mode: `NO_DIVERGENCE`, `PENDING` or the type of a
    ``cache_miss_reason``; ``None`` where they were not asked to compare it with an earlier call, or said nothing."""

    @cached_property
    def request(self) -> dict[str, Any]:
        """The body, parsed; only when somebody asks, since few calls of a run are looked into."""
        request: dict[str, Any] = json.loads(self.body)
        return request

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.request.get("model"))


def read_usage(body: Mapping[str, Any]) -> Usage:
    """Usage of a response body that was not streamed."""
    return Usage.from_api(body.get("usage") or {})


def read_stream_usage(events: Sequence[Mapping[str, Any]]) -> Usage:
    """Usage of a stream, from its parsed events: input of `message_start`, then what `message_delta` adds.

    ``message_delta`` repeats the input counts on newer servers only, and never the TTL split.
    Source: anthropic SDK 2.12, ``types/message_delta_usage.py`` (checked 2026-11-23).
    """
    usage: dict[str, Any] = {}
    for event in events:
        if event.get("type") == "message_start":
            usage.update(event.get("message", {}).get("usage") or {})
        elif event.get("type") == "message_delta":
            usage.update({key: value for key, value in (event.get("usage") or {}).items() if value is not None})
    return Usage.from_api(usage)


def read_events(body: bytes) -> list[dict[str, Any]]:
    """The events of a stream, parsed; what broke off is left out."""
    lines = (line[5:] for line in body.splitlines() if line.startswith(b"data:"))
    return [event for line in lines if (event := read_object(line)) is not None]


def read_object(data: bytes) -> dict[str, Any] | None:
    """A JSON object; ``None`` for anything else, such as the last line of a stream that broke off."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
