"""What is done to requests on their way to the real API, and what is learned from the answers.

What is noted of a call, and compared with the lock file, is the request as the application sent
it; what is sent may hold more: a text that makes its prefix new, and a question to the API's
cache diagnostics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from harness.cassettes.budget import Budget, NotSentError, Reservation
from harness.cassettes.format import RecordedRequest, RecordedResponse
from harness.prompt.call import NO_DIVERGENCE, PENDING, read_events, read_object
from harness.promptcache.finding import Finding
from harness.provider.usage import Usage

_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"})
"""Failures before the request left: nothing can have been billed."""

_REFUSED = frozenset({400, 422})
"""Statuses with which a question for diagnostics is refused, by the API or by a gateway to it."""


class ApiWay:
    """The way of one session's requests to the real API, and back."""

    def __init__(
        self, *, base_path: str = "", prefix: str = "", is_asking: bool = False, budget: Budget | None = None
    ) -> None:
        """``prefix`` is put in front of each prompt; ``is_asking`` for diagnostics; ``base_path`` is a gateway's."""
        self._base_path = base_path.rstrip("/")
        self._prefix = prefix
        self._is_asking = is_asking
        self._budget = budget
        self._lock = Lock()
        self._answers: dict[str, str] = {}
        self._latest: str | None = None
        self.refused: list[NotSentError] = []
        """Requests that were not sent, for whoever must not trust the caller to pass the error on."""

    def localise(self, request: RecordedRequest) -> RecordedRequest:
        """A request by the path that the API itself knows, without that of a gateway in front of it."""
        if not self._base_path or not request.path.startswith(f"{self._base_path}/"):
            return request
        return replace(request, path=request.path.removeprefix(self._base_path))

    def admit(self, request: RecordedRequest) -> Passage:
        """Let a request pass.

        Raises:
            NotSentError: it could pass the budget, or has no room for the prefix.
        """
        try:
            return self._admit(request)
        except NotSentError as error:
            self.refused.append(error)
            raise

    def _admit(self, request: RecordedRequest) -> Passage:
        if (request.method, request.path.split("?", 1)[0]) != ("POST", "/v1/messages"):
            return Passage(self, request, reservation=self._reserve(request))
        sent = request
        if self._prefix:
            sent = RecordedRequest.from_body(request.method, request.path, add_prefix(request.body, self._prefix))
        reservation = self._reserve(sent)
        question = None
        if self._is_asking:
            with self._lock:
                previous = self._answers.get(request.digest, self._latest)
            question = _Question(previous, add_question(sent.body, previous))
        return Passage(self, request, sent.body, reservation=reservation, question=question)

    def _reserve(self, request: RecordedRequest) -> Reservation | None:
        return self._budget.reserve(request) if self._budget is not None else None
