"""Build the report of a run from its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.money.summary import Calls, summarize
from harness.provider.usage import Usage
from harness.reports.report import CallRow, RunReport, VersionRow, sum_known, unique
from harness.suites.version_names import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from harness.findings.finding import Finding
    from harness.money.arrivals import Arrivals
    from harness.provider.endpoints import Origin

    type _Key = tuple[str, str, str, Origin, str]
    """Suite, version, model, origin and plan."""


def build_report(
    calls: Iterable[CallRow],
    *,
    mode: str,
    passed: int,
    failed: int,
    findings: Iterable[Finding] = (),
    traffic: Mapping[str, tuple[Arrivals, Decimal]] | None = None,
) -> RunReport:
    """Sum calls by suite, prompt version, model, origin and plan, in that order.

    ``traffic`` holds the arrivals and the calls a day of suites that state them.
    """
    groups: dict[_Key, list[CallRow]] = {}
    for call in calls:
        groups.setdefault((call.suite, call.version, call.model, call.origin, call.plan), []).append(call)
    keys = sorted(groups)
    stated = traffic or {}
    rows = tuple(_sum_up(groups[key], _find_before(key, keys, groups), stated.get(key[0])) for key in keys)
    return RunReport(
        mode=mode,
        rows=rows,
        passed=passed,
        failed=failed,
        findings=tuple(findings),
    )


def _find_before(key: _Key, keys: Sequence[_Key], groups: Mapping[_Key, Sequence[CallRow]]) -> Sequence[CallRow]:
    """The calls of the version before, which answered the same cases by the same plan; empty if there is none."""
    suite, version, _, origin, plan = key
    others = [other for other in keys if (other[0], other[3], other[4]) == (suite, origin, plan)]
    earlier = [other for other in others if natural_key(other[1]) < natural_key(version)]
    return groups[max(earlier, key=lambda other: natural_key(other[1]))] if earlier else ()


def _sum_up(
    calls: Sequence[CallRow], before: Sequence[CallRow], traffic: tuple[Arrivals, Decimal] | None
) -> VersionRow:
    first = calls[0]
    own, earlier = (
        Calls(version=side[0].version, model=side[0].model, calls=side) if side else None for side in (calls, before)
    )
    assert own is not None
    return VersionRow(
        suite=first.suite,
        version=first.version,
        model=first.model,
        origin=first.origin,
        plan=first.plan,
        calls=len(calls),
        usage=sum((call.usage for call in calls), Usage()),
        cost=sum_known([call.cost for call in calls]),
        cost_without_cache=sum_known([call.cost_without_cache for call in calls]),
        not_priced=unique(reason for call in calls for reason in call.not_priced),
        money=summarize(own, before=earlier, traffic=traffic),
    )
