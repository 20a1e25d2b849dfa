"""The blocks of a request that reach the model, and their lookback positions."""

from collections.abc import Sequence

from harness.prompt.blocks import Block, Request
from harness.prompt.parameters import thinking_type
from harness.provider.models import Model
from harness.provider.parameters import UNKNOWN_DEFAULT

_RUNS = ("tool_use", "tool_result")
_THINKING = ("thinking", "redacted_thinking")


def rendered_blocks(request: Request, blocks: Sequence[Block], model: Model) -> tuple[Block, ...]:
    """Return the blocks that reach the model, without the thinking that the API strips.

    Models that do not keep all thinking strip it from earlier turns once a user message holds
    more than tool results. Every model strips it if thinking is disabled, which leaving the
    parameter out means on some models; where it is not known, it is taken for that.
    Source: platform.claude.com/docs/en/build-with-claude/extended-thinking (checked 2026-11-23);
    recorded calls, for thinking that is left out.
    """
    if not any(block.type in _THINKING for block in blocks):
        return tuple(blocks)
    if thinking_type(request, model) in ("disabled", UNKNOWN_DEFAULT):
        kept_from = len(request["messages"])
    elif model.keeps_all_thinking:
        return tuple(blocks)
    else:
        kept_from = max(
            (block.message or 0 for block in blocks if block.role == "user" and block.type != "tool_result"),
            default=0,
        )
    return tuple(block for block in blocks if block.type not in _THINKING or (block.message or 0) >= kept_from)


def lookback_positions(blocks: Sequence[Block]) -> tuple[int, ...]:
    """Number the lookback position of each block; consecutive tool_use (or tool_result) blocks of a message share one.

    Source: platform.claude.com/docs/en/build-with-claude/prompt-caching (checked 2026-11-23).
    """
    positions: list[int] = []
    previous: Block | None = None
    for block in blocks:
        joins = (
            previous is not None
            and block.type in _RUNS
            and block.type == previous.type
            and block.message == previous.message
        )
        positions.append(positions[-1] + (not joins) if positions else 0)
        previous = block
    return tuple(positions)
