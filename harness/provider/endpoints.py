"""Addresses of the API. Source: platform.claude.com/docs/en/api/messages (checked 2026-11-25)."""

from typing import Literal

Origin = Literal["anthropic", "emulator"]
"""Who answered, now or when a cassette was recorded."""

API_URL = "https://api.anthropic.com"
MESSAGES = "/v1/messages"
COUNT_TOKENS = "/v1/messages/count_tokens"


def path_only(path: str) -> str:
    """Return a path without its query."""
    return path.partition("?")[0]


def is_message_call(method: str, path: str) -> bool:
    """Whether a request asks for a message; ``path`` may have a query."""
    return method == "POST" and path_only(path) == MESSAGES
