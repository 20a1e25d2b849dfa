"""Tool definitions with sorted keys, for the assumption that the prompt cache ignores their order."""

from harness.errors import RequestError
from harness.numbers import parse_json, write_json
from harness.prompt.blocks import Block


def sort_tool_keys(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Sort the keys of all tool definitions, at every depth; other blocks stay as they are.

    Raises:
        RequestError: a definition holds a value that JSON cannot carry.
    """
    return tuple(sort_keys(block) if block.level == "tools" else block for block in blocks)


def sort_keys(block: Block) -> Block:
    """Sort the keys of one block, at every depth.

    Raises:
        RequestError: it holds a value that JSON cannot carry.
    """
    try:
        return block._replace(content=parse_json(write_json(block.content, sort_keys=True)))
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"{block.path} cannot be fingerprinted: {error}") from None
