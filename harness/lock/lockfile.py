"""The lock file: the accepted fingerprints and figures of every prompt, committed beside the code.

``prompts.lock`` is JSON with sorted keys, one entry for each suite, prompt version and case. How
it is laid out does not matter when it is read. Only the standard library is imported here, since
a run without a lock file, and a hook before each commit, are not to pay for more.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from harness.errors import LockError
from harness.files import write_atomically

VERSION = 1
_AMOUNT = re.compile(r"\d+(\.\d+)?")


class LockedPoint(NamedTuple):
    """A breakpoint, with the prefix that ends there."""

    path: str
    """Of its block."""
    ttl: str
    tokens: int
    """Of the prefix."""
    fingerprint: str
    """SHA-256 (hex) of the prefix; see `harness.prompt.fingerprint`."""
    is_automatic: bool = False

    def __str__(self) -> str:
        return f"{self.path} {self.ttl} {self.tokens} {self.fingerprint}{' automatic' * self.is_automatic}"

    @classmethod
    def read(cls, line: str) -> Self:
        """A breakpoint from its line."""
        path, ttl, tokens, fingerprint, *automatic = line.split(" ")
        if ttl not in ("5m", "1h") or automatic not in ([], ["automatic"]):
            raise ValueError(f"{line!r} is no breakpoint")
        return cls(path, ttl, int(tokens), fingerprint, bool(automatic))


class LockedBlock(NamedTuple):
    """A block of a cached prefix. Its content is the text ``digest`` in the folder of the cassettes' texts."""

    path: str
    role: str
    """Of its message; ``-`` for tools and system."""
    form: str
    """``text``: the digest is of the block's text; ``json``: of its JSON, without its marker."""
    tokens: int
    digest: str

    @property
    def content(self) -> tuple[str, str, str]:
        """What makes it the same block, wherever it stands."""
        return self.role, self.form, self.digest

    def __str__(self) -> str:
        return " ".join(map(str, self))

    @classmethod
    def read(cls, line: str) -> Self:
        """A block from its line."""
        path, rest = line.split(" ", 1)
        role, form, tokens, digest = rest.rsplit(" ", 3)
        return cls(path, role, form, int(tokens), digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCall:
    """One accepted request, as far as the prompt cache keeps it."""

    model: str
    parameters: dict[str, Any]
    """What else of the request is rendered into the prompt."""
    points: tuple[LockedPoint, ...]
    blocks: tuple[LockedBlock, ...]
    """Up to the last breakpoint."""
    first: dict[str, int]
    """Usage expected of a call that finds nothing: API names to tokens."""
    second: dict[str, int]
    """Usage expected of the next one."""
    usd_per_1000_calls: str | None
    """Input side of a thousand calls of which the first writes; ``None`` where no price is known."""

    @property
    def prefix(self) -> tuple[tuple[str, str, bool], ...]:
        """What decides whether the prompt cache still hits: fingerprint, TTL and kind of each breakpoint."""
        return tuple((point.fingerprint, point.ttl, point.is_automatic) for point in self.points)

    def differs_at(self, now: "LockedCall") -> str:
        """Path of the first block, parameter or marker that is not the same in another call."""
        if self.model != now.model:
            return "model"
        pairs = zip(self.blocks, now.blocks, strict=False)
        block = next((new.path for old, new in pairs if old.content != new.content), None)
        if block is not None and not block.startswith("messages"):
            return block
        # These are rendered between the system prompt and the messages, or before.
        old, new = _rendered(self.parameters), _rendered(now.parameters)
        parameter = next((key for key in sorted({*old, *new}) if old.get(key) != new.get(key)), None)
        return parameter or block or _moved_marker(self.points, now.points)

    def to_json(self) -> dict[str, Any]:
        """The call as it stands in the file."""
        return {
            "model": self.model,
            "parameters": self.parameters,
            "breakpoints": [str(point) for point in self.points],
            "blocks": [str(block) for block in self.blocks],
            "first_call": self.first,
            "second_call": self.second,
            "usd_per_1000_calls": self.usd_per_1000_calls,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A call from what `to_json` gave."""
        return cls(
            model=_text(data, "model"),
            parameters=dict(data["parameters"]),
            points=tuple(LockedPoint.read(line) for line in data["breakpoints"]),
            blocks=tuple(LockedBlock.read(line) for line in data["blocks"]),
            first={key: int(value) for key, value in data["first_call"].items()},
            second={key: int(value) for key, value in data["second_call"].items()},
            usd_per_1000_calls=_amount(data, "usd_per_1000_calls"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The requests of one case with one version of a prompt, or of one plain test."""

    suite: str
    """Folder and name of the suite, or the file of the test."""
    version: str
    case: str
    calls: tuple[LockedCall, ...]
    reason: str | None = None
    """Why a bust of what was accepted before was accepted."""

    @property
    def key(self) -> str:
        """Under which it stands in the file, and its cassette in the folder of the cassettes."""
        return "/".join(part for part in (self.suite, self.version, self.case) if part)

    @property
    def prefix(self) -> tuple[tuple[tuple[str, str, bool], ...], ...]:
        """What decides whether the prompt cache still hits, call by call."""
        return tuple(call.prefix for call in self.calls)

    def to_json(self) -> dict[str, Any]:
        """The entry as it stands in the file."""
        return {
            "suite": self.suite,
            "version": self.version,
            "case": self.case,
            **({"reason": self.reason} if self.reason else {}),
            "calls": [call.to_json() for call in self.calls],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """An entry from what `to_json` gave."""
        return cls(
            suite=_text(data, "suite"),
            version=_text(data, "version"),
            case=_text(data, "case"),
            reason=_text(data, "reason") if "reason" in data else None,
            calls=tuple(LockedCall.from_json(call) for call in data["calls"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """All entries, by key."""

    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def digests(self) -> frozenset[str]:
        """Of all texts that the entries name."""
        calls = (call for entry in self.entries.values() for call in entry.calls)
        return frozenset(block.digest for call in calls for block in call.blocks)

    def updated(self, entries: Mapping[str, Entry], *, removed: frozenset[str] = frozenset()) -> "Lock":
        """The lock with other entries in place of those of the same key, and without the ``removed``."""
        kept = {key: entry for key, entry in self.entries.items() if key not in removed}
        return replace(self, entries={**kept, **entries})


def read_lock(path: Path) -> Lock | None:
    """The lock file at ``path``; ``None`` if there is none.

    Raises:
        LockError: it is unreadable, or made by another version; starts with its path.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LockError(f"{path}: unreadable: {why}", hint=_RESTORE) from None
    return parse_lock(text, str(path))


def parse_lock(text: str, place: str) -> Lock:
    """A lock from the text of its file; ``place`` names it in messages.

    Raises:
        LockError: the text is no lock file, or made by another version.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise LockError(f"{place}:{error.lineno}: not a lock file: {error.msg}", hint=_RESTORE) from None
    except RecursionError:
        raise LockError(f"{place}: not a lock file: nested too deep", hint=_RESTORE) from None
    version = document.get("format") if isinstance(document, dict) else None
    if type(version) is not int or version != VERSION:
        raise LockError(
            f"{place}: the format is {version!r}, expected {VERSION}", hint="accept anew: pytest --harness-update-lock"
        )
    try:
        entries = {str(key): Entry.from_json(value) for key, value in document["entries"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LockError(f"{place}: not a lock file: {type(error).__name__} at {error}", hint=_RESTORE) from None
    for key, entry in entries.items():
        if key != entry.key:
            raise LockError(f"{place}: entry {key!r} says that it is {entry.key!r}", hint=_RESTORE)
    return Lock(entries=entries)


def write_lock(path: Path, lock: Lock) -> bool:
    """Write a lock file, and say whether anything in it changed: its layout alone is no change."""
    try:
        if read_lock(path) == lock:
            return False
    except LockError:
        # Accepting anew is how a file that cannot be read is mended.
        pass
    write_atomically(path, format_lock(lock).encode())
    return True


def format_lock(lock: Lock) -> str:
    """The text of a lock file."""
    entries = {key: entry.to_json() for key, entry in lock.entries.items()}
    return json.dumps({"format": VERSION, "entries": entries}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is {type(value).__name__}, expected text")
    return value


def _amount(data: Mapping[str, Any], key: str) -> str | None:
    value = data[key]
    if value is not None and not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        raise ValueError(f"{key} is {value!r}, expected a number")
    return value


def _rendered(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What of the parameters is part of the prompt, also by what stands behind the prefix; one level deep."""
    behind = parameters.get("behind_prefix", {})
    rest = {key: value for key, value in parameters.items() if key not in ("behind_prefix", "cache_control")}
    return rest | {key: value for key, value in behind.items() if key not in ("goes_on", "tools")}


def _moved_marker(old: tuple[LockedPoint, ...], new: tuple[LockedPoint, ...]) -> str:
    ttls = {point.fingerprint: point.ttl for point in old}
    changed = next((point for point in new if ttls.get(point.fingerprint, point.ttl) != point.ttl), None)
    return f"{changed.path}.cache_control.ttl" if changed else "cache_control"


_RESTORE = "restore the file from version control, or accept anew: pytest --harness-update-lock"
