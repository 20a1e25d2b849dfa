"""Names of files that every file system takes, and tells from each other."""

import re
from collections.abc import Iterable
from functools import lru_cache

_LONGEST = 250
"""Bytes of a name that leave room for an ending: most file systems take 255."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Windows takes these for devices, with any ending."""


def portable_name(name: str, *, others: Iterable[str] = ()) -> str:
    """A name for a file or folder: the same in ordinary cases, otherwise in safe characters, with a digest.

    ``others`` are the names beside it: one that differs from another only in case is given a digest,
    unless it is in lower case itself.
    """
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")
    is_reserved = _RESERVED.fullmatch(safe) is not None
    is_ordinary = safe == name and len(safe) <= _LONGEST and not is_reserved and not safe.endswith(".")
    if is_ordinary and (name == name.lower() or name not in _find_ambiguous(tuple(others))):
        return name
    from hashlib import sha256

    # Names that differ only in what is replaced or cut off must not share a file.
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{digest}-{safe}" if is_reserved else f"{safe[: _LONGEST - 9]}-{digest}"


@lru_cache(maxsize=64)
def _find_ambiguous(names: tuple[str, ...]) -> frozenset[str]:
    """Names that differ from another one only in case."""
    folded: dict[str, set[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), set()).add(name)
    return frozenset(name for same in folded.values() if len(same) > 1 for name in same)
