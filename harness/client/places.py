"""The blocks of a request that is not sent yet, and where its breakpoints belong.

Unlike `harness.prompt.reading`, it takes the arguments of the SDK as they are: with the SDK's own objects in them, and
without refusing anything. Blocks are named by their index in wire order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.client.strategies import Target
from harness.prompt.blocks import Block, can_carry_marker

_EMPTY: Mapping[str, Any] = {}
_FIELDS = ("type", "text", "role", "content", "id")
"""What of the SDK's own objects decides about markers."""
_NESTING = ("document", "tool_result")


class Places:
    """The blocks of a request, without deferred tools."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._messages = _items(request, "messages")
        self.blocks = _list_blocks(request, self._messages)

    def marked(self) -> Iterator[tuple[int, Any]]:
        """Yield the blocks that carry a marker, each with it."""
        for index, block in enumerate(self.blocks):
            content = block.content
            if ("cache_control" in content or content.get("type") in _NESTING) and (marker := block.cache_control):
                yield index, marker

    def find(self, target: Target) -> list[int]:
        """Find the blocks of a strategy or path; none where the request has nothing there that can be marked."""
        match target.name:
            case "tools" | "system":
                found = [self._last(target.name)]
            case "conversation":
                found = [self._last("messages", self._previous_end()), self._last("messages")]
            case "automatic":
                found = [self._last(None)]
            case path:
                found = [next((n for n, block in enumerate(self.blocks) if block.path == path), None)]
        return [index for index in found if index is not None and self._can_mark(self.blocks[index])]

    def _last(self, level: str | None, end: int | None = None) -> int | None:
        """Find the last block of a level that can carry a marker, in messages before number ``end``."""
        for index in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[index]
            is_there = level in (None, block.level) and (end is None or (block.message or 0) < end)
            if is_there and self._can_mark(block):
                return index
        return None

    def _can_mark(self, block: Block) -> bool:
        if not can_carry_marker(block) or _is_indirect(block):
            return False
        if block.message is not None and "clear_at" in _view(self._messages[block.message]):
            return False
        use = block.content.get("tool_use_id") if block.type == "tool_result" else None
        return use is None or not any(_is_indirect(one) and one.content.get("id") == use for one in self.blocks)

    def _previous_end(self) -> int:
        """The number of messages that the previous turn sent: those before the last answer.

        A request that ends with an answer continues it, and the previous turn sent what stands before it.
        """
        end = len(self._messages)
        while end and _view(self._messages[end - 1]).get("role") != "assistant":
            end -= 1
        while end and _view(self._messages[end - 1]).get("role") == "assistant":
            end -= 1
        return end


def _list_blocks(request: Mapping[str, Any], messages: Sequence[Any]) -> list[Block]:
    blocks = [
        Block("tools", number, None, None, view)
        for number, tool in enumerate(_items(request, "tools"))
        if not (view := _view(tool)).get("defer_loading")
    ]
    blocks += [
        Block("system", number, None, None, _view(block)) for number, block in enumerate(_items(request, "system"))
    ]
    for message, one in enumerate(messages):
        view = _view(one)
        role = view.get("role")
        for number, block in enumerate(_items(view, "content")):
            blocks.append(Block("messages", number, role, message, _view(block)))
    return blocks


def _items(holder: Mapping[str, Any], key: str) -> Sequence[Any]:
    """The items of a list; a text counts as a list of one."""
    value = holder.get(key)
    if isinstance(value, list | tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def _view(item: Any) -> Mapping[str, Any]:
    """An item as a mapping."""
    if isinstance(item, dict):
        return item
    if isinstance(item, str):
        return {"type": "text", "text": item}
    if isinstance(item, Mapping):
        return item
    if not hasattr(item, "model_dump"):
        return _EMPTY
    return {key: getattr(item, key) for key in _FIELDS if hasattr(item, key)}


def _is_indirect(block: Block) -> bool:
    """Whether a program that the model wrote made the call; the API refuses a marker on it, and on its result."""
    if block.content.get("type") != "tool_use":
        return False
    caller = block.content.get("caller")
    return isinstance(caller, Mapping) and caller.get("type") != "direct"
