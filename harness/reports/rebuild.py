"""Rebuild the report of a run from its ``report.json``, for formats that are written from a `RunReport`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.finding import Finding, is_withheld
from harness.findings.verdict import judge
from harness.provider.usage import Usage
from harness.reports.report import RunReport, VersionRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.reports.document import ReportDocument, VersionModel


def rebuild(document: ReportDocument) -> RunReport:
    """Make the report of a run. Texts that a private run withheld stay withheld."""
    findings = tuple(Finding.from_json(finding.model_dump()) for finding in document.findings)
    has_all = judge(findings) == document.verdict
    return RunReport(
        mode=document.mode,
        rows=tuple(map(_row, document.versions)),
        passed=document.passed,
        failed=document.failed,
        findings=findings,
        # What a report says of failures without a finding is its verdict.
        explained=document.failed if has_all else 0,
        gateway=document.gateway,
        created=document.created,
        quality={
            (version.suite, version.version, version.answered_by): [row.model_dump() for row in version.quality]
            for version in document.versions
            if version.quality
        },
        comparisons=tuple(one.model_dump() for one in document.comparisons),
    )


def is_private(findings: Iterable[Finding]) -> bool:
    """Whether the texts of findings were withheld, so that there are only their lengths and digests."""
    places = [finding.place for finding in findings if finding.place]
    texts = [text for place in places for text in (place.before, place.after) if text]
    texts += [quote for finding in findings for quote in finding.quotes]
    return all(is_withheld(text) for text in texts)


def _row(version: VersionModel) -> VersionRow:
    tokens = Usage.from_api(version.usage)
    # The lines of the report, which have the form of a modifier.
    lines = tuple((key, value) for key, _, value in (line.partition(": ") for line in version.also_billed))
    usage = Usage(
        input_tokens=tokens.input_tokens,
        cache_read_input_tokens=tokens.cache_read_input_tokens,
        ephemeral_5m_input_tokens=tokens.ephemeral_5m_input_tokens,
        ephemeral_1h_input_tokens=tokens.ephemeral_1h_input_tokens,
        output_tokens=tokens.output_tokens,
        modifiers=lines,
    )
    return VersionRow(
        suite=version.suite,
        version=version.version,
        model=version.model,
        origin=version.answered_by,
        plan=version.plan or "",
        calls=version.calls,
        usage=usage,
        cost=version.cost_usd,
        cost_without_cache=version.cost_without_cache_usd,
        not_priced=version.not_priced,
    )
