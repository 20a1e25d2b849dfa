"""Hashes of prompt prefixes, in the order and with the exactness of the provider's prompt cache.

A fingerprint covers everything that the model sees up to and including a block: model and
speed, tools, system, the parameters that are rendered before each level, and the message
blocks with their roles. ``cache_control`` markers are left out, so that moving one keeps
the fingerprint. Key order inside tool schemas and tool inputs counts, as it does for the API.

Source: platform.claude.com/docs/en/build-with-claude/prompt-caching, "What invalidates the
cache" (checked 2026-11-23).
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from harness.errors import RequestError
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block, Request, read_blocks
from harness.provider.models import Model, find_model

VERSION = 1
"""Raised whenever the same request would get another fingerprint."""

_NESTING = frozenset({"tool_result", "document"})
# Bytes that UTF-8 never has, so that no text can look like two blocks.
_END_OF_TEXT = b"\xff"
_END_OF_JSON = b"\xfe"

_MARKER = frozenset({"cache_control"})
_MARKER_AND_IDS = _MARKER | {"id", "tool_use_id"}


def fingerprints(request: Request, blocks: Sequence[Block], assumptions: Assumptions = DEFAULT) -> tuple[bytes, ...]:
    """SHA-256 of the prefix that ends at each block: one per block, in the same order.

    A fingerprint covers all earlier blocks, so the first pair that differs between two
    prompts is the block that broke the prefix.

    Raises:
        RequestError: a block holds what JSON bytes cannot carry, such as a lone surrogate.
    """
    name = request.get("model")
    model = find_model(name if isinstance(name, str) else "")
    running = sha256(_dump(["prefix", VERSION, model.id, request.get("speed") or "standard"], "model"))
    if assumptions.is_thinking_first:
        running.update(_dump([thinking(request), effort(request, model)], "thinking"))
    unrendered = _unrendered(assumptions)
    update, digest = running.update, running.digest
    level, message = "tools", None
    digests = []
    for block in blocks:
        if block.level != level:
            if level == "tools":
                update(_dump(system_parameters(request, blocks), "system"))
            if block.level == "messages":
                update(_dump(message_parameters(request, blocks, model), "messages"))
            level = block.level
        if block.message != message:
            update(b"message %r" % block.role)
            message = block.message
        update(_key(block, unrendered))
        digests.append(digest())
    return tuple(digests)


def check_readable(request: Request) -> None:
    """Do nothing if a body has the shape of a Messages request, all through.

    Raises:
        RequestError: it has not; the message starts with the path of what is wrong.
    """
    fingerprints(request, read_blocks(request))


def block_digest(block: Block, assumptions: Assumptions = DEFAULT) -> str:
    """SHA-256 (hex) of one block alone, without its marker."""
    return sha256(_key(block, _unrendered(assumptions))).hexdigest()


def system_parameters(request: Request, blocks: Sequence[Block]) -> dict[str, Any]:
    """Parameters that the API renders between tools and system."""
    tools = request.get("tools") or ()
    server_tools = {str(tool["type"]).rsplit("_", 1)[0] for tool in tools if str(tool.get("type")).startswith("web_")}
    citations = any(
        _object(block.content, "citations", f"{block.path}.citations").get("enabled")
        for block in blocks
        if block.content.get("type") == "document"
    )
    return {"web": sorted(server_tools), "citations": citations, "format": output_format(request)}


def message_parameters(request: Request, blocks: Sequence[Block], model: Model) -> dict[str, Any]:
    """Parameters that the API renders between system and messages, at their defaults where omitted."""
    choice = tool_choice(request)
    return {
        "tool_choice": {key: value for key, value in choice.items() if key != "disable_parallel_tool_use"},
        "disable_parallel_tool_use": bool(choice.get("disable_parallel_tool_use")),
        "images": has_images(blocks),
        "thinking": thinking(request),
        "effort": effort(request, model),
        "task_budget": _object(request, "output_config").get("task_budget"),
    }


def tool_choice(request: Request) -> dict[str, Any]:
    """``tool_choice``; ``auto`` where it is omitted."""
    return _object(request, "tool_choice") or {"type": "auto"}


def thinking(request: Request) -> dict[str, Any]:
    """``thinking``; ``disabled`` where it is omitted."""
    return _object(request, "thinking") or {"type": "disabled"}


def effort(request: Request, model: Model) -> str:
    """``output_config.effort``; the model's default where it is omitted."""
    return _object(request, "output_config").get("effort") or model.default_effort


def output_format(request: Request) -> dict[str, Any]:
    """The structured-output format, from either of the two places it may stand in; empty for none."""
    config = _object(request, "output_config")
    return _object(config, "format", "output_config.format") or _object(request, "output_format")


def _object(parent: Mapping[str, Any], key: str, path: str | None = None) -> dict[str, Any]:
    value = parent.get(key)
    if value is not None and not isinstance(value, dict):
        raise RequestError(f"{path or key} is {type(value).__name__}, expected an object")
    return value or {}


def has_images(blocks: Sequence[Block]) -> bool:
    """Whether any message block is an image or holds one."""
    for block in blocks:
        kind = block.content.get("type")
        if kind == "image":
            return True
        if kind in _NESTING and _holds_image(block.content.get("content")):
            return True
    return False


def _holds_image(content: Any) -> bool:
    return isinstance(content, list) and any(isinstance(part, dict) and part.get("type") == "image" for part in content)


def _unrendered(assumptions: Assumptions) -> frozenset[str]:
    return _MARKER if assumptions.has_client_tool_ids else _MARKER_AND_IDS


def _key(block: Block, unrendered: frozenset[str]) -> bytes:
    """The block as it enters the key: its rendered fields sorted by name, inner order kept.

    Left out are empty fields and the ``unrendered`` ones.
    """
    content = block.content
    if content.get("type") == "text" and len(content) - ("cache_control" in content) == 2:
        # Nearly every block: nothing to sort.
        return _text_key(content.get("text"), block)
    fields = sorted(item for item in content.items() if _is_rendered(*item, unrendered))
    if len(fields) == 1 and fields[0][0] == "text":
        return _text_key(fields[0][1], block)
    if content.get("type") == "tool_result":
        fields = [
            (key, _result_parts(value, block, unrendered) if key == "content" else value) for key, value in fields
        ]
    return _dump(fields, block.path) + _END_OF_JSON


def _text_key(text: Any, block: Block) -> bytes:
    try:
        data: bytes = text.encode()
    except (AttributeError, UnicodeEncodeError) as error:
        raise RequestError(f"{block.path} cannot be fingerprinted: {error}") from None
    return data + _END_OF_TEXT


def _is_rendered(key: str, value: Any, unrendered: frozenset[str]) -> bool:
    if key in unrendered or value is None:
        return False
    return not (key == "type" and value in ("text", "custom")) and not (key == "is_error" and not value)


def _result_parts(content: Any, block: Block, unrendered: frozenset[str]) -> Any:
    if isinstance(content, str):
        return [[("text", content)]]
    if not isinstance(content, list):
        raise RequestError(f"{block.path}.content is {type(content).__name__}, expected a string or a list")
    return [
        sorted(item for item in part.items() if _is_rendered(*item, unrendered)) if isinstance(part, dict) else part
        for part in content
    ]


def _dump(value: Any, path: str) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise RequestError(f"{path} cannot be fingerprinted: {error}") from None
