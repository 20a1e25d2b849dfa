"""A request made ready for the prompt cache: what is rendered, its fingerprints, tokens and breakpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block, Breakpoint, Request, find_breakpoints, read_blocks
from harness.prompt.fingerprint import fingerprints, thinking
from harness.prompt.tokens import Count, CountText, count_request
from harness.provider.models import Model, Ttl, find_model

_RUNS = ("tool_use", "tool_result")


class Rung(NamedTuple):
    """A breakpoint that takes part: where, what it is the prefix of, and how long that is."""

    block_index: int
    fingerprint: bytes
    ttl: Ttl
    tokens: int
    is_automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRequest:
    """One request as the prompt cache sees it. All tuples run over ``blocks``, but for ``breakpoints``."""

    model: Model
    blocks: tuple[Block, ...]
    fingerprints: tuple[bytes, ...]
    positions: tuple[int, ...]
    """For the lookback: a run of tool_use or tool_result blocks shares one position."""
    count: Count
    breakpoints: tuple[Breakpoint, ...]
    rungs: tuple[Rung, ...]
    """The breakpoints whose prefix reaches the model's minimum; the others neither read nor write."""


def prepare(request: Request, count_text: CountText, assumptions: Assumptions = DEFAULT) -> PreparedRequest:
    """Read, fingerprint and count a request.

    Raises:
        RequestError: the body does not have the shape of a Messages request.
    """
    name = request.get("model")
    model = find_model(name if isinstance(name, str) else "")
    blocks = rendered_blocks(request, read_blocks(request), model)
    prints = fingerprints(request, blocks, assumptions)
    count = count_request(request, blocks, count_text)
    breakpoints = find_breakpoints(request, blocks)
    return PreparedRequest(
        model=model,
        blocks=blocks,
        fingerprints=prints,
        positions=lookback_positions(blocks),
        count=count,
        breakpoints=breakpoints,
        rungs=tuple(
            Rung(
                point.block_index,
                prints[point.block_index],
                point.ttl,
                count.prefixes[point.block_index],
                point.is_automatic,
            )
            for point in breakpoints
            if count.prefixes[point.block_index] >= model.min_cacheable_tokens
        ),
    )


def rendered_blocks(request: Request, blocks: Sequence[Block], model: Model) -> tuple[Block, ...]:
    """The blocks that reach the model: thinking that the API strips is left out.

    Thinking of earlier turns is stripped by models that do not keep it all, once a user
    message holds more than tool results; and by every model where thinking is disabled.
    Source: platform.claude.com/docs/en/build-with-claude/extended-thinking (checked 2026-11-23).
    """
    if not any(block.type in ("thinking", "redacted_thinking") for block in blocks):
        return tuple(blocks)
    if thinking(request).get("type") == "disabled":
        kept_from = len(request["messages"])
    elif model.keeps_all_thinking:
        return tuple(blocks)
    else:
        kept_from = max(
            (block.message or 0 for block in blocks if block.role == "user" and block.type != "tool_result"),
            default=0,
        )
    return tuple(
        block
        for block in blocks
        if block.type not in ("thinking", "redacted_thinking") or (block.message or 0) >= kept_from
    )


def lookback_positions(blocks: Sequence[Block]) -> tuple[int, ...]:
    """The lookback position of each block: consecutive tool_use, or tool_result, blocks of a message are one.

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
