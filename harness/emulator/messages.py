"""Answers to requests for messages: read, counted, billed from the prompt cache, and written as a body or as events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from harness.emulator.arrival import Arrival
from harness.emulator.clock import Time
from harness.emulator.drafts import Draft, Drafting
from harness.emulator.events import dump, write_events
from harness.emulator.failure import ApiFailureError
from harness.emulator.faults import Fault
from harness.emulator.http import Piece
from harness.emulator.script import Choice, Script
from harness.errors import RequestError, UnknownModelError
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.promptcache.diagnostics import diagnose
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Simulator
from harness.provider.parameters import accepts
from harness.provider.usage import Usage

_TOO_DEEP = "The request body is nested too deeply"
_REMEMBERED = 500
"""Requests to remember for diagnostics, so that a server that runs for days does not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A message whose input is billed; its text may still have to be made."""

    begun: Mapping[str, Any]
    """The message without content and output."""
    draft: Draft
    drafting: Drafting
    fault: Fault
    is_stream: bool

    @property
    def message(self) -> dict[str, Any]:
        """The whole message, or what is known of it before its pieces are read."""
        return self._finished(self.draft)

    def pieces(self) -> Iterable[Piece]:
        """The body, or the events of the stream, with what goes wrong."""
        whole: Iterable[Piece]
        if not self.is_stream:
            whole = (dump(self.message).encode(),)
        elif self.draft.pieces is None:
            whole = tuple(write_events(self.message))
        else:
            whole = write_events(
                self.message,
                self.draft.pieces,
                lambda text: self._finished(self.drafting.close(self.draft, text)),
            )
        return self.fault.apply(whole, is_stream=self.is_stream)

    def _finished(self, draft: Draft) -> dict[str, Any]:
        usage = {
            **self.begun["usage"],
            "output_tokens": draft.output_tokens,
            "output_tokens_details": {"thinking_tokens": draft.thinking_tokens},
        }
        given = dict(draft.overrides)
        if isinstance(given.get("usage"), Mapping):
            given["usage"] = {**usage, **given["usage"]}
        end = {"stop_reason": draft.stop_reason, "stop_sequence": draft.stop_sequence}
        return {**self.begun, "content": list(draft.content), **end, "usage": usage, **given}


class Messages:
    """Answers requests for messages, and keeps the prompt caches that they share."""

    def __init__(self, *, reader: PromptReader, time: Time, script: Script, simulator: Simulator) -> None:
        self._reader = reader
        self._time = time
        self._script = script
        self._simulator = simulator
        self._lock = Lock()
        self._diagnosed: dict[str, Prompt] = {}

    def read(self, body: bytes, *, is_count: bool = False) -> Prompt:
        """Read and count a request; this takes a fraction of a second for a long one, and holds up no other.

        Raises:
            ApiFailureError: the API refuses it, or it cannot be judged.
        """
        try:
            prompt = self._reader.read(body)
            if error := check_request(prompt, needs_max_tokens=not is_count, is_count=is_count):
                raise ApiFailureError(error)
            for name in prompt.request:
                if not accepts(name):
                    raise ApiFailureError.invalid(f"{name}: Extra inputs are not permitted")
            _ = prompt.fingerprints if is_count else prompt.record
            return prompt
        except UnknownModelError:
            model = self._reader.parse(body)["model"]
            raise ApiFailureError.of(404, "not_found_error", f"model: {model}") from None
        except RequestError as error:
            raise ApiFailureError.invalid(error.message) from None
        except RecursionError:
            raise ApiFailureError.invalid(_TOO_DEEP) from None

    def answer_item(self, body: bytes, arrival: Arrival) -> dict[str, Any]:
        """Answer a request of a batch.

        Raises:
            ApiFailureError: the API refuses it, or it cannot be judged.
        """
        return self.send(self.read(body), arrival).message

    def prepare(self, prompt: Prompt, *, seed: str, fault: Fault) -> tuple[Drafting, Draft, Fault]:
        """Choose what answers a request, and make it.

        Raises:
            ApiFailureError: the script asks for an error, or for an answer that the request does not allow.
        """
        try:
            drafting = Drafting(prompt, seed)
            choice = self._choose(prompt.request, fault)
            if choice.fault.status is not None:
                raise choice.fault.failure
            return drafting, drafting.draft(choice), choice.fault
        except RequestError as error:
            raise ApiFailureError.invalid(error.message) from None
        except RecursionError:
            raise ApiFailureError.invalid(_TOO_DEEP) from None

    def send(self, prompt: Prompt, arrival: Arrival, *, fault: Fault | None = None) -> Ready:
        """Answer a request, and bill it.

        Raises:
            ApiFailureError: the script asks for an error, or for an answer that the request does not allow.
        """
        seed = arrival.seed
        drafting, draft, fault = self.prepare(prompt, seed=seed, fault=fault or Fault())
        with self._lock:
            begins_at = arrival.begins_at or self._time.now() + fault.first_token_seconds
            outcome = self._simulator.send(
                prompt.record, at=arrival.at, begins_at=begins_at, workspace=arrival.workspace or ""
            )
            message_id = f"msg_emulated_{seed[20:40]}"
            diagnostics = self._diagnose(prompt, message_id)
        begun = {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": prompt.request["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _begin_usage(outcome.usage, prompt.request, arrival.tier),
            "diagnostics": diagnostics,
        }
        is_stream = bool(prompt.request.get("stream"))
        return Ready(begun=begun, draft=draft, drafting=drafting, fault=fault, is_stream=is_stream)

    def _choose(self, request: Mapping[str, Any], fault: Fault) -> Choice:
        choice = self._script.choose(request)
        return choice._replace(fault=choice.fault | fault)

    def _diagnose(self, prompt: Prompt, message_id: str) -> dict[str, Any] | None:
        """Make the response's ``diagnostics``; like the API, remember only requests that ask for them."""
        asked = prompt.request.get("diagnostics")
        if asked is None:
            return None
        self._diagnosed[message_id] = prompt
        if len(self._diagnosed) > _REMEMBERED:
            del self._diagnosed[next(iter(self._diagnosed))]
        previous = asked.get("previous_message_id")
        if previous is None:
            return None
        if previous not in self._diagnosed:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        reason = diagnose(self._diagnosed[previous], prompt)
        return None if reason is None else {"cache_miss_reason": reason}


def _begin_usage(usage: Usage, request: Mapping[str, Any], tier: str) -> dict[str, Any]:
    """The usage that is known when an answer begins, with all fields of the API."""
    return {
        **usage.input_to_api(),
        "output_tokens": 0,
        "output_tokens_details": {"thinking_tokens": 0},
        "server_tool_use": None,
        "service_tier": tier,
        "inference_geo": request.get("inference_geo") or "global",
        **({"speed": request["speed"]} if request.get("speed") else {}),
    }
