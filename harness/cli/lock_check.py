"""``harness lock --check``: the fast check that runs before a commit."""

import argparse
import json

from harness.cassettes.store import CassetteStore
from harness.client.token_memo import TokenMemo
from harness.gate.compare import Gate
from harness.gate.lockfile import Lock
from harness.gate.quick import QuickCheck, check_quickly
from harness.prompt.tokens import TextCounter
from harness.promptcache.finding import Finding

_UNDECIDED = 2


def print_check(options: argparse.Namespace, lock: Lock) -> int:
    """Print what a fast check found; 1 for a bust, 2 if something cannot be judged."""
    store = CassetteStore(options.cassettes or options.file.parent / "cassettes")
    gate = Gate(lock=lock, get_text=store.find_text, count_text=TextCounter(TokenMemo()))
    result = check_quickly(gate, options.file)
    print(_to_json(result, options) if options.format == "json" else _to_text(result, options))
    errors = [finding for finding in result.findings if finding.level == "error"]
    if any(finding.rule != "undecided" for finding in errors):
        return 1
    return _UNDECIDED if errors else 0


def _to_text(result: QuickCheck, options: argparse.Namespace) -> str:
    lines = [line for finding in result.findings for line in _show(finding, options)]
    lines += [f"left to pytest: {name} makes its own client" for name in result.left]
    verdict = "as accepted" if not any(finding.level == "error" for finding in result.findings) else "not as accepted"
    return "\n".join([*lines, f"{options.file}: {result.cases:,} cases built, {verdict}"])


def _show(finding: Finding, options: argparse.Namespace) -> list[str]:
    place = "" if finding.file is None else f"{finding.file}:{finding.line}: "
    headline, *rest = finding.lines(is_private=options.private)
    return [f"{place}{headline}", *rest]


def _to_json(result: QuickCheck, options: argparse.Namespace) -> str:
    findings = [finding.to_json(is_private=options.private) for finding in result.findings]
    return json.dumps(
        {"cases": result.cases, "left_to_pytest": list(result.left), "findings": findings}, indent=2, ensure_ascii=False
    )
