"""Findings as annotations on GitHub, and text that GitHub must not take for commands.

The runner reads every line that a step prints. It obeys ``::name ...::`` at the beginning
of a line, after any white space, and the older ``##[name ...]`` anywhere in a line. A prompt
may hold either, so all output that may show text of a prompt goes through `defuse`. The
command ``stop-commands`` is not enough: it also silences other tools of the same step, and
a run that dies in between never lifts it.

Sources (checked 2026-11-24):
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md (the limits)
"""

import re
from collections.abc import Sequence

from harness.findings.commands import next_lines
from harness.findings.finding import Finding, Severity
from harness.findings.ranking import LEVELS, of_level
from harness.findings.words import count, printable, slashed

MAX_OF_A_KIND = 10
"""Annotations of one kind that GitHub keeps per step; it silently drops the others."""

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))

# The runner ends lines at CR or LF; Python's "^" knows only LF.
_LINE_COMMAND = re.compile(r"(?:^|(?<=[\r\n]))([^\S\r\n]*):(?=:)")
# GitHub's "##[", and also "##vso[" of Azure Pipelines, whose agent the runner is based on, and "##teamcity[".
_INNER_COMMAND = re.compile(r"##(?=\w*\[)")


def annotations(findings: Sequence[Finding], *, is_private: bool) -> list[str]:
    """Write one workflow command for each finding, errors first, as lines to print.

    There are at most `MAX_OF_A_KIND` errors, warnings and notices each. If some are left out, the
    last line is plain text that says how many.
    """
    kinds = [of_level(findings, level) for level in LEVELS]
    lines = [_annotation(finding, is_private=is_private) for kind in kinds for finding in kind[:MAX_OF_A_KIND]]
    if left_out := len(findings) - len(lines):
        lines.append(
            f"{count(left_out, 'more finding')} without an annotation: "
            f"GitHub shows {MAX_OF_A_KIND} errors, {MAX_OF_A_KIND} warnings and {MAX_OF_A_KIND} notices per step"
        )
    return lines


def defuse(text: str) -> str:
    """Escape every workflow command that the runner would obey; ``text`` may have many lines.

    The first character of a command is replaced by its Python escape. The escape is visible, and in
    an excerpt, which is a Python literal, it stands for the same text.
    """
    return _INNER_COMMAND.sub(r"#\\x23", _LINE_COMMAND.sub(r"\1\\x3a", text))


def _annotation(finding: Finding, *, is_private: bool) -> str:
    lines = [printable(line) for line in finding.lines(is_private=is_private)]
    lines += [printable(line) for line in next_lines(finding)]
    properties = {"title": f"prompt cache: {finding.rule}"}
    if finding.file is not None:
        line = {} if finding.line is None else {"line": str(finding.line)}
        properties = {"file": slashed(finding.file), **line, **properties}
    shown = ",".join(f"{name}={_escape(defuse(value), _PROPERTY)}" for name, value in properties.items())
    # Defused too, because a runner that does not know "notice" looks for older commands in the line.
    return f"::{_COMMANDS[finding.level]} {shown}::{_escape(defuse(chr(10).join(lines)), _DATA)}"


def _escape(text: str, table: Sequence[tuple[str, str]]) -> str:
    for char, escape in table:
        text = text.replace(char, escape)
    return text
