"""Proves that Claude prompts hit the prompt cache, offline, and fails the change that busts it.

Names are imported on first use: loading this package costs a fraction of a millisecond.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.client.claude import AsyncClaudeClient as AsyncClaudeClient
    from harness.client.claude import ClaudeClient as ClaudeClient
    from harness.client.metrics import CacheMetrics as CacheMetrics
    from harness.client.watch import watch as watch
    from harness.errors import HarnessError as HarnessError
    from harness.provider.usage import Usage as Usage
    from harness.settings import Settings as Settings

_HOMES = {
    "AsyncClaudeClient": "harness.client.claude",
    "CacheMetrics": "harness.client.metrics",
    "ClaudeClient": "harness.client.claude",
    "HarnessError": "harness.errors",
    "Settings": "harness.settings",
    "Usage": "harness.provider.usage",
    "watch": "harness.client.watch",
}

__all__ = ["AsyncClaudeClient", "CacheMetrics", "ClaudeClient", "HarnessError", "Settings", "Usage", "watch"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
