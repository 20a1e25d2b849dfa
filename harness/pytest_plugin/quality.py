"""The quality of all answers of a run: by version, compared, and by the rules of the suites."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.evaluation.cases import CaseCheck
from harness.evaluation.clusters import clusters
from harness.evaluation.comparison import Compared, Pair, compare_all
from harness.evaluation.quality import CaseResult, sum_up
from harness.evaluation.rules import find_broken_rules, find_worse
from harness.files import relative
from harness.findings.finding import Finding
from harness.suites.gate import GateEntry
from harness.suites.version_names import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    type _Results = dict[str, list[CaseResult]]
    """Results by check."""
    type _Group = tuple[str, str]
    """Suite and origin of the answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuality:
    """What the checks of all answers say."""

    by_version: Mapping[tuple[str, str, str], Sequence[Mapping[str, Any]]]
    """By suite, version and origin: a row for each check, with the keys of ``Quality``."""
    comparisons: Sequence[Compared]
    findings: Sequence[Finding]
    hint: str = ""
    """Why versions were not compared."""


def judge_run(rows: Iterable[str], *, root: Path) -> RunQuality:
    """Judge all answers of a run from the rows of its cases, which name the cases, their results and the rules."""
    cases = [json.loads(row) for row in rows]
    by_group: dict[_Group, list[dict[str, Any]]] = {}
    for case in cases:
        by_group.setdefault((case["suite"], case["answered_by"]), []).append(case)
    by_version: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    findings: list[Finding] = []
    pairs: list[tuple[Pair, dict[str, Any]]] = []
    for (suite, origin), group in by_group.items():
        results = _read_results(group)
        for version, checks in results.items():
            summed = [sum_up(check, found) for check, found in checks.items()]
            by_version[suite, version, origin] = [row.to_json() for row in summed]
            if group[0]["gate"] is not None:
                gate = GateEntry.model_validate(group[0]["gate"])
                broken = find_broken_rules(gate, summed, title=f"{suite} {version}")
                findings += [_place(finding, group[0], root) for finding in broken]
        units = clusters({case["case"]: case["fixtures"] for case in group})
        pairs += [(pair, group[0]) for pair in _list_pairs(suite, results, units)]
    try:
        compared = compare_all([pair for pair, _ in pairs])
    except UsageError as error:
        findings += [_not_compared(group[0], error, root) for group in by_group.values() if _fails_if_worse(group[0])]
        hint = f"{error.message}: {error.hint}"
        return RunQuality(by_version=by_version, comparisons=(), findings=findings, hint=hint)
    for one, (_, case) in zip(compared, pairs, strict=True):
        if _fails_if_worse(case) and (worse := find_worse(one)) is not None:
            findings.append(_place(worse, case, root))
    return RunQuality(by_version=by_version, comparisons=compared, findings=findings)


def _read_results(group: Sequence[Mapping[str, Any]]) -> dict[str, _Results]:
    """The results of a suite by version; the order of versions is that of their names."""
    versions: dict[str, _Results] = {}
    for case in sorted(group, key=lambda one: (natural_key(one["version"]), one["case"])):
        checks = versions.setdefault(case["version"], {})
        for data in case["results"]:
            check = CaseCheck.from_json(data)
            checks.setdefault(check.name, []).append(check.result_of(case["case"]))
    return versions


def _list_pairs(suite: str, versions: Mapping[str, _Results], units: Mapping[str, str]) -> Iterable[Pair]:
    """Each version with the one before it, by check."""
    for before, after in pairwise(versions):
        for check, results in versions[after].items():
            if check in versions[before]:
                yield Pair(
                    suite=suite,
                    check=check,
                    before=before,
                    after=after,
                    results_before=tuple(versions[before][check]),
                    results_after=tuple(results),
                    clusters=units,
                )


def _fails_if_worse(case: Mapping[str, Any]) -> bool:
    return case["gate"] is not None and bool(case["gate"]["worse"])


def _not_compared(case: Mapping[str, Any], error: UsageError, root: Path) -> Finding:
    finding = Finding(
        rule="cannot-tell",
        headline=f"{case['suite']}: its versions were not compared, which its gate asks for",
        facts=(error.message,),
        fix=error.hint,
    )
    return _place(finding, case, root)


def _place(finding: Finding, case: Mapping[str, Any], root: Path) -> Finding:
    path, line = case["place"]
    return replace(finding, file=relative(Path(path), root), line=line)
