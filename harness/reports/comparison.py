"""Two reports compared: by suite and version, and by findings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tabulate import tabulate

from harness.findings.words import count, printable
from harness.provider.pricing import dollars
from harness.reports.markup import cell, inline
from harness.reports.totals import hit_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.reports.document import FindingModel, ReportDocument, VersionModel

_HEADERS = ("suite", "version", "model", "plan", "cost", "saved", "read from the cache", "quality")
_UNKNOWN = "unknown"


class Key(NamedTuple):
    """What makes two rows of two reports the same version."""

    suite: str
    version: str
    model: str
    answered_by: str
    plan: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPair:
    """One version in both reports; ``None`` where a report lacks it."""

    key: Key
    before: VersionModel | None
    after: VersionModel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a report differs from an earlier one."""

    versions: tuple[VersionPair, ...]
    new: tuple[FindingModel, ...]
    """Findings that the earlier report does not have."""
    gone: tuple[FindingModel, ...]

    @property
    def is_worse(self) -> bool:
        """Whether a new finding is an error."""
        return any(finding.level == "error" for finding in self.new)


def compare(before: ReportDocument, after: ReportDocument) -> Comparison:
    """Compare two reports; versions in the order of the later one, then those that only the earlier one has."""
    rows = [{_key(version): version for version in report.versions} for report in (before, after)]
    keys = dict.fromkeys([*rows[1], *rows[0]])
    return Comparison(
        versions=tuple(VersionPair(key=key, before=rows[0].get(key), after=rows[1].get(key)) for key in keys),
        new=_only_in(after.findings, before.findings),
        gone=_only_in(before.findings, after.findings),
    )


def comparison_text(found: Comparison) -> str:
    """Write a comparison for a terminal."""
    parts = [_table(found, "simple", printable)] if found.versions else []
    for title, findings in (("new", found.new), ("gone", found.gone)):
        if findings:
            rows = [f"  {finding.level}: {printable(finding.headline)}" for finding in findings]
            parts.append("\n".join([f"{title}: {count(len(findings), 'finding')}", *rows]))
    return "\n\n".join([*parts, *_same(found)])


def comparison_markdown(found: Comparison) -> str:
    """Write a comparison as Markdown."""
    parts = ["# Prompt cache: two runs compared"]
    parts += [_table(found, "github", cell)] if found.versions else []
    for title, findings in (("New findings", found.new), ("Findings that are gone", found.gone)):
        if findings:
            rows = [f"- **{finding.level}**: {inline(finding.headline)}" for finding in findings]
            parts += [f"## {title}", "\n".join(rows)]
    return "\n\n".join([*parts, *(f"{line}." for line in _same(found))])


def comparison_json(found: Comparison) -> str:
    """Write a comparison as indented JSON; ``null`` for what is not known, or not in a report."""
    document = {
        "versions": [
            {**pair.key._asdict(), "before": _figures(pair.before), "after": _figures(pair.after)}
            for pair in found.versions
        ],
        "findings": {
            name: [
                {"level": one.level, "rule": one.rule, "headline": one.headline, "test": one.test} for one in findings
            ]
            for name, findings in (("new", found.new), ("gone", found.gone))
        },
    }
    return json.dumps(document, indent=2, default=lambda amount: f"{amount:f}")


def _key(version: VersionModel) -> Key:
    return Key(version.suite, version.version, version.model, version.answered_by, version.plan)


def _only_in(findings: Iterable[FindingModel], others: Iterable[FindingModel]) -> tuple[FindingModel, ...]:
    known = {(other.rule, other.level, other.headline, other.test) for other in others}
    return tuple(one for one in findings if (one.rule, one.level, one.headline, one.test) not in known)


def _same(found: Comparison) -> list[str]:
    return [] if found.new or found.gone else ["the findings are the same"]


def _figures(version: VersionModel | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {
        "calls": version.calls,
        "cost_usd": version.cost_usd,
        "savings_usd": version.savings_usd,
        "savings_share": version.savings_share,
        "hit_ratio": hit_ratio([version.usage]),
        "quality": {one.check: one.mean_score if one.rate is None else one.rate for one in version.quality},
    }


def _table(found: Comparison, style: str, show: Callable[[str], str]) -> str:
    rows = [
        (
            *(show(value) for value in (pair.key.suite, pair.key.version, pair.key.model, pair.key.plan or "-")),
            _both(pair, _cost),
            _both(pair, lambda version: _percent(version.savings_share)),
            _both(pair, lambda version: _percent(hit_ratio([version.usage]))),
            show(_quality(pair)),
        )
        for pair in found.versions
    ]
    return tabulate(rows, headers=_HEADERS, tablefmt=style, disable_numparse=True)


def _both(pair: VersionPair, show: Callable[[VersionModel], str]) -> str:
    if pair.before is None or pair.after is None:
        version, word = (pair.after, "new") if pair.after else (pair.before, "gone")
        return f"{show(version)} ({word})" if version else word
    before, after = show(pair.before), show(pair.after)
    return after if before == after else f"{before} -> {after}"


def _quality(pair: VersionPair) -> str:
    """List the checks whose result changed."""
    if pair.before is None or pair.after is None:
        return "-"
    old, new = (_figures(version) or {} for version in (pair.before, pair.after))
    changed = [
        f"{check}: {_percent(old['quality'].get(check))} -> {_percent(new['quality'].get(check))}"
        for check in dict.fromkeys([*new["quality"], *old["quality"]])
        if old["quality"].get(check) != new["quality"].get(check)
    ]
    return "; ".join(changed) or ("same" if new["quality"] else "-")


def _cost(version: VersionModel) -> str:
    return _UNKNOWN if version.cost_usd is None else dollars(version.cost_usd)


def _percent(share: object) -> str:
    return _UNKNOWN if share is None else f"{float(f'{share}') * 100:.1f} %".replace(".0 ", " ")
