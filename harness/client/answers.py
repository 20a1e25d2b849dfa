"""Answers of the SDK as the client reads them: messages, and the events of a stream."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.calls.stream_usage import list_usages, merge_usages, read_usages
from harness.provider.usage import Usage

if TYPE_CHECKING:
    from anthropic.types import Message

_NOT_KEPT = ("max_tokens", "model_context_window_exceeded", "pause_turn", "refusal")
"""Reasons to stop of answers that are not whole, or none at all: asked again, they may be.

Source: platform.claude.com/docs/en/build-with-claude/handling-stop-reasons (checked 2026-11-27).
"""

_WITH_USAGE = ("message_start", "message_delta")


def message_text(message: "Message") -> str:
    """All text of a message, without its other blocks."""
    return "".join(block.text for block in message.content if block.type == "text")


def to_dict(answer: Any) -> dict[str, Any]:
    """A message or an event as the API wrote it, with keys that the SDK does not know."""
    # The mode "json" would make a number of `true`, and refuses what is nested deeply.
    result: dict[str, Any] = answer.to_dict(mode="python", warnings=False)
    return result


def to_message(response: Mapping[str, Any]) -> "Message":
    """Make the SDK's message from its parts.

    Like the SDK, without validation: an answer may hold what this version does not know.
    """
    from anthropic.types import Message

    return Message.model_construct(**response)


def is_message(response: Mapping[str, Any]) -> bool:
    """Whether a stored response has the shape of a message."""
    content = response.get("content")
    is_list = isinstance(content, list) and all(isinstance(block, dict) and "type" in block for block in content)
    return response.get("type") == "message" and is_list


def is_whole(response: Mapping[str, Any]) -> bool:
    """Whether an answer is worth keeping: neither cut off nor refused."""
    return response.get("stop_reason") not in _NOT_KEPT and is_message(response)


def usage_of(message: Any) -> Any:
    """The usage of a message, as the API wrote it."""
    usage = getattr(message, "usage", None)
    return to_dict(usage) if hasattr(usage, "to_dict") else usage


def text_of(event: Any) -> str:
    """The piece of text that an event of a stream brings; empty if it brings none."""
    delta = getattr(event, "delta", None)
    return str(getattr(delta, "text", None) or "") if getattr(delta, "type", None) == "text_delta" else ""


def usages_of(events: Iterable[Any]) -> list[Any]:
    """The usages in the events of a stream, with ``None`` for an event that should have one."""
    return list_usages([to_dict(event) for event in events if event.type in _WITH_USAGE])


def usage_so_far(usages: Sequence[Any], deltas: int) -> Usage:
    """The usage of a stream that the caller left: all its input, and at least one token of output for each delta."""
    usage = Usage.from_api(merge_usages(usages)) if usages else read_usages(usages)
    return replace(usage, output_tokens=max(usage.output_tokens, deltas))


def cut_pieces(response: Mapping[str, Any], lengths: Sequence[int]) -> Iterator[str]:
    """Cut the text of a stored response into the pieces in which it arrived; one for each block if it came whole."""
    texts = [str(block.get("text") or "") for block in response["content"] if block.get("type") == "text"]
    text, start = "".join(texts), 0
    if sum(lengths) != len(text):
        lengths = [len(one) for one in texts]
    for length in lengths:
        if length:
            yield text[start : start + length]
        start += length
