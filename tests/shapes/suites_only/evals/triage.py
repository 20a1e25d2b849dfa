"""The requests of the triage: built here, and sent by another service."""

from typing import Any


def triage(prompt: str, ticket: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call for one ticket."""
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": instructions(prompt), "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": ticket["text"]}],
    }


def instructions(prompt: str) -> str:
    """The system prompt, the same for every ticket."""
    return prompt
