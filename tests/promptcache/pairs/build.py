"""Small parts to build requests from, and the row of a pair."""

from __future__ import annotations

import base64
import struct
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

# About 4,000 tokens in any tokenizer: above the minimum of every model in use here but 4096.
STATIC = "".join(
    f"Rule {number}: weigh evidence of skill {number} before you weigh the title of the post, and quote the resume.\n"
    for number in range(1, 181)
)
OTHER = STATIC.replace("weigh evidence", "look for evidence")
SONNET = "claude-sonnet-4-6"
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def text(value: str, mark: Any = None) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": value}
    return {**block, "cache_control": mark} if mark else block


def tool(name: str, mark: Any = None, description: str = "Looks a thing up.", **extra: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string"}}}
    block = {"name": name, "description": description, "input_schema": schema, **extra}
    return {**block, "cache_control": mark} if mark else block


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content[0] if content and isinstance(content[0], str) else list(content)}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content[0] if isinstance(content[0], str) else list(content)}


def image(width: int = 200, height: int = 100) -> dict[str, Any]:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(header).decode()},
    }


def use(number: int, name: str = "a", **arguments: Any) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": f"toolu_{number}",
        "name": name,
        "input": arguments or {"city": "Oslo", "unit": "C"},
    }


def result(number: int, value: str = "4 C", mark: Any = None) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": value}
    return {**block, "cache_control": mark} if mark else block


def thought(value: str = "Let me think.") -> dict[str, Any]:
    return {"type": "thinking", "thinking": value, "signature": "c2ln"}


def request(**parts: Any) -> dict[str, Any]:
    body = {"model": SONNET, "max_tokens": 4000, "messages": [user("Go on.")], **parts}
    return {key: value for key, value in body.items() if value is not None}


def system(value: str = STATIC, mark: Any = MARK, **parts: Any) -> dict[str, Any]:
    """A request with one marked system block."""
    return request(system=[text(value, mark)], **parts)


def full(**parts: Any) -> dict[str, Any]:
    """A request with a breakpoint on each level."""
    return request(
        **{
            "tools": [tool("a"), tool("b", MARK, description=STATIC)],
            "system": [text(STATIC, MARK)],
            "messages": [user(text("First question.", MARK))],
            **parts,
        }
    )


def edited(body: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {key: value for key, value in {**deepcopy(body), **parts}.items() if value is not None}


def chat(
    turns: int, *, mark: Any = MARK, first: str = STATIC, edit: tuple[int, str] | None = None
) -> list[dict[str, Any]]:
    """A conversation of one-block messages, user and assistant in turn; the last one carries the marker."""
    texts = [first, *(f"Turn {number}." for number in range(1, turns))]
    if edit:
        texts[edit[0]] = edit[1]
    roles = ["user", "assistant"]
    blocks = [text(value, mark if number == turns - 1 else None) for number, value in enumerate(texts)]
    return [{"role": roles[number % 2], "content": [block]} for number, block in enumerate(blocks)]


def padded(count: int, mark: Any = MARK) -> list[dict[str, Any]]:
    """One user message of ``count`` text blocks, the last one marked."""
    blocks = [text(STATIC), *(text(f"Part {number}. ") for number in range(1, count))]
    if mark:
        blocks[-1] = {**blocks[-1], "cache_control": mark}
    return [user(*blocks)]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The expected result if ``after`` is sent ``gap`` seconds after ``before``."""

    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    verdict: str
    cause: str | None = None
    path: str | None = None
    offset: int | None = None
    gap: float = 30
    levels: tuple[str, str, str] | None = None
    changes: tuple[str, ...] | None = None
    """The notes about the change."""


def _accepted(pair: Pair) -> Pair:
    """Give a pair that ends in an answer the last model that accepts one."""
    if "assistant" not in (pair.before["messages"][-1]["role"], pair.after["messages"][-1]["role"]):
        return pair
    return replace(pair, before={**pair.before, "model": OLD}, after={**pair.after, "model": OLD})


def hit(name: str, before: dict[str, Any], after: dict[str, Any], **more: Any) -> Pair:
    return _accepted(Pair(name=name, before=before, after=after, verdict="hit", **more))


def miss(name: str, before: dict[str, Any], after: dict[str, Any], cause: str, path: str, **more: Any) -> Pair:
    return _accepted(Pair(name=name, before=before, after=after, verdict="miss", cause=cause, path=path, **more))


def partial(name: str, before: dict[str, Any], after: dict[str, Any], cause: str, path: str, **more: Any) -> Pair:
    return _accepted(Pair(name=name, before=before, after=after, verdict="partial", cause=cause, path=path, **more))


def never(name: str, before: dict[str, Any], after: dict[str, Any], cause: str, path: str, **more: Any) -> Pair:
    return Pair(name=name, before=before, after=after, verdict="never_cached", cause=cause, path=path, **more)


def rejected(name: str, before: dict[str, Any], after: dict[str, Any], cause: str, path: str, **more: Any) -> Pair:
    return Pair(name=name, before=before, after=after, verdict="rejected", cause=cause, path=path, **more)


TOOLS = [tool("a"), tool("b"), tool("c")]
TOOL_CHAT = [user("Weather in Oslo?"), assistant(use(1)), user(result(1, STATIC, MARK))]
THINKING = {"type": "enabled", "budget_tokens": 2000}
MCP = {"type": "url", "name": "search", "url": "https://mcp.example.com"}
SKILLS = [{"type": "anthropic", "skill_id": "xlsx", "version": "20251013"}, {"type": "custom", "skill_id": "skill_1"}]
OLD = "claude-sonnet-4-5"
THOUGHT_CHAT = [user("Weather?"), assistant(thought(), use(1)), user(result(1, STATIC, MARK))]
MINIMUM_1024 = "claude-sonnet-4-6"


def sized(tokens: int) -> str:
    """Write a system prompt whose prefix has ``tokens`` tokens on `MINIMUM_1024`; see the test of this module."""
    return "a" + " a" * (tokens - 3)


def marked_blocks(count: int) -> dict[str, Any]:
    return request(system=[text(f"{STATIC} Part {number}.", MARK) for number in range(count)])
