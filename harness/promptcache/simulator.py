"""The prompt cache as a state machine: requests in, billed usage out.

Rules and their sources: platform.claude.com/docs/en/build-with-claude/prompt-caching
(checked 2026-11-23). Where the documentation is silent, `Options` names the assumption.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nextafter
from random import Random
from typing import NamedTuple

from harness.prompt.blocks import Breakpoint
from harness.promptcache.prepared import PreparedRequest
from harness.provider.rules import LOOKBACK_POSITIONS, TTL_SECONDS, Ttl
from harness.provider.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is not established about the prompt cache, each with the assumption made by default."""

    is_ttl_in_key: bool = True
    """A marker does not read an entry that was written under the other TTL at that block.

    Not documented; two field measurements lean this way (damianvtran/local-operator#532,
    askalf/dario#775).
    """
    miss_rate: float = 0.0
    """Share of reads that fall back to an earlier entry, as real ones do now and then."""


class Entry(NamedTuple):
    """One written prefix."""

    expires_at: float
    readable_from: float


_Entries = dict[Ttl, dict[bytes, Entry]]


class Outcome(NamedTuple):
    """What a request read and wrote."""

    usage: Usage
    """Input side only; ``output_tokens`` is 0."""
    read_index: int | None
    """Index of the block that ends the prefix that was read; ``None`` for a miss."""


class Simulator:
    """The prompt cache of one provider, for any number of workspaces and models."""

    def __init__(self, options: Options | None = None, *, random: Random | None = None) -> None:
        self._options = options or Options()
        self._random = random or Random(0)
        self._workspaces: dict[str, _Entries] = {}

    def send(
        self, request: PreparedRequest, *, at: float, workspace: str = "", begins_at: float | None = None
    ) -> Outcome:
        """Bill a request that starts at ``at`` seconds, and keep what it writes.

        Entries are readable once the response begins, at ``begins_at``; by default just after
        ``at``, so that requests of the same instant are parallel and each pays its write.
        """
        entries = self._workspaces.get(workspace)
        if entries is None:
            entries = self._workspaces[workspace] = {"5m": {}, "1h": {}}
        points = request.eligible
        read_index = self._find_read(request, points, entries, at)
        if read_index is not None:
            if self._options.miss_rate and self._random.random() < self._options.miss_rate:
                earlier = tuple(point for point in points if point.block_index < read_index)
                read_index = self._find_read(request, earlier, entries, at)
            else:
                _refresh(request.fingerprints[read_index], entries, at)
        readable_from = nextafter(at, inf) if begins_at is None else begins_at
        for point in points:
            _write(request.fingerprints[point.block_index], point.ttl, entries, at, readable_from)
        return Outcome(bill(request, points, read_index), read_index)

    def _find_read(
        self, request: PreparedRequest, points: Sequence[Breakpoint], entries: _Entries, at: float
    ) -> int | None:
        """Index of the block that ends the longest live prefix within reach of a breakpoint."""
        fingerprints, positions = request.fingerprints, request.positions
        marked = {point.block_index: point.ttl for point in points} if self._options.is_ttl_in_key else {}
        for point in reversed(points):
            lowest = positions[point.block_index] - LOOKBACK_POSITIONS + 1
            for index in range(point.block_index, -1, -1):
                if positions[index] < lowest:
                    break
                ttl = marked.get(index)
                if ttl is None:
                    if _is_live(entries["5m"], fingerprints[index], at) or _is_live(
                        entries["1h"], fingerprints[index], at
                    ):
                        return index
                elif _is_live(entries[ttl], fingerprints[index], at):
                    return index
        return None


def bill(request: PreparedRequest, points: Sequence[Breakpoint], read_index: int | None) -> Usage:
    """Usage of a request that reads the prefix that ends at ``read_index`` and writes at ``points``.

    A is what is read; B ends at the last 1h breakpoint behind A, C at the last breakpoint:
    A is read, B - A written for 1h, C - B for 5m, the rest is uncached.
    """
    prefixes, total = request.count.prefixes, request.count.total
    if not points:
        return Usage(input_tokens=total)
    read = 0 if read_index is None else prefixes[read_index]
    last = max(read, prefixes[points[-1].block_index])
    one_hour = max((prefixes[point.block_index] for point in points if point.ttl == "1h"), default=read)
    one_hour = max(read, one_hour)
    return Usage(
        input_tokens=total - last,
        cache_read_input_tokens=read,
        ephemeral_1h_input_tokens=one_hour - read,
        ephemeral_5m_input_tokens=last - one_hour,
    )


def _is_live(entries: dict[bytes, Entry], fingerprint: bytes, at: float) -> bool:
    entry = entries.get(fingerprint)
    return entry is not None and entry.readable_from <= at <= entry.expires_at


def _write(fingerprint: bytes, ttl: Ttl, entries: _Entries, at: float, readable_from: float) -> None:
    old = entries[ttl].get(fingerprint)
    if old is not None and old.expires_at >= at:
        readable_from = min(old.readable_from, readable_from)
    entries[ttl][fingerprint] = Entry(at + TTL_SECONDS[ttl], readable_from)


def _refresh(fingerprint: bytes, entries: _Entries, at: float) -> None:
    """Every use starts the lifetime anew, counted from the start of the request."""
    for ttl, by_fingerprint in entries.items():
        if _is_live(by_fingerprint, fingerprint, at):
            by_fingerprint[fingerprint] = by_fingerprint[fingerprint]._replace(expires_at=at + TTL_SECONDS[ttl])
