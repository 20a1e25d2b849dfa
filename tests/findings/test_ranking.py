from dataclasses import replace

import pytest

from harness.findings.finding import Finding
from harness.findings.ranking import count_levels, next_command, place_in_file, printable, worst_first
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


@pytest.mark.parametrize(
    ("file", "line", "shown"),
    [("a/b.md", 3, "a/b.md:3"), ("a\\b.md", None, "a/b.md"), (None, None, ""), (None, 3, "")],
)
def test_a_place_is_a_path_with_forward_slashes(file: str | None, line: int | None, shown: str) -> None:
    assert place_in_file(replace(BUST, file=file, line=line)) == shown


def test_the_next_command_is_that_of_the_worst_finding_that_has_one() -> None:
    assert next_command(FINDINGS) == BUST.command
    assert next_command([replace(BUST, command=""), ACCEPTED]) == ACCEPTED.command
    assert next_command([]) == ""


def test_control_and_invisible_characters_are_shown_as_escapes() -> None:
    assert printable("é\t\n\x1b[31m\u200b\u202e\udc80\\") == "é\\t\\n\\x1b[31m\\u200b\\u202e\\udc80\\"
