from dataclasses import replace

import pytest
from hypothesis import given

from harness.findings.finding import Finding, Place
from harness.reports.terminal import MAX_OF_A_LEVEL, finding_lines
from tests.reports.examples import ACCEPTED, BUST, FINDINGS, HOSTILE, findings_of

MEANT = "if it was meant: give the prompt a new version, or accept it, best with a reason (cache_bust)"


@pytest.mark.parametrize(
    ("is_private", "place"),
    [
        (False, "system[0] at character 1,234: 'as of 12:00 canary-7f3a' -> 'as of 12:01 canary-7f3a'"),
        (True, "system[0] at character 1,234"),
    ],
)
def test_the_summary_is_whole(is_private: bool, place: str) -> None:
    assert finding_lines(FINDINGS, is_private=is_private) == [
        "error: analysis v2: the prefix is not the accepted one",
        f"  prompts/analysis/v2.md:12, {place}",
        "  cause: timestamp: the prefix contains a date or time that changes",
        "  cost: 4,000 tokens are no longer read: $0.0108 more per call",
        "warning: analysis v1: the lock file has an entry that no test used",
        "  prompts.lock",
        "note: suggestions v1: a changed prefix was accepted: typo fixed",
        "  cost: one write of 4,000 tokens: $0.0150 once",
        "  next: git add prompts.lock",
        "if this was not meant: undo the change",
        f"{MEANT}: pytest prompt_suites --harness-update-lock",
    ]


def test_no_findings_make_no_lines() -> None:
    assert finding_lines([], is_private=False) == []


def test_a_finding_that_knows_nothing_more_is_one_line() -> None:
    finding = Finding(rule="cannot-tell", headline="support v1: nothing to compare with")
    assert finding_lines([finding], is_private=False) == ["error: support v1: nothing to compare with"]


def test_a_place_without_texts_is_shown_alone() -> None:
    finding = Finding(rule="leak", headline="support v1: a field leaks", place=Place(path="system[0]", offset=5))
    assert finding_lines([finding], is_private=False) == [
        "error: support v1: a field leaks",
        "  system[0] at character 5",
    ]


def test_many_findings_of_a_level_are_counted() -> None:
    findings = [replace(BUST, headline=f"{number}") for number in range(MAX_OF_A_LEVEL + 2)]
    lines = finding_lines([ACCEPTED, *findings], is_private=True)
    assert [line for line in lines if not line.startswith("  ")] == [
        *(f"error: {number}" for number in range(MAX_OF_A_LEVEL)),
        "and 2 more errors",
        "note: suggestions v1: a changed prefix was accepted: typo fixed",
        "if this was not meant: undo the change",
        f"{MEANT}: pytest prompt_suites --harness-update-lock",
    ]


@given(findings_of(HOSTILE))
def test_whatever_stands_in_a_finding_its_lines_stay_lines(finding: Finding) -> None:
    assert all(line.isprintable() for line in finding_lines([finding], is_private=False))
