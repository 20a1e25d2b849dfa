"""Findings from exceptions: those an exception carries, or one made from its class and message."""

import re

from harness.errors import (
    CheckError,
    HarnessError,
    LockError,
    NetworkBlockedError,
    RefusedRequestError,
    RequestError,
    ScriptError,
    SuiteError,
)
from harness.findings.finding import Finding
from harness.findings.rules import Rule

_RULES: tuple[tuple[type[HarnessError], Rule], ...] = (
    (CheckError, "check"),
    (NetworkBlockedError, "network-blocked"),
    (LockError, "cannot-tell"),
    (RefusedRequestError, "never-cached"),
    (RequestError, "cannot-tell"),
    # The rest: an invalid suite, cassette, option or environment variable.
    (HarnessError, "invalid-input"),
)
"""The first class that matches counts."""

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<rest>.*)", re.DOTALL)


def split_place(message: str) -> tuple[str | None, int | None, str]:
    """Split ``path:line: rest``; without a place, all of it is the rest."""
    found = _PLACE.fullmatch(message)
    return (found["file"], int(found["line"]), found["rest"]) if found else (None, None, message)


def findings_of(error: BaseException, *, withheld: str | None = None) -> tuple[Finding, ...]:
    """Collect the findings of a harness error; empty for any other exception.

    In a private run, ``withheld`` replaces the message, which may quote a prompt.
    """
    if not isinstance(error, HarnessError):
        return ()
    return tuple(finding for finding in error.findings if isinstance(finding, Finding)) or (
        _make_finding(error, withheld),
    )


def _make_finding(error: HarnessError, withheld: str | None) -> Finding:
    rule = next(rule for kind, rule in _RULES if isinstance(error, kind))
    file, line, message = (
        split_place(error.message) if isinstance(error, SuiteError | ScriptError) else (None, None, error.message)
    )
    if withheld is not None:
        return Finding(rule=rule, headline=f"{type(error).__name__} ({withheld})", file=file, line=line)
    headline, *facts = message.splitlines() or [type(error).__name__]
    # A hint that is a command becomes the finding's command, not its fix.
    is_command = (error.hint or "").startswith("pytest ")
    return Finding(
        rule=rule,
        headline=headline,
        facts=tuple(fact.strip() for fact in facts),
        fix=None if is_command else error.hint,
        command=(error.hint or "") if is_command else "",
        file=file,
        line=line,
    )
