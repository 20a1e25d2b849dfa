"""``--harness-max-age``: which cassettes are old, and what happens to their tests."""

import json
from datetime import UTC, datetime

import pytest

from harness.cassettes.format import sign
from harness.errors import CassetteError
from harness.pytest_plugin.cassette_warnings import OldCassette, find_old
from tests.pytest_plugin.conftest import APP, Project, shown

pytest_plugins = ("pytester",)

TESTS = APP + "".join(
    f"\ndef test_{name}(anthropic_client):\n    ask(anthropic_client, 'Be kind.', 'Where')\n" for name in "abc"
)

CLOCK = """
from datetime import UTC, datetime
import pytest
from harness.pytest_plugin.run import RUN

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.stash[RUN].sessions.clock = lambda: datetime(2026, 11, 23, 12, tzinfo=UTC)
"""

DATES = {"a": "2026-11-13T12:00:00Z", "b": "2026-11-13T11:59:59Z", "c": "2025-11-23T12:00:00Z"}
"""Exactly ten days old, a second more, and a year."""


def record_command(name: str) -> str:
    return f'pytest "test_app.py::test_{name}" --harness-mode=record --harness-upstream=emulator'


@pytest.fixture
def aged(project: Project) -> Project:
    """Three tests with cassettes of three ages; the run's clock is frozen."""
    project.write("conftest.py", CLOCK)
    project.write("test_app.py", TESTS)
    project.record()
    for name, date in DATES.items():
        path = project.path / f"cassettes/test_app/test_{name}.json"
        document = json.loads(path.read_text())
        content = {"recorded": document["recorded"] | {"at": date}, "interactions": document["interactions"]}
        path.write_text(sign(content))
    return project


SUMMARY = f"""\
older than 10 days:
  'test_app/test_c' was recorded 2025-11-23, 365 days ago; {record_command("c")}
  'test_app/test_b' was recorded 2026-11-13, 10 days ago; {record_command("b")}"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--harness-max-age=10",),
        ("-o", "harness_max_age=10"),
        ("-o", "harness_max_age=1", "--harness-max-age", "10"),
        ("--harness-max-age=10", "-n2"),
    ],
    ids=["option", "ini", "option-before-ini", "xdist"],
)
def test_old_cassettes_are_listed_oldest_first_and_their_tests_pass(arguments: tuple[str, ...], aged: Project) -> None:
    result = aged.run(*arguments)

    result.assert_outcomes(passed=3)
    assert shown(result, "cassettes", "=") == SUMMARY


def test_tests_of_old_cassettes_fail_if_they_are_to(aged: Project) -> None:
    result = aged.run("--harness-max-age=10", "--harness-max-age-fails")

    result.assert_outcomes(passed=1, errors=2)
    assert shown(result, "ERROR at setup of test_c", "=") == (
        "cassette 'test_app/test_c' was recorded 2025-11-23, 365 days ago, expected at most 10 days\n"
        f"  try: {record_command('c')}"
    )
    assert shown(result, "cassettes", "=") == SUMMARY


@pytest.mark.parametrize(
    "arguments", [(), ("--harness-max-age=365",), ("--harness-max-age=10", "--harness-mode=emulate")]
)
def test_cassettes_that_are_young_enough_or_not_replayed_are_not_listed(
    arguments: tuple[str, ...], aged: Project
) -> None:
    result = aged.run(*arguments)

    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*older than*")


def test_cases_of_a_suite_are_held_to_it_too(project: Project) -> None:
    project.write("conftest.py", CLOCK.replace("2026", "2126"))
    project.add_suite("support")
    project.record()

    project.run("--harness-max-age=9", "--harness-max-age-fails").assert_outcomes(failed=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--harness-max-age=soon",), "--harness-max-age is 'soon', expected a whole number of days"),
        (("--harness-max-age=-1",), "--harness-max-age is '-1', expected a whole number of days"),
        (("--harness-max-age=",), "--harness-max-age is '', expected a whole number of days"),
        (("-o", "harness_max_age=1.5"), "harness_max_age is '1.5', expected a whole number of days"),
        (("--harness-max-age-fails",), "--harness-max-age-fails needs a maximum age"),
    ],
)
def test_age_that_is_none_is_refused(arguments: tuple[str, ...], message: str, project: Project) -> None:
    result = project.run(*arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_refusal_to_fail_without_an_age_says_how_to_give_one(project: Project) -> None:
    result = project.run("--harness-max-age-fails")

    result.stderr.fnmatch_lines(["  try: add --harness-max-age=DAYS, or set harness_max_age in the configuration file"])


@pytest.mark.parametrize(
    ("recorded_at", "max_age_days", "days"),
    [
        ("2026-11-22T12:00:00Z", None, None),
        ("2026-11-22T12:00:00Z", 1, None),
        ("2026-11-22T11:00:00Z", 1, 1),
        ("2026-11-22T11:00:00", 1, 1),
        ("2026-11-22T14:00:00+02:00", 1, None),
        ("2026-11-23T11:59:59Z", 0, 0),
        ("2027-01-01T00:00:00Z", 0, None),
        ("1970-01-01", 10**12, None),
    ],
)
def test_age_is_counted_from_the_header_to_the_clock(
    recorded_at: str, max_age_days: int | None, days: int | None
) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    old = find_old("one", recorded_at, now=now, max_age_days=max_age_days, record="record it")

    expected = OldCassette(name="one", recorded_at=recorded_at[:10], days=days or 0, record="record it")
    assert old == (None if days is None else expected)


def test_header_without_a_date_is_refused() -> None:
    with pytest.raises(CassetteError) as caught:
        find_old("one", "yesterday", now=datetime.now(UTC), max_age_days=1, record="record it")

    assert str(caught.value) == ("cassette 'one' was recorded at 'yesterday', expected an ISO time\n  try: record it")
