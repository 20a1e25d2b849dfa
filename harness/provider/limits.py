"""Limits of the prompt cache that are the same for every model.

Source for all: platform.claude.com/docs/en/build-with-claude/prompt-caching (checked 2026-11-23).
"""

from typing import Literal

Ttl = Literal["5m", "1h"]

TTL_SECONDS: dict[Ttl, int] = {"5m": 300, "1h": 3600}
"""Lifetime of an entry by TTL, in seconds from the start of the request that last used it."""

READABLE_AFTER_SECONDS = 3.0
"""Seconds after the start of a request from which its entries were always readable.

They are readable once the answer begins, which takes as long as the model needs to begin it. Source: recorded
calls (checked 2026-11-23): one second after an equal request, a call wrote again; three seconds after, it read.
"""

MAX_BREAKPOINTS = 4
"""Most breakpoints of one request, including the automatic one."""

LOOKBACK_POSITIONS = 20
"""Positions checked for each breakpoint; the breakpoint itself is the first."""
