from dataclasses import replace

import pytest

from harness.findings.finding import Finding
from harness.findings.ranking import count_levels, next_command, worst_first
from tests.reports.examples import ACCEPTED, BUST, FINDINGS, UNUSED


def test_errors_come_first_and_equals_keep_their_order() -> None:
    other = replace(BUST, headline="another")
    assert worst_first([ACCEPTED, UNUSED, BUST, other]) == [BUST, other, UNUSED, ACCEPTED]


@pytest.mark.parametrize(
    ("findings", "words"),
    [((), "no findings"), ((BUST, BUST, ACCEPTED), "2 errors, 1 note"), ((UNUSED,) * 1_200, "1,200 warnings")],
)
def test_findings_are_counted_by_level(findings: tuple[Finding, ...], words: str) -> None:
    assert count_levels(findings) == words


def test_the_next_command_is_that_of_the_worst_finding_that_has_one() -> None:
    assert next_command(FINDINGS) == BUST.command
    assert next_command([replace(BUST, command=""), ACCEPTED]) == ACCEPTED.command
    assert next_command([]) == ""
