"""The blocks of a request that is not sent yet, and where its breakpoints belong.

Unlike `harness.prompt.reading`, it takes the arguments of the SDK as they are: with the SDK's own objects in them, and
without refusing anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.client.strategies import Target
from harness.prompt.blocks import Block, can_carry_marker

_EMPTY: Mapping[str, Any] = {}
_FIELDS = ("type", "text", "role", "content", "id")
"""What of the SDK's own objects decides about markers."""


class Places(NamedTuple):
    """The blocks of a request in wire order, without deferred tools."""

    blocks: tuple[Block, ...]
    refused: frozenset[str]
    """Paths of blocks that cannot carry a marker."""

    def last(self, end: int | None = None, *, level: str = "messages") -> Block | None:
        """Find the last block of a level that can carry a marker, in messages before number ``end``."""
        found = (
            block
            for block in reversed(self.blocks)
            if block.level == level and block.path not in self.refused and (end is None or (block.message or 0) < end)
        )
        return next(found, None)


def find_places(request: Mapping[str, Any]) -> Places:
    """List the blocks of a request, given as arguments of the SDK."""
    blocks = (*_tools(request), *_system(request), *_messages(request))
    indirect = {block.content.get("id") for block in blocks if _is_indirect(block)}
    scoped = {number for number, message in enumerate(_items(request, "messages")) if "clear_at" in _view(message)}
    refused = (
        block.path
        for block in blocks
        if not can_carry_marker(block)
        or block.message in scoped
        or _is_indirect(block)
        or (block.type == "tool_result" and block.content.get("tool_use_id") in indirect)
    )
    return Places(blocks, frozenset(refused))


def find_targets(places: Places, target: Target, request: Mapping[str, Any]) -> list[Block]:
    """Find the blocks that a strategy or path names; none where the request has nothing there that can be marked."""
    if target.name in ("tools", "system"):
        found = [places.last(level=target.name)]
    elif target.name == "conversation":
        found = [places.last(_previous_end(request)), places.last()]
    elif target.name == "automatic":
        found = [next((one for one in reversed(places.blocks) if one.path not in places.refused), None)]
    else:
        found = [next((one for one in places.blocks if one.path == target.name), None)]
    return [block for block in found if block is not None and block.path not in places.refused]


def _previous_end(request: Mapping[str, Any]) -> int:
    """The number of messages that the previous turn sent: those before the last answer.

    A request that ends with an answer continues it, and the previous turn sent what stands before it.
    """
    is_answer = [_view(message).get("role") == "assistant" for message in _items(request, "messages")]
    end = len(is_answer)
    while end and not is_answer[end - 1]:
        end -= 1
    while end and is_answer[end - 1]:
        end -= 1
    return end


def _tools(request: Mapping[str, Any]) -> Iterator[Block]:
    for number, tool in enumerate(_items(request, "tools")):
        view = _view(tool)
        if not view.get("defer_loading"):
            yield Block("tools", number, None, None, view)


def _system(request: Mapping[str, Any]) -> Iterator[Block]:
    for number, block in enumerate(_items(request, "system")):
        yield Block("system", number, None, None, _view(block))


def _messages(request: Mapping[str, Any]) -> Iterator[Block]:
    for message, one in enumerate(_items(request, "messages")):
        view = _view(one)
        role = view.get("role")
        for number, block in enumerate(_items(view, "content")):
            yield Block("messages", number, role, message, _view(block))


def _items(holder: Mapping[str, Any], key: str) -> Sequence[Any]:
    """The items of a list; a text counts as a list of one."""
    value = holder.get(key)
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, list | tuple) else ()


def _view(item: Any) -> Mapping[str, Any]:
    """An item as a mapping."""
    if isinstance(item, Mapping):
        return item
    if isinstance(item, str):
        return {"type": "text", "text": item}
    if not hasattr(item, "model_dump"):
        return _EMPTY
    return {key: getattr(item, key) for key in _FIELDS if hasattr(item, key)}


def _is_indirect(block: Block) -> bool:
    """Whether a program that the model wrote made the call; the API refuses a marker on it, and on its result."""
    caller = block.content.get("caller")
    return block.type == "tool_use" and isinstance(caller, Mapping) and caller.get("type") != "direct"
