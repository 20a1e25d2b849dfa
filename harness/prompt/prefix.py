"""The part of a request that its author means to be the same in every call."""

from harness.prompt.blocks import Block, Breakpoint, Request, find_breakpoints, read_blocks
from harness.prompt.diff import Part, read_parts


def prefix_end(request: Request) -> Breakpoint | None:
    """The breakpoint at which the static prefix ends; ``None`` for a request without breakpoints.

    It is the last one in tools or system. Where there is none, it is the first of all: the
    later ones in messages move on with the conversation.

    Raises:
        RequestError: the body does not have the shape of a Messages request.
    """
    blocks = read_blocks(request)
    points = find_breakpoints(request, blocks)
    static = [point for point in points if blocks[point.block_index].level != "messages"]
    return static[-1] if static else next(iter(points), None)


def prefix_blocks(request: Request) -> tuple[Block, ...]:
    """The blocks of the static prefix, see `prefix_end`; empty for a request without breakpoints.

    Raises:
        RequestError: the body does not have the shape of a Messages request.
    """
    end = prefix_end(request)
    return read_blocks(request)[: end.block_index + 1] if end else ()


def prefix_parts(request: Request) -> tuple[Part, ...]:
    """The parameters and blocks that are rendered up to the end of the static prefix, in that order.

    The prompt cache can tell two prefixes apart exactly if a ``key`` among their parts differs.

    Raises:
        RequestError: the body does not have the shape of a Messages request.
    """
    end = prefix_end(request)
    if end is None:
        return ()
    blocks = read_blocks(request)
    last = blocks[end.block_index]
    parts = read_parts(request, blocks)
    return parts[: next(index for index, part in enumerate(parts, start=1) if part.block is last)]
