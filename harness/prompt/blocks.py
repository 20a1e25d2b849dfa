"""A request as the blocks of its prompt in wire order, with the breakpoints among them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import RequestError
from harness.provider.limits import Ttl
from harness.provider.parameters import Level

Request = Mapping[str, Any]
"""The body of a Messages API request, parsed from JSON."""


OF_MESSAGE = "message."
"""Start of the name of a message's field among the fields of the message's first block."""
_MESSAGE = frozenset({"role", "content"})
_NESTING = ("document", "tool_result")


class Block(NamedTuple):
    """One tool, one ``system`` text block or one content block of a message."""

    level: Level
    number: int
    """Index among the tools, the system blocks, or the blocks of its message."""
    role: str | None
    """Role of its message; ``None`` for tools and system."""
    message: int | None
    """Index of its message; ``None`` for tools and system."""
    content: Mapping[str, Any]
    """The block as sent. A plain string counts as one text block (API reference, ``MessageParam.content``)."""

    @property
    def path(self) -> str:
        """Path of the block in the request: ``tools[1]``, ``system[0]``, ``messages[2].content[0]``."""
        if self.message is None:
            return f"{self.level}[{self.number}]"
        return f"messages[{self.message}].content[{self.number}]"

    @property
    def type(self) -> str:
        """The block's ``type``; ``custom`` for a tool without one."""
        return self.content.get("type") or "custom"

    @property
    def cache_control(self) -> Any:
        """The marker on the block; ``None`` if there is none.

        The API moves a marker on the last nested block of a tool result or document to its parent.
        Source: platform.claude.com release notes, 1 May 2025 (checked 2026-11-23).
        """
        marker = self.content.get("cache_control")
        if marker is not None or self.content.get("type") not in _NESTING:
            return marker
        _, parts = self._nested
        return parts[-1].get("cache_control") if parts and isinstance(parts[-1], dict) else None

    @property
    def nested(self) -> tuple[tuple[str, Any], ...]:
        """The blocks inside a tool result, or inside a document of blocks, each with its path."""
        if self.content.get("type") not in _NESTING:
            return ()
        name, parts = self._nested
        return tuple((f"{self.path}.{name}[{index}]", part) for index, part in enumerate(parts))

    @property
    def _nested(self) -> tuple[str, list[Any]]:
        """Where the block holds blocks, and those; only a source of the type ``content`` has a list."""
        name, holder = "content", self.content
        if self.content["type"] == "document":
            source = self.content.get("source")
            name, holder = "source.content", source if isinstance(source, dict) else {}
        parts = holder.get("content")
        return name, parts if isinstance(parts, list) else []


class Breakpoint(NamedTuple):
    """A block that ends a prefix to read or write."""

    block_index: int
    """Index among the blocks of the request."""
    ttl: Ttl
    is_automatic: bool = False
    """Placed by the API, because of a top-level ``cache_control``."""


def read_blocks(request: Request) -> tuple[Block, ...]:
    """Read all blocks of a request: tools, then system, then messages. Deferred tools are left out.

    The API strips tools with ``defer_loading`` before it computes a prefix.
    Source: platform.claude.com/docs/en/agents-and-tools/tool-use (checked 2026-11-23).

    Raises:
        RequestError: the body does not have the shape of a Messages request.
    """
    blocks = (*_tool_blocks(request), *_system_blocks(request), *_message_blocks(request))
    for block in blocks:
        kind = block.content.get("type")
        if kind is not None and not isinstance(kind, str):
            raise RequestError(f"{block.path}.type is {type(kind).__name__}, expected a string")
        content = block.content.get("content") if kind == "tool_result" else None
        if content is not None and not isinstance(content, str | list):
            raise RequestError(f"{block.path}.content is {type(content).__name__}, expected a string or a list")
    return blocks


def find_breakpoints(request: Request, blocks: Sequence[Block]) -> tuple[Breakpoint, ...]:
    """Find the breakpoints of a request, in wire order, the automatic one last."""
    marked = tuple(
        Breakpoint(index, marker_ttl(marker)) for index, block in enumerate(blocks) if (marker := block.cache_control)
    )
    automatic = request.get("cache_control")
    if not automatic:
        return marked
    target = automatic_target(blocks)
    if target is None or any(breakpoint.block_index == target for breakpoint in marked):
        return marked
    return (*marked, Breakpoint(target, marker_ttl(automatic), is_automatic=True))


def automatic_target(blocks: Sequence[Block]) -> int | None:
    """Find the index of the block that a top-level ``cache_control`` marks: the last one that can be marked."""
    for index in range(len(blocks) - 1, -1, -1):
        if can_carry_marker(blocks[index]):
            return index
    return None


def can_carry_marker(block: Block) -> bool:
    """Whether the API accepts ``cache_control`` on the block.

    Source: platform.claude.com/docs/en/build-with-claude/prompt-caching (checked 2026-11-23).
    """
    if block.type in ("thinking", "redacted_thinking"):
        return False
    return not (block.type == "text" and not block.content.get("text"))


def marker_ttl(marker: Any) -> Ttl:
    """Read the TTL from a ``cache_control``; 5 minutes if it names none."""
    return "1h" if isinstance(marker, dict) and marker.get("ttl") == "1h" else "5m"


def _tool_blocks(request: Request) -> list[Block]:
    tools = _list(request, "tools")
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise RequestError(f"tools[{index}] is {type(tool).__name__}, expected an object")
    return [
        Block("tools", index, None, None, tool) for index, tool in enumerate(tools) if not tool.get("defer_loading")
    ]


def _system_blocks(request: Request) -> list[Block]:
    system = request.get("system") or []
    if isinstance(system, str):
        return [Block("system", 0, None, None, _as_block(system))]
    if not isinstance(system, list):
        raise RequestError(f"system is {type(system).__name__}, expected a string or a list of text blocks")
    for index, block in enumerate(system):
        if not isinstance(block, dict):
            raise RequestError(f"system[{index}] is {type(block).__name__}, expected an object")
    return [Block("system", index, None, None, block) for index, block in enumerate(system)]


def _message_blocks(request: Request) -> list[Block]:
    if request.get("messages") is None:
        raise RequestError("messages is missing, expected a list of messages")
    blocks: list[Block] = []
    for number, message in enumerate(_list(request, "messages")):
        if not isinstance(message, dict) or "content" not in message:
            raise RequestError(f"messages[{number}] is not a message, expected role and content")
        role, content = message.get("role"), message["content"]
        if not isinstance(role, str):
            raise RequestError(f"messages[{number}].role is {type(role).__name__}, expected a string")
        fields = _message_fields(message)
        if not isinstance(content, str | list):
            raise RequestError(f"messages[{number}].content is {type(content).__name__}, expected a string or a list")
        for index, block in enumerate([content] if isinstance(content, str) else content):
            if not isinstance(block, str | dict):
                path = f"messages[{number}].content[{index}]"
                raise RequestError(f"{path} is {type(block).__name__}, expected an object")
            whole = _as_block(block)
            blocks.append(
                Block("messages", index, role, number, {**whole, **fields} if fields and not index else whole)
            )
    return blocks


def _message_fields(message: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a message besides its role and blocks; they count as fields of its first block."""
    if len(message) == len(_MESSAGE):
        return {}
    return {
        f"{OF_MESSAGE}{key}": value
        for key, value in message.items()
        if key not in _MESSAGE and key != "cache_control" and value is not None
    }


def _as_block(content: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "text", "text": content} if isinstance(content, str) else content


def _list(request: Request, key: str) -> list[Any]:
    value = request.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RequestError(f"{key} is {type(value).__name__}, expected a list")
    return value
