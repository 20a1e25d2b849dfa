"""What the checks of answers said, in the lock file and between two of them."""

import re
from dataclasses import replace

import pytest

from harness.errors import LockError
from harness.lock.difference import compare_locks, difference_table, flipped_lines
from harness.lock.format2 import format_lock
from harness.lock.lockfile import parse_lock
from harness.lock.results import LockedResult, find_flipped
from tests.lock.locks import ENTRY, make_lock

PASSED, FAILED, UNTOLD = LockedResult(1, 1), LockedResult(0, 1), LockedResult(0, 0)
CHECKED = replace(ENTRY, answered_by="emulator", results={"headings": PASSED, "keywords": LockedResult(4, 5, 0.8125)})


def test_results_are_on_the_line_of_their_case() -> None:
    text = format_lock(make_lock(CHECKED))

    (line,) = [line for line in text.splitlines() if '"case"' in line]
    assert line.endswith('"answered_by": "emulator", "checks": {"headings": [1, 1, null], "keywords": [4, 5, 0.8125]}}')
    assert parse_lock(text, "prompts.lock").entries[CHECKED.key] == CHECKED


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("[1, 1]", "the check 'headings' has 2 values, expected 3"),
        ("[2, 1, null]", "2 of 1 samples of the check 'headings' passed"),
        ("[1, true, null]", "samples is True, expected a whole number of 0 or more"),
        ("[-1, 1, null]", "passed samples is -1, expected a whole number of 0 or more"),
        ("[1, 1, 1.5]", "score is 1.5, expected a number from 0 to 1, or null"),
        ("[1, 1, true]", "score is True, expected a number from 0 to 1, or null"),
        ("1", "the result of a check is 1, expected a list"),
    ],
)
def test_damaged_results_are_named_with_their_line(written: str, problem: str) -> None:
    text = format_lock(make_lock(CHECKED)).replace("[1, 1, null]", written)

    with pytest.raises(LockError, match=rf"^prompts\.lock:\d+: {re.escape(problem)}"):
        parse_lock(text, "prompts.lock")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (PASSED, "passed"),
        (FAILED, "failed"),
        (UNTOLD, "cannot tell"),
        (LockedResult(4, 5), "4 of 5 samples passed"),
        (LockedResult(1, 1, 0.816), "passed (0.82)"),
    ],
)
def test_a_result_as_text(result: LockedResult, said: str) -> None:
    assert str(result) == said


def test_only_results_that_both_sides_can_tell_flip() -> None:
    before = {"a": PASSED, "b": PASSED, "c": UNTOLD, "d": FAILED, "e": PASSED}
    after = {"a": PASSED, "b": FAILED, "c": FAILED, "d": PASSED, "f": PASSED}

    assert find_flipped(before, after) == [("b", PASSED, FAILED), ("d", FAILED, PASSED)]


def test_a_difference_lists_the_checks_that_flipped() -> None:
    now = replace(CHECKED, results={**CHECKED.results, "headings": FAILED})

    differences = compare_locks(make_lock(CHECKED), make_lock(now))

    assert [one.change for one in differences] == ["checks"]
    assert not differences[0].is_bust
    assert "checks" in difference_table(differences, style="simple")
    assert flipped_lines(differences) == ["support/support v1 refund: headings: passed → failed"]
