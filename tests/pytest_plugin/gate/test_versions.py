"""New versions, accepted busts and their reasons."""

import pytest

from harness.findings.verdict import CANNOT_TELL
from tests.pytest_plugin.gate.runs import BUSTED, OTHER, REPORTS, facts, findings, section
from tests.pytest_plugin.scratch import EMULATE, PLAIN, Desk

pytest_plugins = ("pytester",)


def test_new_version_passes_and_tells_its_one_off_cost(desk: Desk) -> None:
    desk.write_test(text="def test_nothing():\n    pass\n")
    desk.accept()
    desk.write_app(OTHER)
    desk.write_suite(version="v2")

    result = desk.run(EMULATE)

    result.assert_outcomes(passed=3)
    assert section(result).strip() == VERSION.strip()


VERSION = """
note: desk v2 refund: a new version
  support/suite.yaml:8
  cost: 3,015 tokens are written once: $0.0075 for each prefix
note: desk v2 parcel: a new version
  support/suite.yaml:9
  cost: 3,015 tokens are written once: $0.0075 for each prefix
note: support/desk/v1/parcel: accepted, but no test sends it any more
  prompts.lock:1
note: support/desk/v1/refund: accepted, but no test sends it any more
  prompts.lock:1
next: pytest --harness-update-lock
"""


def test_accepted_new_version_replaces_the_old_one(accepted: Desk) -> None:
    accepted.write_app(OTHER)
    accepted.write_suite(version="v2")

    result = accepted.accept()

    assert list(accepted.entries) == ["support/desk/v2/parcel", "support/desk/v2/refund", PLAIN]
    assert [line.split()[1:4] for line in result.outlines if line.startswith("support/desk  ")] == [
        ["v1", "parcel", "removed"],
        ["v1", "refund", "removed"],
        ["v2", "parcel", "new"],
        ["v2", "refund", "new"],
    ]


def test_bust_with_a_reason_in_the_suite_passes_with_it(desk: Desk) -> None:
    desk.write_test(text="def test_nothing():\n    pass\n")
    desk.accept()
    desk.write_app(BUSTED)
    desk.write_suite(options="cache_bust: the trailing space is meant")

    result = desk.run(EMULATE, *REPORTS)

    result.assert_outcomes(passed=3)
    assert facts(findings(desk)) == {("accepted-bust", "note", "whitespace", "system[0]")}
    assert "note: desk v1 refund: a bust is accepted: the trailing space is meant" in result.outlines


def test_bust_with_a_reason_in_a_marker_passes_with_it(accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.write_test(marker='@pytest.mark.cache_bust(reason="the space is meant")\n')

    result = accepted.run(EMULATE, "support/test_app.py", *REPORTS)

    result.assert_outcomes(passed=1)
    assert "note: test_app test_ask: a bust is accepted: the space is meant" in result.outlines
    # The reason does not cover any other test.
    accepted.run(EMULATE).assert_outcomes(passed=1, failed=2)


def test_reason_is_kept_with_the_accepted_bust_and_used_up_by_it(accepted: Desk) -> None:
    accepted.write_suite(options="cache_bust: the space is meant")
    accepted.write_test(marker='@pytest.mark.cache_bust("the space is meant")\n')
    # Nothing changed that needs a reason.
    accepted.accept()
    assert {entry.reason for entry in accepted.entries.values()} == {None}

    accepted.write_app(BUSTED)
    result = accepted.accept()
    assert {entry.reason for entry in accepted.entries.values()} == {"the space is meant"}
    assert sum(" accepted " in line and line.endswith("the space is meant") for line in result.outlines) == 3
    accepted.run(EMULATE).assert_outcomes(passed=3)

    accepted.write_app(OTHER)
    result = accepted.run(EMULATE, *REPORTS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert facts(findings(accepted)) == {("bust", "error", "text_changed", "system[0]")}
    note = "  the given reason belongs to an earlier bust: give one for this change, or remove it"
    assert result.outlines.count(note) == 3


@pytest.mark.parametrize(
    "mark", ["cache_bust", "cache_bust()", "cache_bust('')", "cache_bust(reason=' ')", "cache_bust(7)"]
)
def test_marker_without_a_reason_is_refused(mark: str, accepted: Desk) -> None:
    accepted.write_test(marker=f"@pytest.mark.{mark}\n")

    result = accepted.run("support/test_app.py")

    assert result.ret == CANNOT_TELL
    reasons = {"cache_bust('')": "''", "cache_bust(reason=' ')": "' '", "cache_bust(7)": "7"}
    assert f"cache_bust: the reason is {reasons.get(mark, 'None')}, expected some words" in result.outlines
    assert '  try: @pytest.mark.cache_bust(reason="why this change is worth its cost")' in result.outlines


def test_marker_without_a_reason_is_refused_where_the_request_is_not_recorded(accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.write_test(marker="@pytest.mark.cache_bust\n")

    result = accepted.run("support/test_app.py")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("INTERNALERROR*")


@pytest.mark.parametrize("value", ["''", "' '"])
def test_empty_reason_in_a_suite_is_refused(value: str, accepted: Desk) -> None:
    accepted.write_suite(options=f"cache_bust: {value}")

    result = accepted.run("support/suite.yaml")

    assert result.ret == CANNOT_TELL
    result.stdout.fnmatch_lines(["*suite.yaml:6: suites.desk.prompts.v1.cache_bust: the reason is empty"])
