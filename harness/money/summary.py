"""All that a report says about the money of one prompt version, by the keys of ``report.json``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from harness.errors import UnknownPriceError
from harness.money.arrivals import Arrivals
from harness.money.attribution import attribute, describe
from harness.money.calls import PricedCall
from harness.money.outcomes import price_outcomes
from harness.money.traffic import Traffic
from harness.money.versions import price_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The calls of one prompt version with one model."""

    version: str
    model: str
    calls: Sequence[PricedCall]


def summarize(
    calls: Calls,
    *,
    before: Calls | None = None,
    traffic: tuple[Arrivals, Decimal] | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Sum up a version's money; ``before`` is the version to compare with, ``traffic`` its pattern and calls a day.

    Keys: those of `VersionCosts.to_json`, ``attribution`` and ``traffic``. The last two are ``None`` without a version
    before or a traffic, and if a call has a part without a known price.
    """
    return {
        **price_version(calls.calls).to_json(),
        "attribution": None if before is None else _attribute(before, calls, at),
        "traffic": None if traffic is None else _price_traffic(calls, traffic, at),
    }


def _attribute(before: Calls, after: Calls, at: datetime | None) -> dict[str, Any] | None:
    try:
        one, two = (describe([call.usage for call in side.calls], side.model, at=at) for side in (before, after))
    except UnknownPriceError:
        return None
    return attribute(one, two, against=before.version).to_json()


def _price_traffic(calls: Calls, traffic: tuple[Arrivals, Decimal], at: datetime | None) -> dict[str, Any] | None:
    try:
        outcomes = price_outcomes([call.usage for call in calls.calls], calls.model, at=at)
    except UnknownPriceError:
        return None
    if outcomes is None:
        return None
    arrivals, calls_per_day = traffic
    return Traffic(arrivals=arrivals, calls_per_day=calls_per_day, outcomes=outcomes).to_json()
