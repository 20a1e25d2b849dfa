"""Messages with the role ``system`` in the middle of a conversation.

Source: platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages and, for the texts, answers of
October 2026 in a public test, found by searching GitHub for "role 'system' must follow" (checked 2026-11-25).
"""

from collections.abc import Iterator
from typing import Any

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import ApiError, invalid
from harness.promptcache.refusals.structure.turns import as_block, is_server_block
from harness.provider.models import Model

_TYPES = ("text", "tool_addition", "tool_removal")
_ANYWHERE = "the directive-only form (content: [] with output_config) is accepted at any position"


def check_system_messages(request: Request, model: Model) -> Iterator[ApiError]:
    """Yield system messages that the model does not accept, that hold what they cannot, or are in a wrong place."""
    messages = request["messages"]
    for index, message in enumerate(messages):
        if message["role"] == "system" and not (message["content"] == [] and message.get("output_config")):
            for text in _faults(messages, index, model):
                yield invalid(text, path=f"messages[{index}]")


def _faults(messages: list[Any], index: int, model: Model) -> Iterator[str]:
    if not model.has_system_messages:
        # Source: github.com/anthropics/claude-code/issues/61412 (checked 2026-11-25)
        yield "role 'system' is not supported on this model"
    path, content = f"messages.{index}", messages[index]["content"]
    if not content:
        yield f"{path}: system content must contain at least one block"
    blocks = [as_block(block) for block in ([content] if isinstance(content, str) else content)]
    if any(block["type"] not in _TYPES for block in blocks):
        yield f"{path}: role 'system' supports text, tool_addition, and tool_removal blocks only"
    if index == 0:
        yield f"{path}: use the top-level 'system' parameter for the initial system prompt; {_ANYWHERE}"
    yield from _place_faults(messages, index)
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    if "" in texts:
        yield "messages: text content blocks must be non-empty"
    if any(not text.strip() for text in texts):
        yield f"{path}: system text blocks must contain non-whitespace text"


def _place_faults(messages: list[Any], index: int) -> Iterator[str]:
    """Yield a wrong place: only the first and the last of consecutive system messages have neighbours."""
    before = messages[index - 1]
    if before["role"] == "assistant" and not _ends_in_server_result(before["content"]):
        yield (
            f"messages.{index}: role 'system' must follow a 'user' message or an 'assistant' message ending in a "
            f"server tool result; {_ANYWHERE}"
        )
    if index + 1 < len(messages) and messages[index + 1]["role"] == "user":
        yield f"messages.{index}: role 'system' must precede an 'assistant' message or end the array; {_ANYWHERE}"


def _ends_in_server_result(content: Any) -> bool:
    return isinstance(content, list) and bool(content) and is_server_block(as_block(content[-1])["type"])
