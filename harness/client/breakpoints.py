"""Where the client puts its breakpoints: at the end of the system prompt, before anything dynamic."""

from typing import Any

from harness.provider.limits import Ttl


def prepare_system_prompt(system: str, *, is_cached: bool, ttl: Ttl = "5m") -> list[dict[str, Any]]:
    """A system prompt as text blocks; the last carries ``cache_control`` when it is to be cached.

    An empty prompt gives no blocks: the API refuses a marker on empty text.
    """
    if not system:
        return []
    block: dict[str, Any] = {"type": "text", "text": system}
    if is_cached:
        block["cache_control"] = {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}
    return [block]
