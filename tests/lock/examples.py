"""A request that every mutation applies to."""

from typing import Any

PROMPT = "".join(f"Rule {number}: be polite at the café, and naïve never.\n" for number in range(120))


def tool(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": f"Looks up a {name} by its number, for the agent to quote.",
        "input_schema": {
            "type": "object",
            "properties": {"number": {"type": "string"}, "country": {"type": "string"}},
            "required": ["number"],
        },
    }


def rich_request() -> dict[str, Any]:
    """Tools, a system prompt, a document, a conversation; breakpoints in system and messages."""
    marker = {"type": "ephemeral"}
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "Parcels arrive within three days."},
    }
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 4096,
        "tools": [tool("order"), tool("parcel")],
        "system": [{"type": "text", "text": PROMPT, "cache_control": dict(marker)}],
        "messages": [
            {"role": "user", "content": [document, {"type": "text", "text": "Where is my parcel?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Which one?"}]},
            {"role": "user", "content": [{"type": "text", "text": "The last one.", "cache_control": dict(marker)}]},
        ],
    }
