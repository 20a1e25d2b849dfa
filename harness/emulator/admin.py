"""Requests to the server about itself: what it has received, and what time it is.

GET    /_harness/journal          the latest requests with their outcomes, as a JSON list
DELETE /_harness/journal          forget them
POST   /_harness/clock            {"advance_seconds": 301} moves the clock forward
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.emulator.events import dump
from harness.emulator.failure import ApiFailureError
from harness.emulator.http import HttpAnswer, HttpRequest
from harness.numbers import read_object

if TYPE_CHECKING:
    from harness.emulator.core import Emulator

_PREFIX = "/_harness/"
_LONGEST = 366 * 24 * 60 * 60
"""Most seconds to move the clock by."""


class Admin:
    """Answers them for one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def serves(self, request: HttpRequest) -> bool:
        """Whether a request is one of them."""
        return request.path.startswith(_PREFIX)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request."""
        try:
            status, value = 200, self._answer(request)
        except ApiFailureError as failure:
            status, value = failure.error.status, failure.to_json("")
        return HttpAnswer(status=status, headers={"content-type": "application/json"}, chunks=(dump(value).encode(),))

    def _answer(self, request: HttpRequest) -> Any:
        match request.method, request.path.removeprefix(_PREFIX):
            case "GET", "journal":
                return [entry.to_json() for entry in self._emulator.journal.entries]
            case "DELETE", "journal":
                self._emulator.journal.clear()
                return {}
            case "POST", "clock":
                seconds = (read_object(request.body) or {}).get("advance_seconds")
                if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST:
                    raise ApiFailureError.invalid(
                        f"advance_seconds is {seconds!r}, expected a number of seconds from 0 to {_LONGEST}"
                    )
                self._emulator.time.advance(float(seconds))
                return {}
        raise ApiFailureError.of(404, "not_found_error", "Not Found")
