import json
from pathlib import Path

import pytest

from harness.errors import ReportError
from harness.reports.badge import badge
from harness.reports.document import read_document
from harness.reports.history import Run, add_run, read_history, sum_up, with_run
from tests.reports.sample_document import document

REPORT = read_document(document())


def test_the_line_of_a_run_has_the_sums_of_its_versions() -> None:
    run = sum_up(REPORT)
    versions = document()["versions"]

    read = sum(version["usage"]["cache_read_input_tokens"] for version in versions)
    keys = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    whole = sum(version["usage"][key] for version in versions for key in keys)
    assert (run.created, run.verdict) == ("2026-11-26T19:20:00Z", "bust")
    assert run.hit_ratio == round(read / whole, 4)
    assert run.cost_usd == sum(version.cost_usd or 0 for version in REPORT.versions)
    assert [(one.suite, one.version) for one in run.versions] == [(one["suite"], one["version"]) for one in versions]


def test_lines_are_added_and_read_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "history.jsonl"
    runs = [sum_up(REPORT), Run(created="2026-11-27T00:00:00Z", verdict="pass")]

    assert read_history(file) == []
    for run in runs:
        add_run(file, run)
    assert read_history(file) == runs
    assert json.loads(file.read_text("utf-8").splitlines()[0])["cost_usd"] == f"{runs[0].cost_usd:f}"


def test_a_last_line_that_was_cut_short_costs_no_other_one(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    run = Run(created="2026-11-27T00:00:00Z", verdict="pass")
    add_run(file, run)
    with file.open("a") as open_file:
        open_file.write('{"created": "2026')

    assert read_history(file) == [run]
    add_run(file, run)
    with pytest.raises(ReportError) as caught:
        read_history(file)
    assert str(caught.value) == (f"{file}:2: not a line of the history\n  try: remove the line; later runs add theirs")


def test_a_run_that_the_history_has_is_not_shown_twice() -> None:
    runs = [Run(created=f"2026-11-2{day}T00:00:00Z", verdict="pass") for day in range(3)]

    assert with_run(runs, runs[1]) == runs[:2]
    assert with_run(runs[:2], runs[2]) == runs


@pytest.mark.parametrize(
    ("changes", "message", "color"),
    [
        ({"verdict": "pass"}, "44 % read, 16 % saved", "brightgreen"),
        ({"verdict": "bust"}, "bust, 44 % read, 16 % saved", "red"),
        ({"verdict": "cannot tell", "versions": []}, "cannot tell", "yellow"),
        ({"verdict": "pass", "versions": []}, "pass", "brightgreen"),
    ],
)
def test_a_badge_says_hit_ratio_and_savings(changes: dict[str, object], message: str, color: str) -> None:
    assert json.loads(badge(read_document(document() | changes))) == {
        "schemaVersion": 1,
        "label": "prompt cache",
        "message": message,
        "color": color,
    }
