"""Breakpoints of the client: at the end of the system prompt, before anything dynamic."""

from typing import Any

from harness.provider.limits import Ttl


def prepare_system_prompt(system: str, *, is_cached: bool, ttl: Ttl = "5m") -> list[dict[str, Any]]:
    """Turn a system prompt into text blocks; the last one carries ``cache_control`` if ``is_cached``.

    An empty prompt gives no blocks: the API refuses a marker on empty text.
    """
    if not system:
        return []
    block: dict[str, Any] = {"type": "text", "text": system}
    if is_cached:
        block["cache_control"] = {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}
    return [block]
