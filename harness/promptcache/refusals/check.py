"""The errors with which the API refuses a request or its breakpoints, in the API's words.

Source of the rules: platform.claude.com/docs/en/build-with-claude/prompt-caching (checked
2026-11-23). The texts are those that users quote in public issues; if none is public, ours
starts with `UNCONFIRMED`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block, Breakpoint, Request, automatic_target, find_breakpoints, marker_ttl
from harness.prompt.parameters import output_format, tool_choice
from harness.prompt.reading import Prompt, read
from harness.prompt.tokens import CountText
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, dotted, invalid
from harness.promptcache.refusals.by_model import model_faults
from harness.promptcache.refusals.structure import check_structure
from harness.provider.limits import MAX_BREAKPOINTS

_MIN_THINKING_BUDGET = 1024
_SEE = (
    "Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
)


def check_request(prompt: Prompt, *, needs_max_tokens: bool = False, is_count: bool = False) -> ApiError | None:
    """Return the error that the API would answer to a request; ``None`` if the API accepts it.

    ``is_count`` says that the request only asks for its tokens.
    """
    if prompt.is_restored:
        return None
    return next(_faults(prompt, needs_max_tokens=needs_max_tokens, is_count=is_count), None)


def read_whole(request: Request, count_text: CountText | None = None, *, assumptions: Assumptions = DEFAULT) -> Prompt:
    """Read a request, and check that all of it can be fingerprinted, unless the API refuses it.

    Raises:
        RequestError: the request cannot be read or fingerprinted; the message starts with the path.
        CannotTellError: the body belongs to another API.
    """
    prompt = read(request, count_text, assumptions=assumptions)
    if not prompt.has_fingerprints and check_request(prompt) is None:
        # Raises what is in the way.
        _ = prompt.fingerprints
    return prompt


def _faults(prompt: Prompt, *, needs_max_tokens: bool, is_count: bool) -> Iterator[ApiError]:
    request, blocks = prompt.request, prompt.sent_blocks
    yield from check_structure(request, prompt.model, needs_max_tokens=needs_max_tokens)
    if prompt.unreadable is not None:
        # Its message starts with the path.
        message = prompt.unreadable.message
        yield invalid(f"{UNCONFIRMED}{message}", path=message.partition(" ")[0])
    yield from _parameter_faults(request)
    points = find_breakpoints(request, blocks)
    yield from _deferred_faults(request)
    yield from _target_faults(request, blocks)
    yield from _automatic_faults(request, blocks)
    yield from _number_faults(points, blocks)
    yield from _order_faults(points, blocks)
    yield from model_faults(prompt, is_count=is_count)


def _parameter_faults(request: Request) -> Iterator[ApiError]:
    thinking, maximum = request.get("thinking") or {}, request.get("max_tokens")
    budget, is_enabled = thinking.get("budget_tokens"), thinking.get("type") == "enabled"
    if is_enabled and isinstance(budget, int):
        if budget < _MIN_THINKING_BUDGET:
            yield invalid(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024", path="thinking"
            )
        if isinstance(maximum, int) and 0 < maximum <= budget:
            # A recorded answer.
            yield invalid(f"`max_tokens` must be greater than `thinking.budget_tokens`. {_SEE}", path="thinking")
    if maximum == 0 and not isinstance(maximum, bool):
        conflicts = {
            "stream": bool(request.get("stream")),
            "thinking": is_enabled,
            "output_config.format": bool(output_format(request)),
            "tool_choice": tool_choice(request).get("type") in ("any", "tool"),
        }
        for path, is_set in conflicts.items():
            if is_set:
                yield invalid(f"{UNCONFIRMED}max_tokens: 0 cannot be combined with {path}", path=path)


def _deferred_faults(request: Request) -> Iterator[ApiError]:
    tools = request.get("tools") or ()
    for index, tool in enumerate(tools):
        if tool.get("defer_loading") and tool.get("cache_control") is not None:
            path = f"tools[{index}]"
            yield invalid("Tools with defer_loading cannot use prompt caching", "deferred_marked", path)
    if tools and all(tool.get("defer_loading") is True for tool in tools):
        # Source: platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool (checked 2026-11-26)
        yield invalid("At least one tool must have defer_loading=false. All tools cannot be deferred.", path="tools")


def _target_faults(request: Request, blocks: Sequence[Block]) -> Iterator[ApiError]:
    yield from _marker_faults(request.get("cache_control"), "cache_control", "cache_control")
    for block in blocks:
        path = dotted(block.path)
        marker = block.content.get("cache_control")
        yield from _marker_faults(marker, f"{path}{_kind_of(block)}.cache_control", block.path)
        if marker and block.type in ("thinking", "redacted_thinking"):
            yield invalid(f"{path}.{block.type}.cache_control: Extra inputs are not permitted", path=block.path)
        if marker and block.type == "text" and not block.content.get("text"):
            suffix = ".text" if block.level == "messages" else ""
            yield invalid(f"{path}{suffix}: cache_control cannot be set for empty text blocks", path=block.path)
        yield from _nested_faults(block)


def _kind_of(block: Block) -> str:
    """What the API adds to the path of a tool or of a block of a message: its type."""
    return "" if block.level == "system" else f".{block.type}"


def _marker_faults(marker: Any, place: str, path: str) -> Iterator[ApiError]:
    """Yield what is wrong with a marker; ``place`` is its path as the API writes it, ``path`` that of its block."""
    if marker is None:
        return
    if not isinstance(marker, dict):
        # Source: answers of August 2026 about the top-level parameter, see `structure.parameters`.
        yield invalid(f"{place}: Input should be an object", path=path)
    elif marker.get("type") is None:
        # Source: github.com search for "cache_control.type: Field required" (checked 2026-11-26)
        yield invalid(f"{place}.type: Field required", path=path)
    elif marker["type"] != "ephemeral":
        # Source: github.com search for "cache_control: Input tag" (checked 2026-11-26)
        tag = f"Input tag '{marker['type']}' found using 'type' does not match any of the expected tags: 'ephemeral'"
        yield invalid(f"{place}: {tag}", path=path, is_quoting=True)
    elif marker.get("ttl") not in (None, "5m", "1h"):
        # Source: github.com search for "cache_control.ephemeral.ttl: Input should be" (checked 2026-11-26)
        yield invalid(f"{place}.ephemeral.ttl: Input should be '5m' or '1h'", path=path)


def _nested_faults(block: Block) -> Iterator[ApiError]:
    for index, (path, part) in enumerate(block.nested, start=1):
        marker = part.get("cache_control") if isinstance(part, dict) else None
        place = f"{dotted(path)}.cache_control"
        if marker is not None and index < len(block.nested):
            yield invalid(f"{UNCONFIRMED}{place}: only the last nested block can carry it", path=path)
        yield from _marker_faults(marker, place, path)


def _automatic_faults(request: Request, blocks: Sequence[Block]) -> Iterator[ApiError]:
    automatic = request.get("cache_control")
    target = automatic_target(blocks) if automatic else None
    if target is None:
        return
    marker = blocks[target].cache_control
    if marker and marker_ttl(marker) != marker_ttl(automatic):
        yield invalid(
            f"Top-level cache_control has ttl='{marker_ttl(automatic)}' "
            f"but the target block already has cache_control with ttl='{marker_ttl(marker)}'",
            "ttl_conflict",
            "cache_control",
        )


def _number_faults(points: Sequence[Breakpoint], blocks: Sequence[Block]) -> Iterator[ApiError]:
    if len(points) > MAX_BREAKPOINTS:
        message = f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {len(points)}."
        excess = points[MAX_BREAKPOINTS]
        path = "cache_control" if excess.is_automatic else blocks[excess.block_index].path
        yield invalid(message, "too_many_breakpoints", path)


def _order_faults(points: Sequence[Breakpoint], blocks: Sequence[Block]) -> Iterator[ApiError]:
    has_5m = False
    for point in points:
        if point.ttl == "5m":
            has_5m = True
        elif has_5m:
            path = "cache_control.ttl" if point.is_automatic else f"{blocks[point.block_index].path}.cache_control.ttl"
            message = (
                f"{dotted(path)}: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: "
                "`tools`, `system`, `messages`."
            )
            yield invalid(message, "ttl_order", "cache_control" if point.is_automatic else path)
