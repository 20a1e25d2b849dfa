"""Check single values of a lock file: each function returns the value, or raises ``ValueError``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import LockError

RESTORE = "restore the file from version control, or accept today's prompts: pytest --harness-update-lock"
UPGRADE = "pip install --upgrade prompt-cache-harness"

_DIGEST = re.compile("[0-9a-f]{64}")
_INDEX = r"\[(0|[1-9][0-9]{0,8})\]"
_BLOCK_PATH = re.compile(rf"(?:(tools|system){_INDEX}|messages{_INDEX}\.content{_INDEX})")
_LEVELS = {"tools": 0, "system": 1}


def damaged(place: str, what: str) -> LockError:
    """Make the error for a damaged file; ``place`` is its path, with the line if known."""
    return LockError(f"{place}: {what}", hint=RESTORE)


def check_keys(data: Any, *, required: Iterable[str], optional: Iterable[str] = ()) -> Mapping[str, Any]:
    """Check for an object with all required keys and no unknown ones."""
    if not isinstance(data, dict):
        raise ValueError(f"{data!r:.60} is not an object")
    required = frozenset(required)
    if missing := sorted(required - data.keys()):
        raise ValueError(f"{missing[0]!r} is missing")
    if unknown := sorted(data.keys() - required - {*optional}):
        raise ValueError(f"{unknown[0]!r:.60} is not a key of a lock file")
    return data


def check_text(value: Any, name: str) -> str:
    """Check for a string."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r:.60}, expected text")
    return value


def check_list(value: Any, name: str) -> list[Any]:
    """Check for a list."""
    if not isinstance(value, list):
        raise ValueError(f"{name} is {value!r:.60}, expected a list")
    return value


def check_count(value: Any, name: str) -> int:
    """Check for a whole number of 0 or more."""
    # ``True`` is an ``int`` for isinstance.
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} is {value!r:.60}, expected a whole number of 0 or more")
    return value


def check_digest(value: Any, name: str) -> str:
    """Check for a SHA-256 in lower-case hex."""
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise ValueError(f"{name} is {value!r:.80}, expected 64 hex digits")
    return value


def check_choice(value: Any, name: str, choices: tuple[str, ...]) -> str:
    """Check for one of the ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} is {value!r:.60}, expected {' or '.join(choices)}")
    return value


def check_block_path(value: Any, name: str) -> str:
    """Check for the path of a block."""
    if not isinstance(value, str) or not _BLOCK_PATH.fullmatch(value):
        raise ValueError(f"{name} is {value!r:.60}, expected the path of a block, such as system[0]")
    return value


def block_order(path: str) -> tuple[int, int, int]:
    """Sort key that puts the paths of blocks in the order of the request."""
    found = _BLOCK_PATH.fullmatch(path)
    assert found is not None
    level, number, message, part = found.groups()
    return (_LEVELS[level], int(number), 0) if level else (len(_LEVELS), int(message), int(part))
