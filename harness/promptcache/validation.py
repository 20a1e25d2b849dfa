"""What the API refuses about a request and its breakpoints, in its own words.

Source of the rules: platform.claude.com/docs/en/build-with-claude/prompt-caching (checked
2026-11-23). The texts are those that users quote in public issues, where there are any.
"""

from collections.abc import Sequence
from typing import NamedTuple

from harness.prompt.blocks import Block, Breakpoint, Request, automatic_target, find_breakpoints, marker_ttl
from harness.provider.rules import MAX_BREAKPOINTS


class ApiError(NamedTuple):
    """An error as the API answers it."""

    status: int
    type: str
    message: str


def check_request(request: Request, blocks: Sequence[Block], *, needs_max_tokens: bool = False) -> ApiError | None:
    """The error that the API would answer to a body of the wrong shape or with wrong breakpoints."""
    if not isinstance(request.get("model"), str):
        return ApiError(400, "invalid_request_error", "model: Field required")
    maximum = request.get("max_tokens")
    if needs_max_tokens and (not isinstance(maximum, int) or isinstance(maximum, bool)):
        return ApiError(400, "invalid_request_error", "max_tokens: Field required")
    if not request.get("messages"):
        return ApiError(400, "invalid_request_error", "messages: at least one message is required")
    return check_breakpoints(request, blocks)


def check_breakpoints(request: Request, blocks: Sequence[Block]) -> ApiError | None:
    """The error that the API would answer to the breakpoints of a request; ``None`` if it accepts them."""
    points = find_breakpoints(request, blocks)
    message = (
        _check_targets(blocks)
        or _check_automatic(request, blocks)
        or _check_number(points)
        or _check_order(points, blocks)
    )
    return ApiError(400, "invalid_request_error", message) if message else None


def _check_targets(blocks: Sequence[Block]) -> str | None:
    for block in blocks:
        if not block.cache_control:
            continue
        path = block.path.replace("[", ".").replace("]", "")
        if block.type in ("thinking", "redacted_thinking"):
            return f"{path}.{block.type}.cache_control: Extra inputs are not permitted"
        if block.type == "text" and not block.content.get("text"):
            suffix = ".text" if block.level == "messages" else ""
            return f"{path}{suffix}: cache_control cannot be set for empty text blocks"
    return None


def _check_automatic(request: Request, blocks: Sequence[Block]) -> str | None:
    automatic = request.get("cache_control")
    target = automatic_target(blocks) if automatic else None
    if target is None:
        return None
    marker = blocks[target].cache_control
    if marker and marker_ttl(marker) != marker_ttl(automatic):
        return (
            f"Top-level cache_control has ttl='{marker_ttl(automatic)}' "
            f"but the target block already has cache_control with ttl='{marker_ttl(marker)}'"
        )
    return None


def _check_number(points: Sequence[Breakpoint]) -> str | None:
    if len(points) <= MAX_BREAKPOINTS:
        return None
    return f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {len(points)}."


def _check_order(points: Sequence[Breakpoint], blocks: Sequence[Block]) -> str | None:
    has_5m = False
    for point in points:
        if point.ttl == "5m":
            has_5m = True
        elif has_5m:
            path = blocks[point.block_index].path.replace("[", ".").replace("]", "")
            return (
                f"{path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: "
                "`tools`, `system`, `messages`."
            )
    return None
