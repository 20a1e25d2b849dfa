"""``harness lock --check``: the fast check that runs before a commit."""

import argparse
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from harness.cassettes.store import CassetteStore
from harness.client.token_memo import TokenMemo
from harness.findings.commands import next_lines
from harness.findings.finding import Finding
from harness.findings.verdict import CANNOT_TELL, exit_code
from harness.findings.words import count, place_in_file, printable
from harness.lock.check import LockCheck, check_suites
from harness.lock.compare import Gate
from harness.lock.entries import Lock
from harness.network.guard import Guard
from harness.prompt.tokens import TextCounter
from harness.reports.markup import block
from harness.stability.determinism import find_unstable

_UNSTABLE = {"leak", "unstable"}
"""Rules of findings about prompts that may well be the accepted ones."""


def check(options: argparse.Namespace, lock: Lock) -> tuple[str, int]:
    """Run the fast check; return its findings as text, and the exit code: 1 for a bust, 2 for "cannot tell"."""
    root = options.root or options.file.parent
    store = CassetteStore(options.cassettes or root / "cassettes")
    counter = TextCounter(TokenMemo())
    gate = Gate(lock=lock, get_text=store.find_text, count_text=counter, find_upstream=store.upstream)
    # Output of the application must not mix with the findings; in private, it is not shown at all.
    sink = StringIO() if options.private else sys.stderr
    guard = Guard("harness lock --check", when="while prompts are built")
    with guard, redirect_stdout(sink), redirect_stderr(sink):
        result = check_suites(
            gate,
            options.file,
            root,
            find_unstable=find_unstable,
            is_private=options.private,
            is_outside_allowed=options.allow_outside,
        )
    # Even if the application swallowed it.
    guard.raise_first()
    code = exit_code(result.findings)
    if options.format == "json":
        return _to_json(result, options), code
    lines = _lines(result, options, code, plain=sum(not entry.version for entry in lock.entries.values()))
    return block(lines, language="text") if options.format == "markdown" else "\n".join(lines), code


def _lines(result: LockCheck, options: argparse.Namespace, code: int, *, plain: int) -> list[str]:
    wrong = {finding.rule for finding in result.findings if finding.level == "error"}
    bust = "not as accepted" if wrong - _UNSTABLE else "as accepted, but not the same for all inputs"
    verdict = {0: "as accepted", 1: bust, CANNOT_TELL: "but not all of them can be judged"}[code]
    lines = [line for finding in result.findings for line in _show(finding, options)]
    lines += [f"left to pytest: {what}" for what in result.left]
    if plain:
        lines.append(f"left to pytest: {count(plain, 'entry', 'entries')} of plain tests")
    # Nothing is as accepted if nothing was compared.
    verdict = f", {verdict}" if result.cases or code else ""
    lines.append(f"{options.file}: {count(result.cases, 'case')} compared{verdict}")
    return [printable(line) for line in lines]


def _show(finding: Finding, options: argparse.Namespace) -> list[str]:
    place = "" if finding.file is None else f"{place_in_file(finding.file, finding.line)}: "
    headline, *rest = finding.lines(is_private=options.private)
    command = (
        [f"  {line.replace('next: ', 'next:  ', 1)}" for line in next_lines(finding)]
        if finding.level == "error"
        else []
    )
    return [f"{place}{finding.level}: {headline}", *rest, *command]


def _to_json(result: LockCheck, options: argparse.Namespace) -> str:
    findings = [finding.to_json(is_private=options.private) for finding in result.findings]
    return json.dumps(
        {"cases": result.cases, "left_to_pytest": list(result.left), "findings": findings}, indent=2, ensure_ascii=False
    )
