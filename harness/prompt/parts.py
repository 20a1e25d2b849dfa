"""All parts of a prompt, parameters and blocks alike, in the order in which they are compared."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block
from harness.prompt.fingerprint import block_digest
from harness.prompt.parameters import Value
from harness.prompt.text import dump
from harness.provider.parameters import LEVELS, UNKNOWN_DEFAULT, Level, Parameter


class Part(NamedTuple):
    """One rendered part of a prompt: a parameter or a block."""

    path: str
    """Path of the block (``system[0]``) or the parameter (``tool_choice``)."""
    key: str
    """Equal for two parts that the prompt cache cannot tell apart."""
    level: Level
    """The first level that is lost when the part changes."""
    block: Block | None = None
    """``None`` for a parameter."""
    value: Any = None
    """Value of a parameter."""
    row: Parameter | None = None
    """Row of a parameter in the table of all parameters."""

    @property
    def is_unclear(self) -> bool:
        """Whether it is unknown if or where the part is rendered."""
        return self.row is not None and (self.row.kind == "unclear" or self.row.may_matter)

    @property
    def is_unknown_default(self) -> bool:
        """Whether the parameter is left out, and it is not known what that means."""
        return self.row is not None and self.row.is_object and bool(self.value == UNKNOWN_DEFAULT)


def list_parts(
    blocks: Sequence[Block], parameters: Sequence[Value], *, model_name: Any, assumptions: Assumptions = DEFAULT
) -> tuple[Part, ...]:
    """List all parts of a prompt, level by level: parameters, then blocks. ``model_name`` is the requested one."""
    return tuple(
        part
        for level in LEVELS
        for part in (
            *_parameter_parts(parameters, level, model_name),
            *_block_parts(blocks, level, assumptions),
        )
    )


def _parameter_parts(parameters: Sequence[Value], level: Level, model_name: Any) -> Iterator[Part]:
    for row, value, _ in parameters:
        if (row.level or "tools") == level:
            shown = model_name if row.name == "model" else value
            yield Part(row.shown_as, dump(value), level, value=shown, row=row)


def _block_parts(blocks: Sequence[Block], level: Level, assumptions: Assumptions) -> Iterator[Part]:
    message = None
    for block in blocks:
        if block.level == level:
            # The first block of a message includes the border in front of the message.
            border = f"{block.role}:" if block.message != message else ""
            message = block.message
            yield Part(block.path, border + block_digest(block, assumptions), level, block)
