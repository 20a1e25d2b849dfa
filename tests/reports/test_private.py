"""A canary in every excerpt appears in no output of a private run."""

from collections.abc import Callable

import pytest

from harness.findings.finding import withhold
from harness.reports.github import annotations
from harness.reports.junit import properties
from harness.reports.markdown import markdown
from harness.reports.sarif import sarif
from harness.reports.terminal import finding_lines
from tests.reports.examples import BUST, CANARY, FINDINGS, READ, WRITE, report, row

CALLS = (row(WRITE), row(READ))
REPORT = report(*CALLS, findings=FINDINGS)

OUTPUTS: dict[str, Callable[[bool], str]] = {
    "sarif": lambda is_private: sarif(FINDINGS, is_private=is_private),
    "annotations": lambda is_private: "\n".join(annotations(FINDINGS, is_private=is_private)),
    "markdown": lambda is_private: markdown(REPORT, FINDINGS, is_private=is_private),
    "json": lambda is_private: REPORT.to_json(is_private=is_private),
    "terminal": lambda is_private: "\n".join(finding_lines(FINDINGS, is_private=is_private)),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_canary_is_seen_in_public_alone(name: str) -> None:
    assert CANARY in OUTPUTS[name](False)
    assert CANARY not in OUTPUTS[name](True)


def test_unless_asked_reports_are_private() -> None:
    assert CANARY not in markdown(REPORT, FINDINGS)
    assert CANARY not in REPORT.to_json()


def test_properties_never_hold_the_canary() -> None:
    assert CANARY not in str(properties(CALLS, FINDINGS))


@pytest.mark.parametrize("name", ["sarif", "annotations", "markdown", "json"])
def test_in_private_lengths_and_digests_stand_for_the_texts(name: str) -> None:
    assert BUST.place is not None
    assert withhold(BUST.place.after) in OUTPUTS[name](True)
