"""Message Batches: many requests at once, whose results are fetched later.

A batch ends when it is first looked at after its creation, so that it can be cancelled before. Its requests read and
write the prompt cache of their workspace like any others, but all at once: what one of them writes, none of the others
reads. The documentation promises reads in a batch only as best effort.
Source: platform.claude.com/docs/en/build-with-claude/batch-processing (checked 2026-11-27).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote

from harness.emulator.arrival import Arrival
from harness.emulator.clock import Time
from harness.emulator.events import dump
from harness.emulator.failure import ApiFailureError
from harness.emulator.http import HttpRequest
from harness.emulator.pages import page_of
from harness.emulator.response_headers import write_time
from harness.errors import RequestError
from harness.numbers import parse_json
from harness.promptcache.refusals.api_error import UNCONFIRMED

_DAY = 24 * 60 * 60
_MOST = 100_000
"""Most requests of a batch."""
_KEPT = 500
"""Batches to keep, so that a server that runs for days does not fill the memory."""
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OUTCOMES = ("succeeded", "errored", "canceled", "expired")


AnswerItem = Callable[[bytes, Arrival], Mapping[str, Any]]
"""Answers a body with a message; raises `ApiFailureError` if the API refuses it."""


@dataclass(slots=True, kw_only=True)
class _Batch:
    id: str
    created_at: float
    requests: Sequence[Mapping[str, Any]]
    workspace: str | None
    cancelled_at: float | None = None
    ended_at: float | None = None
    results: list[dict[str, Any]] = field(default_factory=list)


class Batches:
    """The batches of one organization."""

    def __init__(self, answer: AnswerItem, time: Time) -> None:
        """``answer`` answers one request of a batch."""
        self._answer_item = answer
        self._time = time
        self._batches: dict[str, _Batch] = {}
        self._lock = Lock()

    def answer(
        self, request: HttpRequest, batch_id: str, action: str, *, base: str, received_at: float
    ) -> dict[str, Any] | bytes:
        """Answer a request for batches, or for ``action`` on one of them; ``base`` begins the addresses of results.

        Raises:
            ApiFailureError: there is no such batch, or the API refuses the request.
        """
        with self._lock:
            if not batch_id:
                return self._collection(request, base, received_at)
            batch = self._batches.get(unquote(batch_id))
            if batch is None:
                raise ApiFailureError.of(
                    404, "not_found_error", f"{UNCONFIRMED}Message batch {unquote(batch_id)} not found"
                )
            match request.method, action:
                case "POST", "cancel":
                    self._cancel(batch, received_at)
                case "GET", "results":
                    self._end(batch)
                    return b"".join(dump(result).encode() + b"\n" for result in batch.results)
                case "GET", "":
                    self._end(batch)
                case "DELETE", "":
                    if batch.ended_at is None:
                        raise ApiFailureError.invalid(f"{UNCONFIRMED}Message batch {batch.id} has not ended")
                    del self._batches[batch.id]
                    return {"id": batch.id, "type": "message_batch_deleted"}
                case _:
                    raise ApiFailureError.of(405, "invalid_request_error", "Method Not Allowed")
            return _describe(batch, base)

    def add(self, requests: Sequence[Mapping[str, Any]], *, batch_id: str, workspace: str | None = None) -> None:
        """Create a batch with an id of one's own, for a test that asks for it."""
        batch = _Batch(id=batch_id, created_at=self._time.now(), requests=requests, workspace=workspace)
        self._batches[batch_id] = batch

    def _collection(self, request: HttpRequest, base: str, received_at: float) -> dict[str, Any]:
        if request.method == "GET":
            for batch in self._batches.values():
                self._end(batch)
            newest = [_describe(batch, base) for batch in reversed(self._batches.values())]
            return page_of(newest, parse_qs(request.path.partition("?")[2]))
        if request.method != "POST":
            raise ApiFailureError.of(405, "invalid_request_error", "Method Not Allowed")
        requests = _read_requests(request.body)
        digest = sha256(repr(received_at).encode() + request.body).hexdigest()
        batch = _Batch(
            id=f"msgbatch_emulated_{digest[:20]}",
            created_at=received_at,
            requests=requests,
            workspace=request.headers.get("anthropic-workspace-id"),
        )
        self._batches[batch.id] = batch
        if len(self._batches) > _KEPT:
            del self._batches[next(iter(self._batches))]
        return _describe(batch, base)

    def _cancel(self, batch: _Batch, at: float) -> None:
        if batch.ended_at is not None:
            raise ApiFailureError.invalid(f"{UNCONFIRMED}Message batch {batch.id} has already ended")
        batch.cancelled_at = at

    def _end(self, batch: _Batch) -> None:
        """Answer all requests of a batch that has not ended."""
        if batch.ended_at is not None:
            return
        now = self._time.now()
        if batch.cancelled_at is not None or now > batch.created_at + _DAY:
            kind = "expired" if batch.cancelled_at is None else "canceled"
            batch.results = [{"custom_id": item["custom_id"], "result": {"type": kind}} for item in batch.requests]
        else:
            arrivals = [self._time.now() for _ in batch.requests]
            begins_at = self._time.now()
            batch.results = [
                {"custom_id": item["custom_id"], "result": self._result(batch, item, at, begins_at)}
                for item, at in zip(batch.requests, arrivals, strict=True)
            ]
        batch.ended_at = now

    def _result(self, batch: _Batch, item: Mapping[str, Any], at: float, begins_at: float) -> dict[str, Any]:
        params = dict(item["params"])
        seed = sha256(f"{batch.id}:{item['custom_id']}".encode()).hexdigest()
        try:
            _check_params(params)
            body = dump({key: params[key] for key in params if key != "stream"}).encode()
            arrival = Arrival(seed=seed, at=at, workspace=batch.workspace, tier="batch", begins_at=begins_at)
            return {"type": "succeeded", "message": self._answer_item(body, arrival)}
        except ApiFailureError as failure:
            return {"type": "errored", "error": failure.to_json(f"req_emulated_{seed[:20]}")}


def _describe(batch: _Batch, base: str) -> dict[str, Any]:
    is_ended = batch.ended_at is not None
    kinds = [result["result"]["type"] for result in batch.results]
    status = "ended" if is_ended else "canceling" if batch.cancelled_at is not None else "in_progress"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": {
            "processing": 0 if is_ended else len(batch.requests),
            **{kind: kinds.count(kind) for kind in _OUTCOMES},
        },
        "ended_at": _time(batch.ended_at),
        "created_at": write_time(batch.created_at),
        "expires_at": write_time(batch.created_at + _DAY),
        "archived_at": None,
        "cancel_initiated_at": _time(batch.cancelled_at),
        "results_url": f"{base}/v1/messages/batches/{batch.id}/results" if is_ended else None,
    }


def _time(at: float | None) -> str | None:
    return None if at is None else write_time(at)


def _read_requests(body: bytes) -> list[Mapping[str, Any]]:
    try:
        value = parse_json(body)
    except (ValueError, RecursionError, RequestError) as error:
        raise ApiFailureError.invalid(f"The request body is not valid JSON: {error}") from None
    if not isinstance(value, dict) or "requests" not in value:
        raise ApiFailureError.invalid("requests: Field required")
    requests = value["requests"]
    if not isinstance(requests, list):
        raise ApiFailureError.invalid("requests: Input should be a valid list")
    if not 1 <= len(requests) <= _MOST:
        raise ApiFailureError.invalid(f"{UNCONFIRMED}requests: expected 1 to {_MOST} items, not {len(requests)}")
    seen = set()
    for index, item in enumerate(requests):
        if not isinstance(item, dict):
            raise ApiFailureError.invalid(f"requests.{index}: Input should be an object")
        for key in ("custom_id", "params"):
            if key not in item:
                raise ApiFailureError.invalid(f"requests.{index}.{key}: Field required")
        if not isinstance(item["params"], dict):
            raise ApiFailureError.invalid(f"requests.{index}.params: Input should be an object")
        custom_id = item["custom_id"]
        if not isinstance(custom_id, str) or not _CUSTOM_ID.fullmatch(custom_id):
            message = f"requests.{index}.custom_id: String should match pattern '^{_CUSTOM_ID.pattern}$'"
            raise ApiFailureError.invalid(message)
        if custom_id in seen:
            raise ApiFailureError.invalid(f"{UNCONFIRMED}requests.{index}.custom_id: {custom_id} is not unique")
        seen.add(custom_id)
    return requests


def _check_params(params: Mapping[str, Any]) -> None:
    if params.get("stream"):
        raise ApiFailureError.invalid(f"{UNCONFIRMED}stream: not supported in batches")
    if params.get("max_tokens") == 0:
        raise ApiFailureError.invalid("max_tokens: Input should be greater than or equal to 1")
