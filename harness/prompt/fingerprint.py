"""Hashes of prompt prefixes, in the order and with the precision of the provider's prompt cache.

A fingerprint covers everything that the model sees up to and including a block: model and
speed, tools, system, the parameters that are rendered before each level, and the message
blocks with their roles. ``cache_control`` markers are left out, so that moving one keeps
the fingerprint. Key order inside tool inputs counts, as it does for the API; that it counts inside
tool definitions is assumed (`Assumptions.has_tool_key_order`). Numbers count as they were sent:
``1.0`` is not ``1``.

Source: platform.claude.com/docs/en/build-with-claude/prompt-caching, "What invalidates the
cache" (checked 2026-11-23).
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from harness.errors import RequestError
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block
from harness.prompt.json_bytes import encode_json
from harness.prompt.parameters import Value
from harness.provider.parameters import Level

VERSION = 1
"""Incremented whenever the same request would get another fingerprint."""

_AT_DEFAULT = frozenset(
    {
        "web",
        "citations",
        "output_config.format",
        "tool_choice",
        "tool_choice.disable_parallel_tool_use",
        "images",
        "thinking",
        "output_config.effort",
        "output_config.task_budget",
    }
)
"""Parameters that stand in every fingerprint of version 1, even at their defaults.

Any other parameter enters only where a request sets it to something else, so a new row in the table of parameters
leaves every accepted prompt as it is.
"""

_DEFAULT_STANDS_AS = {"thinking": {"type": "disabled"}}
"""What stands in every fingerprint of version 1 for a default, whatever the model's default is.

A request that gives this very value to a model with another default has it in a list.
"""

# Bytes that UTF-8 never has, so that no text can look like two blocks.
_END_OF_TEXT = b"\xff"
_END_OF_JSON = b"\xfe"

_FALSE_BY_DEFAULT = ("is_error", "strict")
_MARKER = frozenset({"cache_control"})
_MARKER_AND_IDS = _MARKER | {"id", "tool_use_id"}


def fingerprints(
    blocks: Sequence[Block], parameters: Sequence[Value], assumptions: Assumptions = DEFAULT
) -> tuple[bytes, ...]:
    """Hash the prefix that ends at each block with SHA-256: one per block, in the same order.

    A fingerprint covers all earlier blocks, so the first pair that differs between two
    prompts is the block that broke the prefix.

    Raises:
        RequestError: a block holds a value that JSON bytes cannot carry, such as a lone surrogate.
    """
    values = {value.row.name: _hashed(value) for value in parameters}
    running = sha256(_dump(["prefix", VERSION, values["model"], values["speed"]], "model"))
    update, digest = running.update, running.digest
    if assumptions.is_thinking_first:
        update(_dump([values["thinking"], values["output_config.effort"]], "thinking"))
    if first := _of_level(parameters, "tools"):
        update(_dump(first, "parameters"))
    unrendered = _unrendered(assumptions)
    level, message = "tools", None
    digests = []
    for block in blocks:
        if block.level != level:
            if level == "tools":
                update(_dump(_of_level(parameters, "system"), "system"))
            if block.level == "messages":
                update(_dump(_of_level(parameters, "messages"), "messages"))
            level = block.level
        if block.message != message:
            update(b"message %r" % block.role)
            message = block.message
        update(_key(block, unrendered))
        digests.append(digest())
    return tuple(digests)


def block_digest(block: Block, assumptions: Assumptions = DEFAULT) -> str:
    """Hash one block alone, without its marker; SHA-256, in hex."""
    return sha256(_key(block, _unrendered(assumptions))).hexdigest()


def rendered_fields(block: Block, assumptions: Assumptions = DEFAULT) -> dict[str, Any]:
    """Return the fields of a block that its digest covers; two blocks with equal fields in equal order are the same.

    The parts of a tool result are lists of fields.
    """
    return dict(_fields(block, _unrendered(assumptions)))


def _of_level(parameters: Sequence[Value], level: Level) -> dict[str, Any]:
    """The parameters rendered in front of the blocks of a level, except model and speed."""
    return {
        value.row.name.rpartition(".")[2]: _hashed(value)
        for value in parameters
        if (value.row.level or "tools") == level
        and value.row.name not in ("model", "speed")
        and (not value.is_default or value.row.name in _AT_DEFAULT)
        and not value.row.is_inside_another
    }


def _hashed(value: Value) -> Any:
    """The value of a parameter as it stands in a fingerprint: equal for two values that are the same to the model."""
    default = _DEFAULT_STANDS_AS.get(value.row.name)
    if default is not None and value.is_default:
        return default
    return [default] if default is not None and value.value == default else value.value


def _unrendered(assumptions: Assumptions) -> frozenset[str]:
    return _MARKER if assumptions.has_client_tool_ids else _MARKER_AND_IDS


def _key(block: Block, unrendered: frozenset[str]) -> bytes:
    """Serialize a block for the hash: its rendered fields sorted by name, with their inner order kept.

    Empty fields and the ``unrendered`` ones are left out.
    """
    content = block.content
    text = content.get("text")
    if content.get("type") == "text" and len(content) - ("cache_control" in content) == 2 and isinstance(text, str):
        # Nearly every block is plain text, with nothing to sort.
        return _text_key(text, block)
    fields = _fields(block, unrendered)
    if len(fields) == 1 and fields[0][0] == "text" and isinstance(text, str):
        return _text_key(text, block)
    return _dump(fields, block.path) + _END_OF_JSON


def _fields(block: Block, unrendered: frozenset[str]) -> list[tuple[str, Any]]:
    fields = sorted(item for item in block.content.items() if _is_rendered(*item, unrendered))
    kind = block.content.get("type")
    if kind == "document":
        return [(key, _source(value) if key == "source" else value) for key, value in fields]
    if kind != "tool_result":
        return fields
    return [(key, _result_parts(value, unrendered) if key == "content" else value) for key, value in fields]


def _text_key(text: str, block: Block) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise RequestError(f"{block.path} cannot be fingerprinted: {error}") from None
    return data + _END_OF_TEXT


def _is_rendered(key: str, value: Any, unrendered: frozenset[str]) -> bool:
    if key in unrendered or value is None:
        return False
    return not (key == "type" and value in ("text", "custom")) and not (key in _FALSE_BY_DEFAULT and value is False)


def _source(source: Any) -> Any:
    """The source of a document, without the markers of blocks in it."""
    parts = source.get("content") if isinstance(source, dict) else None
    if not isinstance(parts, list):
        return source
    return {**source, "content": [_unmarked(part) if isinstance(part, dict) else part for part in parts]}


def _unmarked(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "cache_control"}


def _result_parts(content: Any, unrendered: frozenset[str]) -> Any:
    if isinstance(content, str):
        return [[("text", content)]]
    return [
        sorted(item for item in part.items() if _is_rendered(*item, unrendered)) if isinstance(part, dict) else part
        for part in content
    ]


def _dump(value: Any, path: str) -> bytes:
    try:
        return encode_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"{path} cannot be fingerprinted: {error}") from None
