"""Numbers of the prompt cache that hold for every model.

Source of all: platform.claude.com/docs/en/build-with-claude/prompt-caching (checked 2026-11-23).
"""

from typing import Literal

Ttl = Literal["5m", "1h"]

TTL_SECONDS: dict[Ttl, int] = {"5m": 300, "1h": 3600}
"""Lifetime of an entry by its TTL, in seconds from the start of the request that last used it."""

MAX_BREAKPOINTS = 4
"""Most blocks of one request that may carry ``cache_control``, the automatic one included."""

LOOKBACK_POSITIONS = 20
"""Positions checked for each breakpoint, the breakpoint itself being the first."""
