"""The answer to a call: content blocks, stop reason and usage, from a plain body or from the events of a stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.calls.stream_usage import list_usages, merge_usages, read_usages
from harness.numbers import read_object, write_json
from harness.provider.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A message from the API. For a stream that broke off, only what had arrived by then."""

    id: str = ""
    model: str = ""
    content: tuple[Mapping[str, Any], ...] = ()
    """Content blocks, with the API's field names."""
    stop_reason: str | None = None
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """All text, without the other blocks."""
        return "".join(str(block.get("text") or "") for block in self.content if block.get("type") == "text")


def answer_text(answer: Answer) -> str:
    """The text of an answer; of one without any text that uses a tool, the tool's input as JSON."""
    if answer.text:
        return answer.text
    inputs = (block.get("input") for block in answer.content if block.get("type") == "tool_use")
    return next((write_json(given) for given in inputs if given is not None), "")


def read_message(message: Mapping[str, Any]) -> Answer:
    """Read the answer from a message object."""
    content = message.get("content")
    return Answer(
        id=str(message.get("id") or ""),
        model=str(message.get("model") or ""),
        content=tuple(block for block in content if isinstance(block, dict)) if isinstance(content, list) else (),
        stop_reason=message.get("stop_reason"),
        usage=Usage.from_api(message.get("usage")),
    )


def read_stream(events: Sequence[Mapping[str, Any]]) -> Answer:
    """Read the answer from the events of a stream."""
    return replace(read_message(assemble_message(events)), usage=read_usages(list_usages(events)))


def assemble_message(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Assemble the message object from the events of a stream; empty if they do not even begin one."""
    message: dict[str, Any] = {}
    blocks: dict[Any, dict[str, Any]] = {}
    inputs: dict[Any, str] = {}
    for event in events:
        kind, index = event.get("type"), event.get("index")
        if kind == "message_start":
            message = dict(_object(event.get("message")))
        elif kind == "content_block_start":
            blocks[index] = dict(_object(event.get("content_block")))
        elif kind == "content_block_delta" and index in blocks:
            _add_delta(blocks[index], inputs, index, _object(event.get("delta")))
        elif kind == "message_delta":
            message |= {key: value for key, value in _object(event.get("delta")).items() if value is not None}
    for index, text in inputs.items():
        blocks[index]["input"] = read_object(text.encode()) or {}
    usage = merge_usages(list_usages(events))
    return {**message, "content": [blocks[index] for index in blocks], "usage": usage}


def _add_delta(block: dict[str, Any], inputs: dict[Any, str], index: Any, delta: Mapping[str, Any]) -> None:
    match delta.get("type"):
        case "text_delta":
            block["text"] = str(block.get("text") or "") + str(delta.get("text") or "")
        case "input_json_delta":
            inputs[index] = inputs.get(index, "") + str(delta.get("partial_json") or "")
        case "thinking_delta":
            block["thinking"] = str(block.get("thinking") or "") + str(delta.get("thinking") or "")
        case "signature_delta":
            block["signature"] = delta.get("signature")
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta.get("citation")]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
