"""Usage, cost and findings of a test, as properties of its case in a JUnit file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.provider.usage import Usage
from harness.reports.report import sum_known, unique

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.findings.finding import Finding
    from harness.reports.report import CallRow


def properties(calls: Sequence[CallRow], findings: Sequence[Finding]) -> list[tuple[str, str | int]]:
    """List names and flat values, without text of a prompt; unknown values are left out.

    Money is text, so that no digit is lost. Several rules or causes share one value, separated by
    commas, each once, because most readers keep only one property of a name.
    """
    known = {
        **_usage(calls),
        "harness.finding": _join(finding.rule for finding in findings),
        "harness.cause": _join(finding.cause for finding in findings if finding.cause is not None),
    }
    return [(name, value) for name, value in known.items() if value != ""]


def _usage(calls: Sequence[CallRow]) -> dict[str, str | int]:
    if not calls:
        return {}
    usage = sum((call.usage for call in calls), Usage())
    cost, plain = sum_known([call.cost for call in calls]), sum_known([call.cost_without_cache for call in calls])
    return {
        "harness.calls": len(calls),
        "harness.read_tokens": usage.cache_read_input_tokens,
        "harness.written_tokens": usage.cache_creation_input_tokens,
        "harness.uncached_tokens": usage.input_tokens,
        "harness.output_tokens": usage.output_tokens,
        "harness.cost_usd": "" if cost is None else f"{cost:f}",
        "harness.saved_usd": "" if cost is None or plain is None else f"{plain - cost:f}",
        "harness.not_priced": "; ".join(unique(reason for call in calls for reason in call.not_priced)),
        "harness.also_billed": "; ".join(usage.also_billed),
    }


def _join(names: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(names))
