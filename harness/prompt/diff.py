"""The first place where two requests part, in the order in which the prompt cache reads them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block, Level, Request, read_blocks
from harness.prompt.fingerprint import block_digest, message_parameters, system_parameters
from harness.provider.models import find_model

_CONTEXT = 24

_PATHS = {
    "citations": "citations",
    "disable_parallel_tool_use": "tool_choice",
    "effort": "output_config.effort",
    "format": "output_config.format",
    "images": "images",
    "task_budget": "output_config.task_budget",
    "thinking": "thinking",
    "tool_choice": "tool_choice",
    "web": "tools",
}


class Part(NamedTuple):
    """One thing that is rendered into the prompt: a parameter or a block."""

    path: str
    """Of the block (``system[0]``) or the parameter (``tool_choice``)."""
    key: str
    """Equal for two parts that the prompt cache cannot tell apart."""
    level: Level
    """The first level that is lost when the part changes."""
    block: Block | None = None
    """``None`` for a parameter."""
    value: Any = None
    """Of a parameter."""


class Divergence(NamedTuple):
    """Where two requests part: ``before`` or ``after`` is ``None`` where one has nothing there."""

    before: Part | None
    after: Part | None

    @property
    def path(self) -> str:
        """Of the part in the second request; of the first, where the second has none."""
        part = self.after or self.before
        assert part is not None
        return part.path

    @property
    def offset(self) -> int | None:
        """The first differing character of two blocks' texts; ``None`` for parameters and lone blocks."""
        if self.before is None or self.after is None or not self.before.block or not self.after.block:
            return None
        return first_difference(block_text(self.before.block), block_text(self.after.block))

    def excerpts(self) -> tuple[str, str]:
        """Both sides around the place, shortened alike; they differ."""
        old, new = (part.block if part else None for part in (self.before, self.after))
        if old is None or new is None or self.offset is None:
            return _show(self.before), _show(self.after)
        if block_text(old) == block_text(new):
            return f"role {old.role}", f"role {new.role}"
        start = max(0, self.offset - _CONTEXT)
        return _cut(block_text(old), start, self.offset), _cut(block_text(new), start, self.offset)


def read_parts(request: Request, blocks: Sequence[Block], assumptions: Assumptions = DEFAULT) -> tuple[Part, ...]:
    """Everything that is rendered into the prompt, in the order in which the prompt cache reads it."""
    return tuple(_parts(request, blocks, assumptions))


def find_divergence(before: Request, after: Request) -> Divergence | None:
    """The first difference between two requests that the prompt cache sees; ``None`` if there is none.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    return first_divergence(read_parts(before, read_blocks(before)), read_parts(after, read_blocks(after)))


def first_divergence(old: Sequence[Part], new: Sequence[Part]) -> Divergence | None:
    """The first pair of parts that differ, level by level."""
    for level in ("tools", "system", "messages"):
        pairs = zip_longest(_of_level(old, level), _of_level(new, level))
        for before, after in pairs:
            if before is None or after is None or before.key != after.key:
                return Divergence(before, after)
    return None


def block_text(block: Block) -> str:
    """What an offset into a block counts in: its text, or its JSON without the marker."""
    text = block.content.get("text")
    if block.type == "text" and isinstance(text, str):
        return text
    return _json({key: value for key, value in block.content.items() if key != "cache_control"})


def first_difference(before: str, after: str) -> int:
    """Index of the first character that differs; the length of the shorter text if it is a prefix."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        if before[:middle] == after[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _parts(request: Request, blocks: Sequence[Block], assumptions: Assumptions) -> Iterator[Part]:
    model = find_model(str(request.get("model")))
    yield Part("model", model.id, "tools", value=request.get("model"))
    speed = request.get("speed") or "standard"
    yield Part("speed", speed, "tools", value=speed)
    yield from _block_parts(blocks, "tools", assumptions)
    yield from _parameter_parts(system_parameters(request, blocks), "system")
    yield from _block_parts(blocks, "system", assumptions)
    yield from _parameter_parts(message_parameters(request, blocks, model), "messages")
    yield from _block_parts(blocks, "messages", assumptions)


def _block_parts(blocks: Sequence[Block], level: Level, assumptions: Assumptions) -> Iterator[Part]:
    message = None
    for block in blocks:
        if block.level == level:
            # The first block of a message carries the border in front of it.
            border = f"{block.role}:" if block.message != message else ""
            message = block.message
            yield Part(block.path, border + block_digest(block, assumptions), level, block)


def _parameter_parts(values: Mapping[str, Any], level: Level) -> Iterator[Part]:
    for name, value in values.items():
        yield Part(_PATHS[name], _json(value), level, value=value)


def _of_level(parts: Sequence[Part], level: str) -> list[Part]:
    return [part for part in parts if part.level == level]


def _show(part: Part | None) -> str:
    if part is None:
        return ""
    return _json(part.value) if part.block is None else _cut(block_text(part.block), 0, 0)


def _cut(text: str, start: int, offset: int) -> str:
    end = offset + _CONTEXT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)
