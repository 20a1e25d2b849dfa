from decimal import Decimal
from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.suites.loader import read_suite_file
from harness.suites.traffic import BurstEntry, TrafficEntry

SUITE = """\
suites:
  support:
    call: app.py:ask
    prompts:
      v1: {file: prompt.md}
    TRAFFIC
    cases:
      refund: {question: How}
"""


def load(folder: Path, traffic: str) -> TrafficEntry | None:
    (folder / "prompt.md").write_text("Be kind.\n")
    path = folder / "suite.yaml"
    path.write_text(SUITE.replace("TRAFFIC", traffic))
    return read_suite_file(path).load("support").traffic


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("client: claude", None),
        ("traffic: {calls_per_day: 200}", TrafficEntry(calls_per_day=Decimal(200))),
        ("traffic: {calls_per_day: 0.5, pattern: even}", TrafficEntry(calls_per_day=Decimal("0.5"), pattern="even")),
        (
            "traffic: {calls_per_day: 9, pattern: office hours, hours: [8, 18]}",
            TrafficEntry(calls_per_day=Decimal(9), pattern="office hours", hours=(8, 18)),
        ),
        (
            "traffic: {calls_per_day: 9, pattern: bursts, burst: {calls: 3, seconds_apart: 2.5}}",
            TrafficEntry(
                calls_per_day=Decimal(9),
                pattern="bursts",
                burst=BurstEntry(calls=3, seconds_apart=Decimal("2.5")),
            ),
        ),
        ("traffic: {pattern: log, log: times.txt}", TrafficEntry(pattern="log", log="times.txt")),
    ],
)
def test_a_suite_states_its_traffic(text: str, expected: TrafficEntry | None, tmp_path: Path) -> None:
    assert load(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("200", ": expected keys with values"),
        ("{}", ": calls_per_day is missing"),
        ("{pattern: even}", ": calls_per_day is missing"),
        ("{calls_per_day: 0}", ".calls_per_day: 0 is not from 0.001 to 1,000,000,000"),
        ("{calls_per_day: -5}", ".calls_per_day: -5 is not from 0.001 to 1,000,000,000"),
        ("{calls_per_day: 1e99}", ".calls_per_day: '1e99' is not a number"),
        ("{calls_per_day: 1.0e+99}", ".calls_per_day: 1e+99 is not from 0.001 to 1,000,000,000"),
        ("{calls_per_day: true}", ".calls_per_day: True is not a number"),
        ("{calls_per_day: many}", ".calls_per_day: 'many' is not a number"),
        ("{calls_per_hour: 5}", ".calls_per_hour: not a known key"),
        (
            "{calls_per_day: 5, pattern: random}",
            ".pattern: Input should be 'poisson', 'even', 'office hours', 'bursts' or 'log'",
        ),
        ("{calls_per_day: 5, hours: [9, 17]}", ": hours belongs to the pattern office hours, this one is poisson"),
        (
            "{calls_per_day: 5, pattern: office hours, hours: [17, 9]}",
            ".hours: 17 to 9 are not hours of a day, expected the start before the end",
        ),
        (
            "{calls_per_day: 5, pattern: office hours, hours: [9, 25]}",
            ".hours: 9 to 25 are not hours of a day, expected the start before the end",
        ),
        (
            "{calls_per_day: 5, pattern: office hours, hours: [0, 24]}",
            ".hours: 0 to 24 is the whole day: use the pattern poisson",
        ),
        (
            "{calls_per_day: 5, pattern: office hours, hours: 9-17}",
            ".hours: '9-17' is not two hours, such as [9, 17]",
        ),
        (
            "{calls_per_day: 5, pattern: office hours, hours: [9]}",
            ".hours: [9] is not two hours, such as [9, 17]",
        ),
        (
            "{calls_per_day: 5, pattern: bursts}",
            ": bursts need a size: burst: {calls: 20, seconds_apart: 5}",
        ),
        (
            "{calls_per_day: 5, pattern: bursts, burst: {calls: 1, seconds_apart: 5}}",
            ".burst.calls: Input should be greater than or equal to 2",
        ),
        ("{pattern: log}", ": the pattern log needs a file of times: log: times.txt"),
        (
            "{pattern: log, log: a.txt, calls_per_day: 5}",
            ": the log says how many calls a day there are: remove calls_per_day",
        ),
        ("{calls_per_day: 5, log: a.txt}", ": log belongs to the pattern log, this one is poisson"),
    ],
)
def test_bad_traffic_names_the_line_and_what_is_expected(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        load(tmp_path, f"traffic: {text}")

    assert str(caught.value) == f"{tmp_path / 'suite.yaml'}:6: suites.support.traffic{message}"
