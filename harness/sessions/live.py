"""Change requests on their way to the real API, and read its diagnostics from the answers.

Calls record the request as the application sent it, and the lock file is compared with that. The
request that is really sent may also hold a text that makes its prefix unique, and a question for
the API's cache diagnostics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from harness.calls.call import NO_DIVERGENCE, PENDING
from harness.calls.events import is_event_stream, read_events
from harness.calls.stream_usage import list_usages, read_usages
from harness.cassettes.format import RecordedRequest, RecordedResponse
from harness.findings.finding import Finding
from harness.numbers import read_object, write_json
from harness.provider.endpoints import is_message_call
from harness.provider.usage import Usage
from harness.sessions.budget import Budget, NotSentError, Reservation

_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"})
"""Failures before the request was sent, so that nothing can have been billed."""

_INVALID = frozenset({400, 422})
"""Statuses with which the API, or a gateway to it, rejects an unknown parameter."""


class LiveRoute:
    """The way of one session's requests to the real API."""

    def __init__(
        self, *, base_path: str = "", prefix: str = "", is_asking: bool = False, budget: Budget | None = None
    ) -> None:
        """Put ``prefix`` before prompts, ask for diagnostics if ``is_asking``, keep to ``budget``.

        ``base_path`` is the path of a gateway, before the API's own paths.
        """
        self._base_path = base_path.rstrip("/")
        self._prefix = prefix
        self._is_asking = is_asking
        self._budget = budget
        self._lock = Lock()
        self._answers: dict[str, str] = {}
        self._latest: str | None = None
        self.refused: list[NotSentError] = []
        """Requests that were not sent; kept because the caller may swallow the error."""

    def localise(self, request: RecordedRequest) -> RecordedRequest:
        """Remove a gateway's path, so that the request has the path of the API itself."""
        if not self._base_path or not request.path.startswith(f"{self._base_path}/"):
            return request
        return replace(request, path=request.path.removeprefix(self._base_path))

    def admit(self, request: RecordedRequest) -> LiveRequest:
        """Prepare a request for sending, and reserve its cost.

        Raises:
            NotSentError: the request could exceed the budget, or has no text to put the prefix before.
        """
        try:
            is_call = is_message_call(request.method, request.path)
            sent = self._prefixed(request) if is_call and self._prefix else request
            reservation = self._budget.reserve(sent) if self._budget is not None else None
        except NotSentError as error:
            self.refused.append(error)
            raise
        question = self._question(request.digest, sent.body) if is_call else None
        return LiveRequest(self, digest=request.digest, plain=sent.body, question=question, reservation=reservation)

    def stop_asking(self) -> None:
        """Stop asking for diagnostics: the API rejects them for some organizations, as do some gateways."""
        self._is_asking = False

    def note_answer(self, digest: str, message_id: str) -> None:
        """Remember which message answered a body."""
        with self._lock:
            self._answers[digest] = self._latest = message_id

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Record the cost of a call; ``None`` if its usage is unknown."""
        assert self._budget is not None
        self._budget.settle(reservation, usage)

    def _prefixed(self, request: RecordedRequest) -> RecordedRequest:
        body = add_prefix(request.body, self._prefix)
        if body is None:
            raise NotSentError.of(_NO_ROOM)
        return RecordedRequest.from_body(request.method, request.path, body)

    def _question(self, digest: str, body: bytes) -> Question | None:
        """Ask for a comparison with the same request sent earlier, else with the previous request."""
        if not self._is_asking:
            return None
        with self._lock:
            previous = self._answers.get(digest, self._latest)
        asking = add_question(body, previous)
        return None if asking is None else Question(body=asking, has_previous=previous is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that asks for diagnostics."""

    body: bytes
    has_previous: bool
    """Whether there is an earlier request to compare with."""


class LiveRequest:
    """One request in progress."""

    def __init__(
        self, route: LiveRoute, *, digest: str, plain: bytes, question: Question | None, reservation: Reservation | None
    ) -> None:
        self._route = route
        self._digest = digest
        self._plain = plain
        self._question = question
        self._reservation = reservation

    @property
    def body(self) -> bytes:
        """The body to send."""
        return self._plain if self._question is None else self._question.body

    def is_doubtful(self, status: int) -> bool:
        """Whether an answer may reject only the question."""
        return self._question is not None and status in _INVALID

    def retry_without_question(self, answer: bytes) -> bytes | None:
        """The body to send instead, if the API rejected the question; else ``None``."""
        if b"diagnostics" not in answer:
            return None
        self._question = None
        self._route.stop_asking()
        return self._plain

    def end(self, response: RecordedResponse) -> str | None:
        """Record the cost of a call that has ended; return its diagnostics, as in `Call.diagnostics`."""
        message, usage = _read_answer(response)
        if self._reservation is not None:
            self._route.settle(self._reservation, Usage() if _is_free(response) else usage)
        if isinstance(message_id := message.get("id"), str):
            self._route.note_answer(self._digest, message_id)
        has_previous = self._question is not None and self._question.has_previous
        return _read_diagnostics(message) if has_previous else None


def add_prefix(body: bytes, prefix: str) -> bytes | None:
    """Put a text before a request's first system text, else its first text; ``None`` if it has none.

    Tools, which come before all texts, stay as they are.
    """
    request = read_object(body)
    changed = None if request is None else _with_prefix(request, prefix)
    return None if changed is None else write_json(changed, ensure_ascii=True).encode()


def add_question(body: bytes, previous: str | None) -> bytes | None:
    """Make a request also ask why it cannot read what an earlier one wrote; ``None`` if it asks already.

    All other bytes stay as they are. Source:
    platform.claude.com/docs/en/build-with-claude/cache-diagnostics (checked 2026-11-23).
    """
    request = read_object(body)
    if request is None or "diagnostics" in request:
        return None
    member = json.dumps({"diagnostics": {"previous_message_id": previous}}, separators=(",", ":"))[1:-1].encode()
    start, _, rest = body.partition(b"{")
    return b"%b{%b%b%b" % (start, member, b"," if request else b"", rest)


def _with_prefix(request: Mapping[str, Any], prefix: str) -> dict[str, Any] | None:
    if (system := _prefixed(request.get("system"), prefix)) is not None:
        return {**request, "system": system}
    found = request.get("messages")
    messages = found if isinstance(found, list) else []
    for number, message in enumerate(messages):
        content = _prefixed(message.get("content"), prefix) if isinstance(message, dict) else None
        if content is not None:
            changed = {**message, "content": content}
            return {**request, "messages": [*messages[:number], changed, *messages[number + 1 :]]}
    return None


def _prefixed(content: Any, prefix: str) -> Any:
    """Put the prefix before the first text of a text or list of blocks; ``None`` if there is none."""
    if isinstance(content, str):
        return prefix + content
    for number, block in enumerate(content if isinstance(content, list) else ()):
        if isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str):
            return [*content[:number], {**block, "text": prefix + block["text"]}, *content[number + 1 :]]
    return None


def _read_answer(response: RecordedResponse) -> tuple[Mapping[str, Any], Usage | None]:
    """Read the message of an answer, empty if there is none, and the usage of a complete answer."""
    is_whole = response.status == 200 and response.failure is None
    if not is_event_stream(response.headers):
        answer = (read_object(response.body) or {}) if response.status == 200 else {}
        return answer, Usage.from_api(answer["usage"]) if is_whole and "usage" in answer else None
    events = read_events(response.body)
    message: Any = next((event.get("message") for event in events if event.get("type") == "message_start"), {})
    is_ended = any(event.get("type") == "message_delta" for event in events)
    return message or {}, read_usages(list_usages(events)) if is_whole and is_ended else None


def _is_free(response: RecordedResponse) -> bool:
    """Whether nothing was billed: an error of the API, or a request that never reached it."""
    if response.status is not None:
        return response.status >= 400
    return response.failure is not None and response.failure.kind in _NEVER_SENT


def _read_diagnostics(message: Mapping[str, Any]) -> str | None:
    if "diagnostics" not in message:
        # A gateway may drop fields that it does not know.
        return None
    found = message["diagnostics"]
    if found is None:
        return NO_DIVERGENCE
    reason = found.get("cache_miss_reason") if isinstance(found, dict) else None
    return str(reason.get("type")) if isinstance(reason, dict) else PENDING


_NO_ROOM = Finding(
    rule="cannot-tell",
    headline="a request without any text has no place for a unique prefix, so it was not sent",
    fix="omit --harness-unique-prefix for this test",
)
