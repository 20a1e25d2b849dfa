"""Empty and blank messages. The API joins consecutive messages of one role into a turn before it looks at them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import ApiError, invalid


class Turn(NamedTuple):
    """Consecutive messages of one role."""

    role: str
    start: int
    """Index of its first message."""
    blocks: tuple[tuple[str, Any], ...]
    """Its blocks with their paths; a string counts as one text block, an empty one as none."""
    is_last: bool


def split_turns(request: Request) -> list[Turn]:
    """Join the consecutive messages of one role."""
    messages = request["messages"]
    turns = []
    for role, group in groupby(enumerate(messages), key=lambda item: str(item[1]["role"])):
        joined = list(group)
        blocks = tuple(block for index, message in joined for block in _blocks(index, message["content"]))
        turns.append(Turn(role, joined[0][0], blocks, joined[-1][0] == len(messages) - 1))
    return turns


def is_server_block(kind: Any) -> bool:
    """Whether a block is a call of a server tool, or its result."""
    return kind == "server_tool_use" or (kind != "tool_result" and str(kind).endswith("_tool_result"))


def as_block(content: Any) -> Any:
    """Return a block as it is, and a string as a text block."""
    return {"type": "text", "text": content} if isinstance(content, str) else content


def check_turns(turns: Iterable[Turn]) -> Iterator[ApiError]:
    """Yield turns without content, empty and blank texts, and whitespace at the end of a last assistant message."""
    for turn in turns:
        if turn.role == "system":
            continue
        if not turn.blocks and not (turn.role == "assistant" and turn.is_last):
            # A recorded answer. That one empty message of a turn is accepted: github.com search for the text
            # "user messages must have non-empty content" (checked 2026-11-25)
            yield invalid(
                f"messages.{turn.start}: all messages must have non-empty content except for the optional final "
                "assistant message",
                path=f"messages[{turn.start}]",
            )
        yield from _text_faults(turn)


def _text_faults(turn: Turn) -> Iterator[ApiError]:
    texts = [(path, block) for path, block in turn.blocks if block["type"] == "text"]
    for path, block in texts:
        if not block["text"] and not block.get("cache_control"):
            # With a marker, the API speaks of the marker.
            yield invalid("messages: text content blocks must be non-empty", path=path)
    if turn.role == "assistant" and turn.is_last and turn.blocks and turn.blocks[-1][1]["type"] == "text":
        path, last = turn.blocks[-1]
        if last["text"] and last["text"][-1].isspace():
            # Source: github.com/anomalyco/opencode/issues/1295 (checked 2026-11-25)
            yield invalid("messages: final assistant content cannot end with trailing whitespace", path=path)
    if texts and _is_blank(turn.blocks):
        yield invalid("messages: text content blocks must contain non-whitespace text", path=texts[0][0])


def _is_blank(blocks: Sequence[tuple[str, Any]]) -> bool:
    """Whether all text is whitespace, beside nothing but server tools: beside other blocks, it may be accepted.

    Source: github.com/LibreChat-AI/agents/pull/124, whose author tried it (checked 2026-11-25).
    """
    return all(
        not block["text"].strip() if block["type"] == "text" else is_server_block(block["type"]) for _, block in blocks
    )


def _blocks(index: int, content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, str):
        if content:
            yield f"messages[{index}].content[0]", as_block(content)
        return
    for number, block in enumerate(content):
        yield f"messages[{index}].content[{number}]", as_block(block)
