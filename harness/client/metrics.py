"""What the prompt cache and the local cache save: per call in the log, and in total.

Each call is logged at INFO by the logger ``harness.client``, in the form of `harness.client.log_lines`.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import partial
from threading import RLock, Thread
from types import MappingProxyType
from typing import NamedTuple

from harness.client.log_lines import describe_call, write_line
from harness.client.totals import Snapshot, Totals
from harness.errors import UnknownPriceError
from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage

logger = logging.getLogger("harness.client")

_MOST_WAITING = 1_000
"""Calls that wait to be priced; more are priced in the background."""


class Answered(NamedTuple):
    """An answered call, not yet priced: pricing takes 0.2 ms, which no call should wait for."""

    load_usage: Callable[[], Usage]
    model: str
    version: str
    message_id: str
    at: datetime
    is_local_hit: bool = False
    is_partial: bool = False


class CacheMetrics:
    """Running totals of one client, for any number of threads."""

    def __init__(self) -> None:
        self._waiting: deque[Answered] = deque()
        self._parts: dict[tuple[str, str], Totals] = {}
        self._misses: Counter[str] = Counter()
        self._lock = RLock()

    def snapshot(self) -> Snapshot:
        """Return the totals of this moment, by prompt version and model."""
        with self._lock:
            self._settle()
            return Snapshot(parts=MappingProxyType(dict(self._parts)))

    @property
    def total(self) -> Totals:
        """The totals of this moment."""
        return self.snapshot().total

    @property
    def usage(self) -> Usage:
        """Tokens billed so far."""
        return self.total.usage

    @property
    def calls(self) -> int:
        """Calls answered, by the API or by the local cache."""
        return self.total.calls

    @property
    def local_hits(self) -> int:
        """Calls answered by the local cache; they cost nothing."""
        return self.total.local_hits

    @property
    def local_misses(self) -> int:
        """Calls that the API had to answer."""
        return self.total.local_misses

    @property
    def saved(self) -> Decimal:
        """Dollars saved by the two caches, without the calls in ``not_priced``."""
        return self.total.saved

    @property
    def not_priced(self) -> Mapping[str, int]:
        """What has no known price, with the number of its calls."""
        return self.total.not_priced

    @property
    def misses(self) -> Mapping[str, int]:
        """Causes of lost prefixes, with their numbers; only of a client with ``explain_misses``."""
        with self._lock:
            return dict(self._misses)

    def count_miss(self, cause: str) -> None:
        """Count a lost prefix."""
        with self._lock:
            self._misses[cause] += 1

    def record(
        self,
        usage: Usage,
        model: str,
        *,
        is_local_hit: bool = False,
        version: str = "",
        message_id: str = "",
        is_partial: bool = False,
    ) -> None:
        """Add one call; for a local hit, ``usage`` is that of the stored response."""
        call = Answered(partial(_same, usage), model, version, message_id, datetime.now(UTC), is_local_hit)
        self.add(call._replace(is_partial=is_partial))

    def add(self, call: Answered) -> None:
        """Add one call, whose usage is read and priced later: before it is logged or a total is read."""
        self._waiting.append(call)
        if logger.isEnabledFor(logging.INFO):
            with self._lock:
                self._settle()
        elif len(self._waiting) % _MOST_WAITING == 0:
            Thread(target=self.snapshot, daemon=True).start()

    def _settle(self) -> None:
        """Price the calls that wait."""
        while self._waiting:
            call = self._waiting.popleft()
            # Priced first: what handles its log line may read the totals meanwhile.
            priced, key = _price(call), (call.version, call.model)
            self._parts[key] = self._parts.get(key, Totals()) + priced


def _price(call: Answered) -> Totals:
    """Price a call, and log it."""
    usage = call.load_usage()
    billed = Usage() if call.is_local_hit else usage
    at = noon(call.at)
    reasons: tuple[str, ...] = ()
    try:
        full = price_without_cache(usage, call.model, at=at)
        cost = Decimal(0) if call.is_local_hit else price(usage, call.model, at=at)
    except UnknownPriceError as error:
        full, cost, reasons = Decimal(0), Decimal(0), error.reasons
    if logger.isEnabledFor(logging.INFO):
        line = describe_call(
            billed,
            model=call.model,
            version=call.version,
            message_id=call.message_id,
            amounts=None if reasons else (cost, full - cost),
            not_priced=reasons,
        )
        logger.info("%s", write_line(replace(line, is_local_hit=call.is_local_hit, is_partial=call.is_partial)))
    return Totals(
        calls=1,
        local_hits=int(call.is_local_hit),
        partial=int(call.is_partial),
        usage=billed,
        cost=cost,
        cost_without_cache=full,
        not_priced=MappingProxyType(dict.fromkeys(reasons, 1)),
    )


def noon(at: datetime) -> datetime:
    """Noon of the day of a call, at which it is priced, so that equal usages of a day are priced once."""
    return datetime.combine(at.date(), time(12), UTC)


def _same(usage: Usage) -> Usage:
    return usage
