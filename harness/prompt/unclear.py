"""Differences of which it is not known whether they count: in types and fields that may not be rendered."""

from collections.abc import Iterator
from typing import Any

from harness.prompt.assumptions import Assumptions
from harness.prompt.blocks import Block
from harness.prompt.fingerprint import block_digest
from harness.prompt.known_fields import field_path, is_plain, walk
from harness.provider.block_types import BlockType, is_certain


def name_unclear(before: Block | None, after: Block | None, assumptions: Assumptions) -> str | None:
    """Find what makes it unknown whether a difference between two blocks is one to the prompt cache.

    Returns the path of a type that is not known, or of the field of unknown reach that is the only
    difference; ``None`` if the difference certainly counts.
    """
    for block in filter(None, (after, before)):
        for path, _, row in walk(block):
            if row is None:
                return f"{path}.type"
    if before is None or after is None or before.role != after.role:
        return None
    sides = [part for part in (certain_part(before), certain_part(after)) if part is not None]
    if len({block_digest(part, assumptions) for part in sides}) > 1:
        return None
    return next(_differing_fields(before, after), None)


def list_unclear(block: Block) -> tuple[str, ...]:
    """List the paths of all types and fields in a block whose reach is not known."""
    if is_plain(block):
        return ()
    found: list[str] = []
    for path, content, row in walk(block):
        if row is None:
            found.append(f"{path}.type")
        else:
            found += [field_path(block, path, key) for key in content if not is_certain(row, key)]
    return tuple(found)


def certain_part(block: Block) -> Block | None:
    """Copy a block with only the fields that are certainly part of the prompt; ``None`` if its type is not known."""
    if is_plain(block):
        return block
    (_, content, row), *nested = walk(block)
    if row is None:
        return None
    kept = _certain_fields(content, row)
    if nested:
        kept["content"] = [_certain_fields(part, its_row) for _, part, its_row in nested]
    return block._replace(content=kept)


def _certain_fields(content: dict[str, Any], row: BlockType | None) -> dict[str, Any]:
    if row is None:
        return content
    return {key: value for key, value in content.items() if is_certain(row, key)}


def _differing_fields(before: Block, after: Block) -> Iterator[str]:
    """Yield the paths of the fields that differ between two blocks, of which only unclear ones can."""
    for (_, old, _), (path, new, row) in zip(walk(before), walk(after), strict=False):
        if row is not None:
            certain = _certain_fields({**old, **new}, row)
            names = (key for key in {**old, **new} if key not in certain and old.get(key) != new.get(key))
            yield from (field_path(before, path, key) for key in names)
