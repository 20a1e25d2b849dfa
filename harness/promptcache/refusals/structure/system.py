"""The ``system`` parameter."""

from collections.abc import Iterator
from typing import Any

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid

# Source: github.com/BoltAI/BoltAI/issues/165 (checked 2026-11-25)
_BLANK = "system: text content blocks must contain non-whitespace text"


def check_system(request: Request) -> Iterator[ApiError]:
    """Yield malformed, empty and blank system prompts; an empty string is accepted."""
    system = request.get("system") or ()
    if isinstance(system, str):
        if not system.strip():
            yield invalid(_BLANK, path="system[0]")
        return
    for index, block in enumerate(system):
        yield from (invalid(message, path=f"system[{index}]") for message in _faults(f"system.{index}", block))


def _faults(path: str, block: Any) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"{path}: Input does not match the expected shape."
    elif block.get("type") is None:
        yield f"{path}.type: Field required"
    elif block["type"] != "text":
        yield f"{UNCONFIRMED}{path}.type: Input should be 'text'"
    elif block.get("text") is None:
        yield f"{path}.text: Field required"
    elif not isinstance(block["text"], str):
        yield f"{path}.text: Input should be a valid string"
    elif not block["text"] and not block.get("cache_control"):
        # With a marker, the API speaks of the marker.
        # Source: github.com search for "system: text content blocks must be non-empty" (checked 2026-11-25)
        yield "system: text content blocks must be non-empty"
    elif block["text"] and not block["text"].strip():
        yield _BLANK
