"""The findings as SARIF 2.1.0, for code scanning and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html (checked 2026-11-24)
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.findings.ranking import worst_first
from harness.findings.rules import RULES
from harness.findings.words import slashed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.findings.finding import Finding
    from harness.findings.rules import Rule

_TOOL = "prompt-cache-harness"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Sequence[Finding], *, is_private: bool) -> str:
    """Write all findings as one SARIF log of one run, worst first; without findings, the log has no results."""
    ranked = worst_first(findings)
    rules = sorted({finding.rule for finding in ranked})
    results = [
        _result(finding, rules, mark, is_private=is_private)
        for finding, mark in zip(ranked, _fingerprints(ranked), strict=True)
    ]
    driver = {"name": _TOOL, "version": version(_TOOL), "rules": [_descriptor(rule) for rule in rules]}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2) + "\n"


def _descriptor(rule: Rule) -> dict[str, Any]:
    row = RULES[rule]
    return {"id": rule, "shortDescription": {"text": f"{row.short}."}, "help": {"text": row.help}}


def _result(finding: Finding, rules: Sequence[Rule], mark: str, *, is_private: bool) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level,
        "message": {"text": _unlink("\n".join(finding.lines(is_private=is_private)))},
        "partialFingerprints": {"ruleTestPath/v1": mark},
        "properties": _properties(finding),
    }
    return result if finding.file is None else {**result, "locations": [_location(finding.file, finding.line)]}


def _location(file: str, line: int | None) -> dict[str, Any]:
    path = PurePosixPath(slashed(file)).as_posix().encode("utf-8", "surrogateescape")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"},
            # Code scanning needs a region; if the line is unknown, it is the first line.
            "region": {"startLine": line or 1},
        }
    }


def _properties(finding: Finding) -> dict[str, Any]:
    known = {
        "cause": finding.cause,
        "tokens": finding.tokens,
        "costs": list(finding.costs),
        "test": finding.test,
        "command": finding.command,
    }
    return {name: value for name, value in known.items() if value}


def _fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Identify each result across runs by rule, test and place, numbered where these are equal."""
    seen: Counter[str] = Counter()
    marks = []
    for finding in findings:
        parts = (finding.rule, finding.test, finding.place.path if finding.place else "")
        digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[digest] += 1
        marks.append(f"{digest}:{seen[digest]}")
    return marks


def _unlink(text: str) -> str:
    """Escape links, so that no viewer shows one.

    ``[text](target)`` is a link even in plain messages, and text of a prompt may hold it. The
    escape is Python's, so an excerpt still stands for the same text.
    """
    return text.replace("](", r"]\x28")
