"""What may answer a request: text, content blocks, a tool call, a whole message, an error, or a plan of steps."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.emulator.faults import Fault
from harness.errors import RequestError
from harness.prompt.parameters import tool_choice


@dataclass(frozen=True, slots=True)
class CallTool:
    """One call of a tool that the request offers."""

    name: str
    input: Mapping[str, Any] | None = None
    """``None`` for the smallest input that fits the tool's schema."""


@dataclass(frozen=True, slots=True, init=False)
class Plan:
    """Several steps of one turn: ``Plan(CallTool("find_job"), "There is one.")`` calls a tool, then answers its result.

    Which step comes next is read from the conversation, so that any number of them can go on at once: it is the
    number of calls that have been answered since the user last said something.
    """

    steps: "tuple[Reply, ...]"

    def __init__(self, *steps: "Reply") -> None:
        object.__setattr__(self, "steps", steps)

    def step_for(self, request: Mapping[str, Any]) -> "Reply":
        """The step that answers a request; once all steps are taken, it is the last one again."""
        if not self.steps:
            return ""
        return self.steps[min(count_steps(request), len(self.steps) - 1)]


Reply = str | Iterator[str] | Sequence[Mapping[str, Any]] | Mapping[str, Any] | CallTool | Fault | Plan
"""Text; pieces of text, sent as they are made; blocks; a message or an error as the API writes it; and so on."""

Responder = Callable[[Mapping[str, Any]], Reply | None]
"""Gives what answers a request body; ``None`` for the emulator's own answer. May be called from several threads."""


def resolve(reply: Reply, request: Mapping[str, Any]) -> "Reply":
    """Find the step of a plan, and read an error that is written as the API writes it.

    Raises:
        RequestError: the reply calls a tool that the request does not offer, or has none of the forms above.
    """
    while isinstance(reply, Plan):
        reply = reply.step_for(request)
    if isinstance(reply, CallTool):
        _check_offered(reply.name, request)
    elif isinstance(reply, Mapping):
        if "error" in reply:
            return _read_error(reply)
        if not isinstance(reply.get("content"), list):
            raise RequestError(f"an answer has the keys {', '.join(map(str, reply))}; expected content or error")
        _check_blocks(reply["content"], request)
    elif isinstance(reply, Sequence) and not isinstance(reply, str):
        _check_blocks(reply, request)
    elif not isinstance(reply, str | Fault | Iterator):
        raise RequestError(f"an answer is {type(reply).__name__}, expected text, blocks, a message, a call or an error")
    return reply


def count_steps(request: Mapping[str, Any]) -> int:
    """Count the messages of the assistant since the user last sent more than results of tools."""
    steps = 0
    for message in reversed(request.get("messages") or ()):
        if message.get("role") == "assistant":
            steps += 1
        elif message.get("role") == "user" and not _has_results_only(message.get("content")):
            break
    return steps


def _has_results_only(content: Any) -> bool:
    return isinstance(content, list) and bool(content) and all(_kind(block) == "tool_result" for block in content)


def _kind(block: Any) -> Any:
    return block.get("type") if isinstance(block, Mapping) else "text"


def _check_blocks(blocks: Iterable[Any], request: Mapping[str, Any]) -> None:
    for block in blocks:
        if not isinstance(block, Mapping) or not isinstance(block.get("type"), str):
            raise RequestError(f"a block of an answer is {block!r}, expected an object with a type")
        if block["type"] == "tool_use":
            _check_offered(str(block.get("name")), request)


def _check_offered(name: str, request: Mapping[str, Any]) -> None:
    offered = [str(tool.get("name")) for tool in request.get("tools") or () if isinstance(tool, Mapping)]
    if name not in offered:
        tools = ", ".join(map(repr, offered)) or "none"
        raise RequestError(f"The answer calls the tool {name!r}, which the request does not offer; its tools: {tools}")
    if tool_choice(request).get("type") == "none":
        raise RequestError(f"The answer calls the tool {name!r}, but tool_choice is none")


def _read_error(reply: Mapping[str, Any]) -> Fault:
    error = reply["error"] if isinstance(reply["error"], Mapping) else {}
    kind = error.get("type")
    status = reply.get("status") or Fault.status_of(kind)
    return Fault(status=int(status), type=kind, message=error.get("message"), retry_after=reply.get("retry_after"))
