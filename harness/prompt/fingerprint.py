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
from harness.prompt.blocks import Block, Request, read_blocks
from harness.provider.rules import Model, find_model

VERSION = 1
"""Raised whenever the same request would get another fingerprint."""

_UNRENDERED = frozenset({"cache_control", "id", "tool_use_id"})


def fingerprints(request: Request, blocks: Sequence[Block]) -> tuple[bytes, ...]:
    """SHA-256 of the prefix that ends at each block: one per block, in the same order.

    A fingerprint covers all earlier blocks, so the first pair that differs between two
    prompts is the block that broke the prefix.

    Raises:
        RequestError: a block holds what JSON bytes cannot carry, such as a lone surrogate.
    """
    model = find_model(request["model"]) if isinstance(request.get("model"), str) else find_model("")
    running = sha256(_dump(["prefix", VERSION, model.id, request.get("speed") or "standard"], "model"))
    level, message, digests = "tools", None, []
    for block in blocks:
        if block.level != level:
            if level == "tools":
                running.update(_dump(system_parameters(request), "system"))
            if block.level == "messages":
                running.update(_dump(message_parameters(request, blocks, model), "messages"))
            level = block.level
        if block.message != message:
            running.update(_dump(["message", block.role], block.path))
            message = block.message
        running.update(_dump(_keyed(block), block.path))
        digests.append(running.digest())
    return tuple(digests)


def check_readable(request: Request) -> None:
    """Do nothing if a body has the shape of a Messages request, all through.

    Raises:
        RequestError: it has not; the message starts with the path of what is wrong.
    """
    fingerprints(request, read_blocks(request))


def block_digest(block: Block) -> str:
    """SHA-256 (hex) of one block alone, without its marker."""
    return sha256(_dump(_keyed(block), block.path)).hexdigest()


def system_parameters(request: Request) -> dict[str, Any]:
    """Parameters that the API renders between tools and system."""
    tools = request.get("tools") or ()
    server_tools = sorted(
        {str(tool["type"]).rsplit("_", 1)[0] for tool in tools if str(tool.get("type", "")).startswith("web_")}
    )
    return {"web": server_tools, "citations": _has_citations(request), "format": output_format(request)}


def message_parameters(request: Request, blocks: Sequence[Block], model: Model) -> dict[str, Any]:
    """Parameters that the API renders between system and messages, at their defaults where omitted."""
    choice = tool_choice(request)
    return {
        "tool_choice": {key: value for key, value in choice.items() if key != "disable_parallel_tool_use"},
        "disable_parallel_tool_use": bool(choice.get("disable_parallel_tool_use")),
        "images": has_images(blocks),
        "thinking": thinking(request),
        "effort": effort(request, model),
        "task_budget": (request.get("output_config") or {}).get("task_budget"),
    }


def tool_choice(request: Request) -> Mapping[str, Any]:
    """``tool_choice``; ``auto`` where it is omitted."""
    return request.get("tool_choice") or {"type": "auto"}


def thinking(request: Request) -> Mapping[str, Any]:
    """``thinking``; ``disabled`` where it is omitted."""
    return request.get("thinking") or {"type": "disabled"}


def effort(request: Request, model: Model) -> str:
    """``output_config.effort``; the model's default where it is omitted."""
    return (request.get("output_config") or {}).get("effort") or model.default_effort


def output_format(request: Request) -> Any:
    """The structured-output format, from either of the two places it may stand in."""
    return (request.get("output_config") or {}).get("format") or request.get("output_format")


def has_images(blocks: Sequence[Block]) -> bool:
    """Whether any message block is an image or holds one."""
    return any(
        block.level == "messages"
        and (
            block.content.get("type") == "image"
            or any(isinstance(part, Mapping) and part.get("type") == "image" for part in _parts(block))
        )
        for block in blocks
    )


def _parts(block: Block) -> Sequence[Any]:
    content = block.content.get("content")
    return content if isinstance(content, list) else ()


def _has_citations(request: Request) -> bool:
    for message in request.get("messages") or ():
        content = message.get("content") if isinstance(message, Mapping) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, Mapping) and (block.get("citations") or {}) and block.get("type") == "document":
                return bool(block["citations"].get("enabled"))
    return False


def _keyed(block: Block) -> Any:
    """The block as it enters the key: its rendered fields sorted by name, inner order kept.

    Left out: the marker, empty fields, and ids of tool calls. That ids are not rendered was
    seen for server tools, not for client tools (`explain` says so where it matters).
    """
    content = block.content
    if content.get("type") == "text" and len(content) == 2:
        return [("text", content.get("text"))]
    fields = sorted(item for item in content.items() if _is_rendered(*item))
    if content.get("type") == "tool_result":
        return [(key, _result_parts(value) if key == "content" else value) for key, value in fields]
    return fields


def _is_rendered(key: str, value: Any) -> bool:
    if key in _UNRENDERED or value is None:
        return False
    return not (key == "type" and value in ("text", "custom")) and not (key == "is_error" and not value)


def _result_parts(content: Any) -> Any:
    if isinstance(content, str):
        return [[("text", content)]]
    if not isinstance(content, list):
        return content
    return [
        sorted(item for item in part.items() if _is_rendered(*item)) if isinstance(part, Mapping) else part
        for part in content
    ]


def _dump(value: Any, path: str) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise RequestError(f"{path} cannot be fingerprinted: {error}") from None
