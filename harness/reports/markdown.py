"""The report of a run as a pull request comment or a step summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.commands import next_lines
from harness.findings.ranking import count_levels, worst_first
from harness.findings.verdict import judge
from harness.findings.words import count, place_in_file
from harness.reports.markup import block, cell, code, inline
from harness.reports.quality import check_lines, comparison_lines, quality_table
from harness.reports.tables import answered_by, cost_line, cost_notes, savings_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.findings.finding import Finding
    from harness.reports.report import RunReport

MARKER = "<!-- prompt-cache-harness -->"
"""First line of each comment, by which the next run finds the comment to replace."""

COMMENT_LIMIT = 65_536
"""Most characters that GitHub accepts in a comment; counted in bytes here, which are never fewer."""

SUMMARY_LIMIT = 1024 * 1024
"""Most bytes that GitHub accepts in a step summary."""

# Room for the lines that count what was left out, and for the markup of the folded part.
_MARGIN = 500

_LEGEND = (
    "Tokens: written to and read from the prompt cache, uncached input, output. Plan: the calls that each case makes. "
    "In equal rounds and samples, the first writes and the others read all of it; questions read one static prefix; "
    "each call of a conversation reads what the one before it wrote."
)


def markdown(
    report: RunReport,
    findings: Sequence[Finding] = (),
    *,
    is_private: bool = True,
    limit: int = COMMENT_LIMIT,
) -> str:
    """Write verdict, findings and savings as a Markdown document of at most ``limit`` bytes.

    Errors and warnings come first; notes and accepted busts are folded away at the end.
    Findings that do not fit are counted. Texts of prompts are withheld by default.
    """
    head = _head(report, findings)
    table = [*_savings(report, limit // 2), *_answers(report, limit // 8)]
    room = limit - sum(_size(part) for part in (*head, *table)) - _MARGIN
    shown, room = _fit([finding for finding in findings if not _is_quiet(finding)], room, is_private=is_private)
    quiet = [finding for finding in findings if _is_quiet(finding)]
    folded, _ = _fit(quiet, room, is_private=is_private)
    return "\n\n".join([*head, *shown, *table, *_fold(folded, len(quiet))]) + "\n"


def _head(report: RunReport, findings: Sequence[Finding]) -> list[str]:
    calls = [f"{inline(cost_line(report))}; {answered_by(report)}."] if report.rows else []
    return [
        f"{MARKER}\n# Prompt cache: {judge(findings, unexplained=report.unexplained)}",
        f"{count_levels(findings)}; {report.passed} passed, {report.failed} failed in {code(report.mode)} mode.",
        *calls,
    ]


def _savings(report: RunReport, limit: int) -> list[str]:
    if not report.rows:
        return []
    table = savings_table(report, style="github", show=cell)
    if _size(table) > limit:
        table = f"The table of {count(len(report.rows), 'prompt version')} does not fit here."
    notes = block(found, language="text") if (found := cost_notes(report)) else ""
    return ["## Savings", table, *([notes] if notes and _size(notes) <= limit // 2 else []), _LEGEND]


def _answers(report: RunReport, limit: int) -> list[str]:
    """What the checks of the answers say; lines that do not fit are counted."""
    table = quality_table(report, style="github", show=cell)
    if not table:
        return []
    if _size(table) > limit:
        table = f"The table of {count(len(report.quality), 'prompt version')} does not fit here."
    lines = [f"- {inline(line)}" for line in (*check_lines(report), *comparison_lines(report))]
    kept: list[str] = []
    for line in lines:
        if sum(map(_size, [*kept, line])) > limit:
            kept.append(f"- And {count(len(lines) - len(kept), 'more line')}.")
            break
        kept.append(line)
    return ["## Answers", table, *(["\n".join(kept)] if kept else [])]


def _is_quiet(finding: Finding) -> bool:
    return finding.level == "note" or finding.rule == "accepted-bust"


def _fit(findings: Sequence[Finding], room: int, *, is_private: bool) -> tuple[list[str], int]:
    """Return the findings that fit, worst first, with a line that counts the rest, and the bytes still free."""
    parts: list[str] = []
    for finding in worst_first(findings):
        part = _show(finding, is_private=is_private)
        if _size(part) > room:
            # Stop even if a shorter one would fit, so that the worst findings are shown without gaps.
            parts.append(f"And {count(len(findings) - len(parts), 'more finding')} that did not fit here.")
            return parts, 0
        parts.append(part)
        room -= _size(part)
    return parts, room


def _show(finding: Finding, *, is_private: bool) -> str:
    lines = [line.removeprefix("  ") for line in finding.lines(is_private=is_private)[1:]]
    where = [code(place_in_file(finding.file, finding.line))] if finding.file else []
    if finding.test:
        where.append(f"found by {code(finding.test)}")
    parts = [f"**{finding.level}: {inline(finding.headline)}**", ", ".join(where)]
    if lines:
        parts.append(block(lines, language="text"))
    if finding.command:
        *others, last = next_lines(finding)
        what = last.removesuffix(finding.command).rstrip(": ")
        parts += [*(f"{_sentence(line)}." for line in others), f"{_sentence(what)}:"]
        parts.append(block([finding.command], language="sh"))
    return "\n\n".join(part for part in parts if part)


def _sentence(words: str) -> str:
    return "Run next" if words == "next" else words[:1].upper() + words[1:]


def _fold(parts: list[str], number: int) -> list[str]:
    if not parts:
        return []
    return [f"<details>\n<summary>Notes and accepted busts: {number:,}</summary>", *parts, "</details>"]


def _size(part: str) -> int:
    return len(part.encode()) + len("\n\n")
