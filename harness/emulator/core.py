"""The Messages API without a network: a request in, the pieces of an answer out.

Keeps a prompt cache by the documented rules and reports usage from it. Answers are
deterministic: the same requests in the same order give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

from harness.emulator import model_list
from harness.emulator.answers import Responder
from harness.emulator.arrival import Arrival
from harness.emulator.batches import Batches
from harness.emulator.clock import Clock, Time
from harness.emulator.events import dump
from harness.emulator.failure import ApiFailureError
from harness.emulator.faults import HEADER, Fault
from harness.emulator.http import HttpAnswer, HttpRequest
from harness.emulator.journal import Entry, Journal
from harness.emulator.messages import Messages, Ready
from harness.emulator.response_headers import make_headers
from harness.emulator.script import Script
from harness.emulator.surfaces import answer_on_surface
from harness.emulator.threads import Threads
from harness.errors import RequestError
from harness.numbers import read_object
from harness.prompt.reader import PromptReader
from harness.promptcache.simulator import Simulator

_ROUTE = re.compile(
    r"/v1/(?:(?P<messages>messages)|(?P<count>messages/count_tokens)"
    r"|(?P<batches>messages/batches)(?P<batch>/[^/]+)?(?P<action>/results|/cancel)?"
    r"|(?P<models>models)(?P<model>/.+)?)$"
)
"""What the emulator serves, whatever path a gateway puts before it."""


class _Seeded(NamedTuple):
    """A request that has arrived."""

    request: HttpRequest
    seed: str
    """Hexadecimal digits that no other request has."""
    at: float


class Emulator:
    """One organization's API, with the prompt caches of its workspaces."""

    def __init__(
        self,
        *,
        reader: PromptReader,
        clock: Clock,
        responder: Responder | None = None,
        script: Script | None = None,
        simulator: Simulator | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Answer by ``script``, or without one by ``responder``."""
        self.script = script or Script(responder=responder)
        self.journal = journal or Journal()
        """What has been received."""
        self.time = Time(clock)
        self._reader = reader
        self._messages = Messages(reader=reader, time=self.time, script=self.script, simulator=simulator or Simulator())
        self.batches = Batches(self._messages.answer_item, self.time)
        self._threads = Threads()
        self._numbers = count(1)

    def handle(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Answer one request; requests that it does not serve get the API's own error.

        May be called from several threads at once: what arrives before the answer to an equal request has begun
        reads nothing of what that request writes.
        """
        return self.answer(self.receive(HttpRequest(method=method, path=path, body=body, headers=headers or {})))

    def receive(self, request: HttpRequest) -> _Seeded:
        """Note that a request has arrived; it may be answered later."""
        seed = sha256(b"%d:" % next(self._numbers) + request.body).hexdigest()
        return _Seeded(request, seed, self.time.now())

    def answer(self, received: _Seeded) -> HttpAnswer:
        """Answer a request that has arrived, on whatever surface of Claude."""
        path = received.request.path
        return answer_on_surface(
            received.request, lambda request: self._answer(received._replace(request=request), shown_path=path)
        )

    def _answer(self, received: _Seeded, *, shown_path: str) -> HttpAnswer:
        request = received.request
        request_id = f"req_emulated_{received.seed[:20]}"
        headers = make_headers(request, request_id=request_id, at=received.at)
        status, fault = 200, Fault()
        try:
            fault = _asked_fault(request)
            if fault.status is not None:
                raise fault.failure
            answered = self._route(received, fault)
        except ApiFailureError as failure:
            status, answered = failure.error.status, failure.to_json(request_id)
            headers |= failure.headers
        entry = self._note(replace(request, path=shown_path), status, request_id, answered)
        if isinstance(answered, Ready):
            if answered.is_stream:
                headers |= {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
            return HttpAnswer(status=200, headers=headers, chunks=answered.pieces(), entry=entry)
        if isinstance(answered, bytes):
            headers["content-type"] = "application/x-jsonl"
        body = answered if isinstance(answered, bytes) else dump(answered).encode()
        return HttpAnswer(status=status, headers=headers, chunks=fault.apply((body,), is_stream=False), entry=entry)

    def refuse(self, request: HttpRequest, failure: ApiFailureError) -> HttpAnswer:
        """Answer a request that could not even be read, such as one that is too large."""
        _, seed, at = self.receive(request)
        request_id = f"req_emulated_{seed[:20]}"
        headers = {**make_headers(request, request_id=request_id, at=at), **failure.headers}
        body = failure.to_json(request_id)
        entry = self._note(request, failure.error.status, request_id, body)
        return HttpAnswer(status=failure.error.status, headers=headers, chunks=(dump(body).encode(),), entry=entry)

    def _route(self, received: _Seeded, fault: Fault) -> dict[str, Any] | Ready | bytes:
        """Find who answers: with an object, with a message to send, or with lines of JSON."""
        request = received.request
        path, _, query = request.path.partition("?")
        found = _ROUTE.search(path.rstrip("/"))
        if found is None:
            raise ApiFailureError.of(404, "not_found_error", "Not Found")
        if found["models"]:
            _check_method(request, "GET")
            return model_list.answer((found["model"] or "")[1:], query)
        if found["batches"]:
            base = f"{request.origin}{path[: found.start()]}"
            batch, action = ((found[name] or "")[1:] for name in ("batch", "action"))
            return self.batches.answer(request, batch, action, base=base, received_at=received.at)
        _check_method(request, "POST")
        body, whole = self._expand(request.body)
        prompt = self._messages.read(body, is_count=bool(found["count"]))
        if found["count"]:
            return {"input_tokens": prompt.count.total}
        workspace = request.headers.get("anthropic-workspace-id")
        arrival = Arrival(seed=received.seed, at=received.at, workspace=workspace)
        ready = self._messages.send(prompt, arrival, fault=fault)
        if whole is not None:
            self._threads.hold(whole, ready.message)
        return ready

    def _expand(self, body: bytes) -> tuple[bytes, dict[str, Any] | None]:
        """Return the body for the whole conversation, and that as an object if the request belongs to a thread."""
        sent = read_object(body) if b'"thread"' in body else None
        if sent is None or sent.get("thread") is None:
            return body, None
        whole = self._threads.expand(sent)
        return dump(whole).encode(), whole

    def _note(self, request: HttpRequest, status: int, request_id: str, answered: Any) -> Entry:
        try:
            sent = self._reader.parse(request.body) if request.body else None
        except RequestError:
            sent = None
        error = answered.get("error") if isinstance(answered, dict) else None
        entry = Entry(
            method=request.method,
            path=request.path,
            status=status,
            request_id=request_id,
            request=sent,
            usage=answered.begun["usage"] if isinstance(answered, Ready) else {},
            error=error["message"] if isinstance(error, dict) else None,
        )
        self.journal.add(entry)
        return entry


def _check_method(request: HttpRequest, method: str) -> None:
    if request.method != method:
        raise ApiFailureError.of(405, "invalid_request_error", "Method Not Allowed")


def _asked_fault(request: HttpRequest) -> Fault:
    try:
        return Fault.from_text(request.headers.get(HEADER, ""))
    except RequestError as error:
        raise ApiFailureError.invalid(f"{HEADER}: {error.message}") from None
