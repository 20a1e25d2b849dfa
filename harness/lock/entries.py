"""The records of a lock file: the accepted requests of every case, without derived figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from harness.lock.results import LockedResult, read_results
from harness.lock.values import (
    check_block_path,
    check_choice,
    check_count,
    check_digest,
    check_keys,
    check_list,
    check_text,
)

TTLS = ("5m", "1h")
FORMS = ("text", "json")


class LockedBreakpoint(NamedTuple):
    """A breakpoint, with the prefix that ends there."""

    path: str
    """Path of its block."""
    ttl: str
    tokens: int
    """Tokens of the prefix: the sum of its blocks."""
    fingerprint: str
    """SHA-256 (hex) of the prefix; see `harness.prompt.fingerprint`."""
    is_automatic: bool = False

    def __str__(self) -> str:
        return f"{self.path} {self.ttl} {self.tokens} {self.fingerprint}{' automatic' * self.is_automatic}"

    @classmethod
    def read(cls, line: str) -> Self:
        """Parse what ``str`` gave."""
        parts = check_text(line, "a breakpoint").split(" ")
        if not (len(parts) == 4 or parts[4:] == ["automatic"]):
            raise ValueError(f"{line!r:.60} is not a breakpoint")
        path, ttl, tokens, fingerprint = parts[:4]
        return cls(
            check_block_path(path, "the breakpoint's path"),
            check_choice(ttl, "ttl", TTLS),
            _read_count(tokens),
            check_digest(fingerprint, "fingerprint"),
            len(parts) > 4,
        )


class LockedBlock(NamedTuple):
    """A block of a cached prefix; its content is stored under ``digest`` among the texts of the cassette folder."""

    path: str
    role: str
    """Role of its message; ``-`` for tools and system."""
    form: str
    """``text``: the digest is of the block's text; ``json``: of its JSON, without its marker."""
    tokens: int
    """Tokens that it adds to the prefix."""
    digest: str

    @property
    def content(self) -> tuple[str, str, str]:
        """The identity of the block, independent of its place."""
        return self.role, self.form, self.digest

    def __str__(self) -> str:
        return " ".join(map(str, self))

    @classmethod
    def read(cls, line: str) -> Self:
        """Parse what ``str`` gave."""
        # A role is any string that was sent, and may contain spaces.
        path, _, rest = check_text(line, "a block").partition(" ")
        parts = rest.rsplit(" ", 3)
        if len(parts) < 4:
            raise ValueError(f"{line!r:.60} is not a block")
        role, form, tokens, digest = parts
        return cls(
            check_block_path(path, "the block's path"),
            role,
            check_choice(form, "form", FORMS),
            _read_count(tokens),
            check_digest(digest, "digest"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCall:
    """One accepted request, up to its last breakpoint."""

    model: str
    parameters: dict[str, Any]
    """The parameters of the request that are rendered into the prompt."""
    breakpoints: tuple[LockedBreakpoint, ...]
    blocks: tuple[LockedBlock, ...]
    """The blocks up to the last breakpoint."""
    tail_tokens: int
    """Tokens after the last breakpoint; they belong to the case, and do not change with the prompt."""

    @property
    def prefix(self) -> tuple[tuple[str, str, bool], ...]:
        """Fingerprint, TTL and kind of each breakpoint; equal values mean that the prompt cache still hits."""
        return tuple((point.fingerprint, point.ttl, point.is_automatic) for point in self.breakpoints)

    @property
    def prefix_tokens(self) -> int:
        """Tokens up to the last breakpoint."""
        return max((point.tokens for point in self.breakpoints), default=0)

    def differs_at(self, now: "LockedCall") -> str:
        """Path of the first block, parameter or marker that differs in another call."""
        if self.model != now.model:
            return "model"
        pairs = zip(self.blocks, now.blocks, strict=False)
        block = next((new.path for old, new in pairs if old.content != new.content), None)
        if block is not None and not block.startswith("messages"):
            return block
        # Parameters are rendered before the messages.
        old, new = _rendered(self.parameters), _rendered(now.parameters)
        parameter = next((key for key in sorted({*old, *new}) if old.get(key) != new.get(key)), None)
        return parameter or block or _moved_marker(self.breakpoints, now.breakpoints)

    def to_json(self) -> dict[str, Any]:
        """The call as JSON, to pass to another process."""
        return {
            "model": self.model,
            "parameters": self.parameters,
            "breakpoints": [str(point) for point in self.breakpoints],
            "blocks": [str(block) for block in self.blocks],
            "tail_tokens": self.tail_tokens,
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Restore a call from the result of `to_json`.

        Raises:
            ValueError: the data has another shape.
        """
        check_keys(data, required=("model", "parameters", "breakpoints", "blocks", "tail_tokens"))
        blocks = tuple(map(LockedBlock.read, check_list(data["blocks"], "blocks")))
        breakpoints = tuple(map(LockedBreakpoint.read, check_list(data["breakpoints"], "breakpoints")))
        ends = prefix_ends(blocks)
        if len(ends) < len(blocks):
            raise ValueError("two blocks have the same path")
        for point in breakpoints:
            if ends.get(point.path) != point.tokens:
                raise ValueError(
                    f"a breakpoint is at {point.path!r} after {point.tokens} tokens, but no block ends there"
                )
        return cls(
            model=check_text(data["model"], "model"),
            parameters=dict(check_parameters(data["parameters"])),
            breakpoints=breakpoints,
            blocks=blocks,
            tail_tokens=check_count(data["tail_tokens"], "tail_tokens"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LockEntry:
    """The requests of one case with one prompt version, or of one plain test."""

    suite: str
    """Folder and name of the suite, or the file of the test."""
    version: str
    """The prompt version; empty for a plain test."""
    case: str
    calls: tuple[LockedCall, ...]
    reason: str | None = None
    """Why a bust of the previously accepted requests was accepted."""
    answered_by: str = ""
    """Who gave the answers that were checked; empty without checks."""
    results: Mapping[str, LockedResult] = field(default_factory=dict)
    """What the checks of its answers said, by their names."""

    @property
    def key(self) -> str:
        """The name in messages and reports, and of its cassette in the cassette folder."""
        return "/".join(part for part in (self.suite, self.version, self.case) if part)

    @property
    def prefix(self) -> tuple[tuple[tuple[str, str, bool], ...], ...]:
        """`LockedCall.prefix` of each call, in order."""
        return tuple(call.prefix for call in self.calls)

    def to_json(self) -> dict[str, Any]:
        """The entry as JSON, to pass to another process."""
        return {
            "suite": self.suite,
            "version": self.version,
            "case": self.case,
            **({"reason": self.reason} if self.reason else {}),
            **({"answered_by": self.answered_by, "checks": dict(self.results)} if self.results else {}),
            "calls": [call.to_json() for call in self.calls],
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Restore an entry from the result of `to_json`.

        Raises:
            ValueError: the data has another shape.
        """
        check_keys(data, required=("suite", "version", "case", "calls"), optional=("reason", "answered_by", "checks"))
        return cls(
            suite=check_text(data["suite"], "suite"),
            version=check_text(data["version"], "version"),
            case=check_text(data["case"], "case"),
            reason=check_text(data["reason"], "reason") if "reason" in data else None,
            answered_by=check_text(data.get("answered_by", ""), "answered_by"),
            results=read_results(data.get("checks", {})),
            calls=tuple(map(LockedCall.from_json, check_list(data["calls"], "calls"))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """All entries, by key."""

    entries: dict[str, LockEntry] = field(default_factory=dict)

    @property
    def digests(self) -> frozenset[str]:
        """Digests of all texts that the entries name."""
        calls = (call for entry in self.entries.values() for call in entry.calls)
        return frozenset(block.digest for call in calls for block in call.blocks)

    def updated(self, entries: Mapping[str, LockEntry], *, removed: frozenset[str] = frozenset()) -> "Lock":
        """A copy with ``entries`` added or replaced by key, and without the ``removed`` keys."""
        kept = {key: entry for key, entry in self.entries.items() if key not in removed}
        return replace(self, entries={**kept, **entries})


def prefix_ends(blocks: tuple[LockedBlock, ...]) -> dict[str, int]:
    """Tokens of the prefix that ends at each block, by the block's path."""
    ends: dict[str, int] = {}
    tokens = 0
    for block in blocks:
        tokens += block.tokens
        ends[block.path] = tokens
    return ends


def check_parameters(value: Any) -> Mapping[str, Any]:
    """Check that the parameters of a call, and their ``behind_prefix`` part, are objects."""
    if not isinstance(value, dict) or not isinstance(value.get("behind_prefix", {}), dict):
        raise ValueError(f"parameters is {value!r:.60}, expected an object")
    return value


def _read_count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"tokens is {text!r:.60}, expected a whole number of 0 or more")
    return int(text)


def _rendered(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that affect the prefix, including those set by blocks after it; one level deep."""
    behind = parameters.get("behind_prefix", {})
    rest = {key: value for key, value in parameters.items() if key not in ("behind_prefix", "cache_control")}
    return rest | {key: value for key, value in behind.items() if key not in ("goes_on", "tools")}


def _moved_marker(old: tuple[LockedBreakpoint, ...], new: tuple[LockedBreakpoint, ...]) -> str:
    ttls = {point.fingerprint: point.ttl for point in old}
    changed = next((point for point in new if ttls.get(point.fingerprint, point.ttl) != point.ttl), None)
    return f"{changed.path}.cache_control.ttl" if changed else "cache_control"
