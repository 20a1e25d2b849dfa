"""The prompt cache as a state machine: requests in, billed usage out.

Rules and their sources: platform.claude.com/docs/en/build-with-claude/prompt-caching
(checked 2026-11-23). Where the documentation is silent, `Assumptions` names what is assumed.
"""

from collections.abc import Sequence
from math import inf, nextafter
from random import Random
from typing import NamedTuple

from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.reading import ActiveBreakpoint, PromptRecord
from harness.provider.limits import LOOKBACK_POSITIONS, READABLE_AFTER_SECONDS, TTL_SECONDS, Ttl
from harness.provider.usage import Usage


class CacheEntry:
    """One written prefix. Mutable, because every use extends its lifetime."""

    __slots__ = ("certain_from", "expires_at", "readable_from")

    def __init__(self, expires_at: float, readable_from: float, certain_from: float) -> None:
        self.expires_at = expires_at
        self.readable_from = readable_from
        self.certain_from = certain_from
        """From when on it is certain that the answer that wrote the entry has begun."""


_SHORTEST = 0.001
"""Seconds below which a time between two requests is not shown as a number."""

_SENT_BEFORE_CLEARING = 10_000
_SLACK = 60.0
"""Seconds by which a request may come later than one that was sent after it."""

_Entries = dict[Ttl, dict[bytes, CacheEntry]]

_Found = tuple[int, CacheEntry] | tuple[None, None]
_NOTHING: tuple[None, None] = (None, None)


class Outcome(NamedTuple):
    """What a request read and wrote."""

    usage: Usage
    """Input side only; ``output_tokens`` is 0."""
    read_index: int | None
    """Index of the block that ends the prefix read; ``None`` for a miss."""
    early_read_seconds: float | None = None
    """How long before the read its entry was written, if the answer that wrote it may not have begun by then."""

    @property
    def doubt(self) -> str | None:
        """What is uncertain about the read; ``None`` if nothing is."""
        if self.early_read_seconds is None:
            return None
        shown = "less than 0.001" if round(self.early_read_seconds, 6) < _SHORTEST else f"{self.early_read_seconds:.3g}"
        return (
            f"reads what was written {shown} s earlier; "
            "an entry is readable only once the answer that wrote it has begun"
        )


class Simulator:
    """The prompt cache of one provider, for any number of workspaces and models."""

    def __init__(
        self, assumptions: Assumptions = DEFAULT, *, miss_rate: float = 0.0, random: Random | None = None
    ) -> None:
        """Start with nothing cached; ``miss_rate`` is the share of reads that fall back to an earlier entry."""
        self._assumptions = assumptions
        self._miss_rate = miss_rate
        self._random = random or Random(0)
        self._workspaces: dict[str, _Entries] = {}
        self._sent = 0

    def send(
        self,
        prompt: PromptRecord,
        *,
        at: float,
        workspace: str = "",
        begins_at: float | None = None,
        ended_at: float | None = None,
    ) -> Outcome:
        """Bill a request that starts at ``at`` seconds, and store the prefixes that it writes.

        Entries are readable once the response begins, at ``begins_at``. If that is not known, they
        are read from just after ``at`` on, so that requests of the same instant are parallel and
        each pays its write; for the first seconds, or up to ``ended_at`` if that is earlier, the read is in doubt.
        """
        entries = self._workspaces.get(workspace)
        if entries is None:
            entries = self._workspaces[workspace] = {"5m": {}, "1h": {}}
        breakpoints = prompt.breakpoints
        self._sent += 1
        if self._sent % _SENT_BEFORE_CLEARING == 0:
            self._forget_expired(at)
        read_index, read = self._find_read(prompt, breakpoints, entries, at)
        if read_index is not None:
            if self._miss_rate and self._random.random() < self._miss_rate:
                earlier = tuple(point for point in breakpoints if point.block_index < read_index)
                read_index, read = self._find_read(prompt, earlier, entries, at)
            elif not breakpoints or read_index != breakpoints[-1].block_index:
                _refresh(prompt.fingerprints[read_index], entries, at)
        # Taken before this request itself makes an entry readable.
        early = at - nextafter(read.readable_from, -inf) if read is not None and at < read.certain_from else None
        _store(breakpoints, entries, at, begins_at, ended_at)
        return Outcome(bill(prompt, read_index), read_index, early)

    def _forget_expired(self, at: float) -> None:
        """Remove what can never be read again, so that a long run does not fill the memory."""
        for by_ttl in self._workspaces.values():
            for entries in by_ttl.values():
                for fingerprint in [key for key, entry in entries.items() if entry.expires_at + _SLACK < at]:
                    del entries[fingerprint]

    def _find_read(
        self, prompt: PromptRecord, breakpoints: Sequence[ActiveBreakpoint], entries: _Entries, at: float
    ) -> _Found:
        """Find the longest live prefix within reach of a breakpoint: the index of its last block, and its entry."""
        for index, fingerprint, ttl, _, _ in reversed(breakpoints):
            entry = entries[ttl].get(fingerprint)
            if entry is not None and entry.readable_from <= at <= entry.expires_at:
                return index, entry
            found = self._look_back(prompt, breakpoints, index, entries, at)
            if found is not _NOTHING:
                return found
        return _NOTHING

    def _look_back(
        self, prompt: PromptRecord, breakpoints: Sequence[ActiveBreakpoint], start: int, entries: _Entries, at: float
    ) -> _Found:
        """Do the same for the lookback positions of one breakpoint, from the last to the first."""
        fingerprints, positions = prompt.fingerprints, prompt.positions
        marked = {point.block_index: point.ttl for point in breakpoints} if self._assumptions.is_ttl_in_key else {}
        lowest = positions[start] - LOOKBACK_POSITIONS + 1
        for index in range(start, -1, -1):
            if positions[index] < lowest:
                return _NOTHING
            ttl = marked.get(index)
            for by_fingerprint in (entries[ttl],) if ttl else entries.values():
                entry = by_fingerprint.get(fingerprints[index])
                if entry is not None and entry.readable_from <= at <= entry.expires_at:
                    return index, entry
        return _NOTHING


def bill(prompt: PromptRecord, read_index: int | None) -> Usage:
    """Compute the usage of a request that reads up to ``read_index`` and writes at its breakpoints.

    A is the prefix read, B ends at the last 1h breakpoint after A, and C at the last breakpoint:
    A is read, B - A is written for 1h, C - B for 5m, and the rest is uncached.
    """
    total, breakpoints = prompt.total_tokens, prompt.breakpoints
    if not breakpoints:
        return Usage(input_tokens=total)
    read = 0 if read_index is None else prompt.prefix_tokens[read_index]
    last = breakpoints[-1].tokens
    if read >= last:
        return Usage(input_tokens=total - read, cache_read_input_tokens=read)
    one_hour = max((point.tokens for point in breakpoints if point.ttl == "1h" and point.tokens > read), default=read)
    return Usage(
        input_tokens=total - last,
        cache_read_input_tokens=read,
        ephemeral_1h_input_tokens=one_hour - read,
        ephemeral_5m_input_tokens=last - one_hour,
    )


def _store(
    breakpoints: Sequence[ActiveBreakpoint],
    entries: _Entries,
    at: float,
    begins_at: float | None,
    ended_at: float | None,
) -> None:
    """Write the prefixes of a request, or use them again; whichever answer begins first makes an entry readable."""
    readable_from = nextafter(at, inf) if begins_at is None else begins_at
    certain_from = at + READABLE_AFTER_SECONDS if begins_at is None else begins_at
    if ended_at is not None:
        certain_from = min(certain_from, ended_at)
    for _, fingerprint, ttl, _, _ in breakpoints:
        entry = entries[ttl].get(fingerprint)
        if entry is None or entry.expires_at < at:
            entries[ttl][fingerprint] = CacheEntry(at + TTL_SECONDS[ttl], readable_from, certain_from)
        else:
            entry.expires_at = at + TTL_SECONDS[ttl]
            entry.readable_from = min(entry.readable_from, readable_from)
            entry.certain_from = min(entry.certain_from, certain_from)


def _refresh(fingerprint: bytes, entries: _Entries, at: float) -> None:
    """Restart the lifetime of a used entry, counted from the start of the request."""
    for ttl, by_fingerprint in entries.items():
        entry = by_fingerprint.get(fingerprint)
        if entry is not None and entry.readable_from <= at <= entry.expires_at:
            entry.expires_at = at + TTL_SECONDS[ttl]
