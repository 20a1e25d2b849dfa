from pathlib import Path

import pytest

from harness.reports.formats import FORMATS, ReportFormat, list_files
from tests.reports.examples import BUST, CANARY, READ, WRITE, report, row

REPORT = report(row(WRITE), row(READ), failed=1, findings=(BUST,))


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_each_format_holds_the_finding_and_keeps_texts_private(row: ReportFormat) -> None:
    public, private = (row.write(REPORT, is_private=is_private) for is_private in (False, True))

    assert CANARY in public
    assert CANARY not in private
    assert "system[0]" in private
    assert "move it after the last breakpoint" in private


def test_files_are_named_in_a_sentence() -> None:
    *first, last = [row.file for row in FORMATS]

    assert first[0] == "report.md"
    assert list_files().split(" and ") == [", ".join(first), last]


def test_no_two_formats_have_one_name_or_file() -> None:
    assert len({row.name for row in FORMATS}) == len({Path(row.file) for row in FORMATS}) == len(FORMATS)
