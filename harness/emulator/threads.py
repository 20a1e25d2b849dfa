"""Message threads: a request that continues a conversation which the API holds, so that it sends only what is new.

The tool runner of the official SDK uses them. Source: anthropic SDK 2.12, lib/threads and
types/thread_unsupported_request_error_details.py (checked 2026-11-27).
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from harness.emulator.failure import ApiFailureError

_KEPT = 1_000
"""Conversations to hold, so that a server that runs for days does not fill the memory."""
_ONCE = ("system", "tools")
"""What only the request that creates a thread sends."""


class Threads:
    """The conversations of the threads, by the id of their latest message."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def expand(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make the request for the whole conversation, without ``thread``.

        Raises:
            ApiFailureError: the conversation is not held, or a thread does not allow what the request asks for.
        """
        thread = request["thread"] if isinstance(request["thread"], Mapping) else {}
        whole = {key: value for key, value in request.items() if key != "thread"}
        if thread.get("type") == "continue":
            with self._lock:
                held = self._held.get(str(thread.get("previous_message_id")))
            if held is None:
                raise _refuse(404, "not_found_error", "No usable thread state was found.", "thread_not_found")
            sent = whole.get("messages")
            messages = [*held["messages"], *(sent if isinstance(sent, list) else ())]
            whole = {**{key: held[key] for key in _ONCE if key in held}, **whole, "messages": messages}
        elif thread.get("type") != "create":
            raise ApiFailureError.invalid("thread.type: Input should be 'create' or 'continue'")
        if unsupported := [name for name, is_used in _features(whole).items() if is_used]:
            error = f"Threads do not support {', '.join(unsupported)}."
            raise _refuse(400, "invalid_request_error", error, "thread_unsupported_request", unsupported)
        return whole

    def hold(self, request: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """Hold the conversation of a request that was expanded, with the message that answered it."""
        reply = {"role": "assistant", "content": message["content"]}
        with self._lock:
            self._held[message["id"]] = {**request, "messages": [*request["messages"], reply]}
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)


def _features(request: Mapping[str, Any]) -> dict[str, bool]:
    """What threads do not support, and whether a request uses it."""
    holders = (request.get("tools"), request.get("system"), *map(_content, request.get("messages") or ()))
    blocks = [block for holder in holders if isinstance(holder, list) for block in holder if isinstance(block, Mapping)]
    thinking = request.get("thinking")
    return {
        "cache_control": any(block.get("cache_control") for block in (request, *blocks)),
        "context_management": request.get("context_management") is not None,
        "fallbacks": request.get("fallbacks") is not None,
        "thinking": isinstance(thinking, Mapping) and thinking.get("type") != "disabled",
    }


def _content(message: Any) -> Any:
    return message.get("content") if isinstance(message, Mapping) else None


def _refuse(status: int, kind: str, message: str, code: str, unsupported: list[str] | None = None) -> ApiFailureError:
    failure = ApiFailureError.of(status, kind, message)
    failure.details = {"error_code": code, **({"unsupported": unsupported} if unsupported else {})}
    return failure
