"""The Messages API without a network: bytes of a request in, bytes of an answer out.

Keeps a prompt cache by the documented rules and reports usage from it. Answers are
deterministic: the same requests in the same order give the same bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock
from typing import Any

from harness.calls.answer import read_object
from harness.emulator.events import dump, write_events
from harness.emulator.responder import Responder, respond
from harness.emulator.tools import ToolCall, count_call, forced_call
from harness.errors import RequestError, UnknownModelError
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.promptcache.diagnostics import diagnose
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Simulator
from harness.provider.endpoints import COUNT_TOKENS, MESSAGES

Clock = Callable[[], float]
"""Seconds from any origin; never goes backwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP response; the body is ``chunks`` joined, and in a stream each chunk is one event."""

    status: int
    headers: Mapping[str, str]
    chunks: tuple[bytes, ...]


class Emulator:
    """One workspace of the API, with its prompt cache."""

    def __init__(
        self,
        *,
        reader: PromptReader,
        clock: Clock,
        responder: Responder = respond,
        simulator: Simulator | None = None,
    ) -> None:
        self._reader = reader
        self._count_text = reader.count_text
        self._clock = clock
        self._responder = responder
        self._simulator = simulator or Simulator()
        self._served = 0
        self._diagnosed: dict[str, Prompt] = {}
        self._lock = Lock()

    def handle(self, method: str, path: str, body: bytes) -> HttpAnswer:
        """Answer one HTTP request at a time; requests that it does not serve get the API's own error."""
        with self._lock:
            return self._handle(method, path, body)

    def _handle(self, method: str, path: str, body: bytes) -> HttpAnswer:
        self._served += 1
        request_id = _id("req", self._served, body)
        route = (method, path.split("?", 1)[0].rstrip("/"))
        is_count = route[1] == COUNT_TOKENS
        if route not in (("POST", MESSAGES), ("POST", COUNT_TOKENS)):
            return _error(ApiError(404, "not_found_error", "Not Found"), request_id)
        try:
            prompt = self._reader.read(body)
            if error := check_request(prompt, needs_max_tokens=not is_count, is_count=is_count):
                return _error(error, request_id)
            _ = prompt.fingerprints
            call = None if is_count else forced_call(prompt.request)
        except UnknownModelError:
            model = self._reader.parse(body)["model"]
            return _error(ApiError(404, "not_found_error", f"model: {model}"), request_id)
        except RequestError as error:
            return _error(ApiError(400, "invalid_request_error", error.message), request_id)
        if is_count:
            return _json(200, {"input_tokens": prompt.count.total}, request_id)
        message = self._message(prompt, call, body)
        return _stream(message, request_id) if prompt.request.get("stream") else _json(200, message, request_id)

    def _diagnose(self, prompt: Prompt, message_id: str) -> dict[str, Any] | None:
        """Make the response's ``diagnostics``; like the API, remember only requests that ask for them."""
        asked = prompt.request.get("diagnostics")
        if asked is None:
            return None
        self._diagnosed[message_id] = prompt
        previous = asked.get("previous_message_id")
        if previous is None:
            return None
        if previous not in self._diagnosed:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        reason = diagnose(self._diagnosed[previous], prompt)
        return None if reason is None else {"cache_miss_reason": reason}

    def _message(self, prompt: Prompt, call: ToolCall | None, body: bytes) -> dict[str, Any]:
        at, request = self._clock(), prompt.request
        usage = self._simulator.send(prompt.record, at=at, begins_at=at).usage.input_to_api()
        block, output_tokens = self._block(prompt, call, body)
        is_cut = block is None or output_tokens > request["max_tokens"]
        stop_reason = "max_tokens" if is_cut else "tool_use" if call else "end_turn"
        message = {
            "id": _id("msg", self._served, body),
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [block] if block else [],
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": {
                **usage,
                "output_tokens": min(output_tokens, request["max_tokens"]),
                "service_tier": "standard",
            },
        }
        message["diagnostics"] = self._diagnose(prompt, message["id"])
        return message

    def _block(self, prompt: Prompt, call: ToolCall | None, body: bytes) -> tuple[dict[str, Any] | None, int]:
        """Make the block that answers, and count its output tokens."""
        generation, request = prompt.model.generation, prompt.request
        if call:
            call = self._scripted(call, request)
            block = {"type": "tool_use", "id": _id("toolu", self._served, body), "name": call.name, "input": call.input}
            return {**block, "caller": {"type": "direct"}}, count_call(call, generation, self._count_text)
        text = self._responder(request) if request["max_tokens"] else ""
        if not text:
            return None, 0
        return {"type": "text", "text": text}, self._count_text(text, generation.tokenizer) + 4

    def _scripted(self, call: ToolCall, request: Mapping[str, Any]) -> ToolCall:
        """The forced call with the input that the responder gives, if that is a JSON object."""
        if self._responder is respond:
            return call
        given = read_object(self._responder(request).encode())
        return call if given is None else replace(call, input=given)


def _error(error: ApiError, request_id: str) -> HttpAnswer:
    body = {
        "type": "error",
        "error": {"type": error.type, "message": error.message},
        "request_id": request_id,
    }
    return _json(error.status, body, request_id)


def _json(status: int, body: dict[str, Any], request_id: str) -> HttpAnswer:
    headers = {"content-type": "application/json", "request-id": request_id}
    return HttpAnswer(status=status, headers=headers, chunks=(dump(body).encode(),))


def _stream(message: dict[str, Any], request_id: str) -> HttpAnswer:
    headers = {"content-type": "text/event-stream; charset=utf-8", "request-id": request_id}
    return HttpAnswer(status=200, headers=headers, chunks=tuple(write_events(message)))


def _id(kind: str, number: int, body: bytes) -> str:
    return f"{kind}_emulated_{sha256(b'%d:' % number + body).hexdigest()[:20]}"
