"""Strategies of breakpoints: which places of a request the client marks for the prompt cache, each with its TTL.

``tools`` marks the last tool and ``system`` the last block of the system prompt. ``conversation`` marks the last block
of the messages and, behind it, the one that ended the request of the previous turn. ``automatic`` leaves the last
block to the API, by a ``cache_control`` of the request itself. Any other name is the path of a block.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

from harness.errors import UsageError
from harness.provider.limits import Ttl

type Breakpoints = str | Sequence[str] | Mapping[str, Ttl]
"""A strategy or path, several of them, or a mapping of them to TTLs; without a TTL, it is 5 minutes."""

STRATEGIES = ("tools", "system", "conversation", "automatic")

_PATH = re.compile(r"(?:tools|system)\[\d+\]|messages\[\d+\]\.content\[\d+\]")


class Target(NamedTuple):
    """One strategy or path, with its TTL."""

    name: str
    ttl: Ttl


def read_targets(breakpoints: Breakpoints) -> tuple[Target, ...]:
    """Read what a user gave as ``breakpoints``.

    Raises:
        UsageError: a name is no strategy and no path, or a TTL is none.
    """
    names = [breakpoints] if isinstance(breakpoints, str) else breakpoints
    ttls: Mapping[str, Ttl] = names if isinstance(names, Mapping) else dict.fromkeys(names, "5m")
    for name, ttl in ttls.items():
        if name not in STRATEGIES and not _PATH.fullmatch(str(name)):
            raise UsageError(
                f"breakpoints has {name!r}, expected {', '.join(STRATEGIES)} or the path of a block",
                hint='for example breakpoints="conversation", or breakpoints=["tools", "system[0]"]',
            )
        if ttl not in get_args(Ttl):
            raise UsageError(
                f"breakpoints has the TTL {ttl!r} for {name}, expected 5m or 1h",
                hint='for example breakpoints={"system": "1h", "conversation": "5m"}',
            )
    return tuple(Target(name, ttl) for name, ttl in ttls.items())


def without_messages(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Keep the targets in tools and system; ``system`` if there are none."""
    kept = tuple(
        one for one in targets if one.name in ("tools", "system") or one.name.startswith(("tools[", "system["))
    )
    return kept or (Target("system", targets[0].ttl if targets else "5m"),)
