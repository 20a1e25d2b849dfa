"""Single messages and their blocks: roles, required fields, and which block is allowed where."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.prompt.blocks import Request
from harness.prompt.other_apis import OPENAI_MESSAGE_KEYS, OPENAI_PARTS
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid
from harness.promptcache.refusals.structure.sources import check_source

_ROLES = ("user", "assistant", "system")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_CALL = 200
_ROLE_TEXTS = {
    # Source: github.com/tghamm/Anthropic.SDK/issues/128 and github.com searches for the texts (checked 2026-11-26)
    "tool_use": ("assistant", "{message}: `tool_use` blocks can only be in `assistant` messages"),
    "tool_result": ("user", "{message}: `tool_result` blocks can only be in `user` messages"),
    "thinking": ("assistant", "{message}.content: thinking blocks may only be in `assistant` messages"),
    "redacted_thinking": (
        "assistant",
        f"{UNCONFIRMED}{{message}}.content: redacted_thinking blocks may only be in `assistant` messages",
    ),
    "server_tool_use": (
        "assistant",
        f"{UNCONFIRMED}{{message}}: `server_tool_use` blocks can only be in `assistant` messages",
    ),
}
"""The only role whose messages may hold a kind of block, and the answer to another one."""


def check_messages(request: Request) -> Iterator[ApiError]:
    """Yield what is wrong with each message by itself."""
    for index, message in enumerate(request["messages"]):
        for text in _message_faults(f"messages.{index}", message):
            # An unknown role is quoted.
            yield invalid(text, path=f"messages[{index}]", is_quoting="Unexpected role" in text)
        content = message["content"]
        for number, block in enumerate(content if isinstance(content, list) else ()):
            path = f"messages[{index}].content[{number}]"
            yield from (
                invalid(text, path=path)
                for text in _block_faults(f"messages.{index}", f"messages.{index}.content.{number}", message, block)
            )


def _message_faults(path: str, message: Any) -> Iterator[str]:
    if not isinstance(message, dict):
        yield f"{path}: Input should be an object"
        return
    role = message.get("role")
    if role is None:
        yield f"{path}.role: Field required"
    elif role not in _ROLES:
        # Source: github.com search for "Allowed roles are" (checked 2026-11-25)
        yield f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant".'
    if "content" not in message:
        yield f"{path}.content: Field required"
    elif not isinstance(message["content"], str | list):
        # A recorded answer; it names only one of the two types that are accepted.
        yield f"{path}.content: Input should be a valid list"
    for key in message:
        if key == "cache_control" or key in OPENAI_MESSAGE_KEYS:
            # Source: github.com/evalstate/fast-agent/pull/200 (checked 2026-11-23)
            yield f"{path}.{key}: Extra inputs are not permitted"


def _block_faults(message_path: str, path: str, message: Mapping[str, Any], block: Any) -> Iterator[str]:
    if isinstance(block, str):
        # Read as a text block; what the API says to it is not known.
        return
    if not isinstance(block, dict):
        yield f"{path}: Input should be an object"
        return
    yield from _shape_faults(path, block)
    own_role, text = _ROLE_TEXTS.get(block["type"], ("", ""))
    if own_role and message["role"] not in (own_role, "system"):
        yield text.format(message=message_path)


def _shape_faults(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind is None:
        yield f"{path}.type: Field required"
    elif not isinstance(kind, str):
        yield f"{UNCONFIRMED}{path}.type: Input should be a valid string"
    elif kind in OPENAI_PARTS:
        # The API goes on with its list of types, which grows with every kind of block.
        # Source: github.com/AstrBotDevs/AstrBot/pull/4444 (checked 2026-11-25)
        yield f"{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
    elif kind in _FAULTS:
        yield from _FAULTS[kind](f"{path}.{kind}", block)


# --- kinds of blocks -----------------------------------------------------------------------------------------


def _text_faults(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    yield from _string_faults(path, block, "text")


def _tool_use_faults(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    yield from _id_faults(path, block, "id")
    yield from _string_faults(path, block, "name")
    # Source: github.com searches for "tool_use.name: String should" (checked 2026-11-26)
    if not block["name"]:
        yield f"{path}.name: String should have at least 1 character"
    elif len(block["name"]) > _LONGEST_CALL:
        yield f"{path}.name: String should have at most {_LONGEST_CALL} characters"
    elif not _ID.fullmatch(block["name"]):
        yield f"{UNCONFIRMED}{path}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,{_LONGEST_CALL}}}$'"
    if "input" not in block:
        yield f"{path}.input: Field required"
    elif not isinstance(block["input"], dict):
        # Source: github.com/anthropics/claude-code/issues/6696 (checked 2026-11-25)
        yield f"{path}.input: Input should be a valid dictionary"


def _tool_result_faults(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    yield from _id_faults(path, block, "tool_use_id")
    content = block.get("content")
    if content is not None and not isinstance(content, str | list):
        yield f"{UNCONFIRMED}{path}.content: Input should be a valid list"
    for number, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict):
            yield from _shape_faults(f"{path}.content.{number}", part)
        else:
            yield f"{UNCONFIRMED}{path}.content.{number}: Input should be an object"


def _thinking_faults(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    # Source: github.com search for "thinking.signature: Field required" (checked 2026-11-26)
    yield from _string_faults(path, block, "signature")
    yield from _string_faults(path, block, "thinking")


def _redacted_faults(path: str, block: Mapping[str, Any]) -> Iterator[str]:
    # Source: github.com search for "redacted_thinking.data: Field required" (checked 2026-11-26)
    yield from _string_faults(path, block, "data")


def _id_faults(path: str, block: Mapping[str, Any], key: str) -> Iterator[str]:
    yield from _string_faults(path, block, key)
    if not _ID.fullmatch(block[key]):
        # Source: github.com/tailcallhq/forgecode/issues/1142 (checked 2026-11-25)
        yield f"{path}.{key}: String should match pattern '^[a-zA-Z0-9_-]+$'"


def _string_faults(path: str, block: Mapping[str, Any], key: str) -> Iterator[str]:
    if block.get(key) is None:
        yield f"{path}.{key}: Field required"
    elif not isinstance(block[key], str):
        yield f"{path}.{key}: Input should be a valid string"


_FAULTS: dict[str, Callable[[str, Mapping[str, Any]], Iterator[str]]] = {
    "text": _text_faults,
    "image": check_source,
    "document": check_source,
    "thinking": _thinking_faults,
    "redacted_thinking": _redacted_faults,
    "tool_use": _tool_use_faults,
    "tool_result": _tool_result_faults,
}
