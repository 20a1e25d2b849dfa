"""What the reports show of single tests, and what a run keeps for the next one."""

import json
from typing import Any

import pytest

from harness.reports.document import read_document
from tests.pytest_plugin.conftest import PROMPT, RECORD, SUITE, Project

pytest_plugins = ("pytester",)

REPORTS = ("-o", "harness_reports=reports")
ANSWERS = """
import os

def pytest_harness_answer(request):
    return os.environ["ANSWER"]
"""


def read_report(project: Project) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((project.path / "reports" / "report.json").read_bytes())
    # Raises unless it has the published form.
    read_document(report)
    return report


def states(project: Project) -> list[str | None]:
    (prompt,) = read_report(project)["prompts"]
    return [block["state"] for block in prompt["blocks"]]


def test_an_answer_that_changed_is_shown_with_its_difference(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.add_suite("support")
    project.write("conftest.py", ANSWERS)
    monkeypatch.setenv("ANSWER", "Dear customer,\nyour parcel is late.\nRegards")
    project.record()
    monkeypatch.setenv("ANSWER", "Dear customer,\nyour parcel is on its way.\nRegards")

    project.record(*REPORTS)

    (answer,) = read_report(project)["cases"][0]["answers"]
    assert answer["text"] == "Dear customer,\nyour parcel is on its way.\nRegards"
    assert answer["accepted_diff"].splitlines()[3:] == [
        " Dear customer,",
        "-your parcel is late.",
        "+your parcel is on its way.",
        " Regards",
    ]
    project.run(*REPORTS)
    (answer,) = read_report(project)["cases"][0]["answers"]
    assert answer["accepted_diff"] is None


def test_the_map_shows_the_block_that_changed(project: Project) -> None:
    project.add_suite("support")
    project.record("--harness-update-lock", *REPORTS)
    assert states(project) == ["not accepted yet", None]
    project.run(*REPORTS)
    assert states(project) == ["as accepted", None]

    project.write("support/prompt.md", PROMPT.replace("Rule 7:", "Rule seven:"))
    for mode in ("replay", "emulate"):
        assert project.run(f"--harness-mode={mode}", *REPORTS).ret == 1
        assert states(project) == ["changed", None]


def test_stated_traffic_is_priced(project: Project) -> None:
    traffic = "    traffic: {{calls_per_day: 400}}\n    prompts:"
    project.add_suite("support", suite=SUITE.replace("    prompts:", traffic))

    assert project.run("--harness-mode=emulate", *REPORTS).ret == 0

    (version,) = read_report(project)["versions"]
    assert (version["traffic"]["pattern"], version["traffic"]["calls_per_day"]) == ("poisson", "400")


def test_a_log_of_times_that_is_missing_fails_its_suite(project: Project) -> None:
    traffic = "    traffic: {{pattern: log, log: times.txt}}\n    prompts:"
    project.add_suite("support", suite=SUITE.replace("    prompts:", traffic))

    result = project.run("--harness-mode=emulate", *REPORTS)

    assert result.ret == 2
    result.stdout.fnmatch_lines(["*support/suite.yaml:2: *times.txt*"])


def test_each_run_adds_a_line_to_the_history_and_the_page_shows_the_earlier_ones(project: Project) -> None:
    project.add_suite("support")
    history = ("-o", "harness_history=reports/history.jsonl")
    path = project.path / "reports" / "history.jsonl"
    run = (*REPORTS, *history, "--harness-mode=emulate")
    project.run(*run)
    (line,) = path.read_text().splitlines()
    path.write_text(line.replace(json.loads(line)["created"][:4], "2020") + "\n")

    project.run(*run)

    assert [json.loads(line)["created"][:4] == "2020" for line in path.read_text().splitlines()] == [True, False]
    assert 'id="trend"' in (project.path / "reports" / "report.html").read_text()


def test_a_damaged_history_is_named_and_the_reports_are_written(project: Project) -> None:
    project.add_suite("support")
    project.write("runs.jsonl", "nonsense\n")

    result = project.run(*REPORTS, "-o", "harness_history=runs.jsonl", "--harness-mode=emulate")

    assert result.ret == 2
    result.stdout.fnmatch_lines(["error: *runs.jsonl:1: not a line of the history"])
    assert (project.path / "reports" / "report.html").exists()


def test_the_badge_says_what_was_read_and_saved(project: Project) -> None:
    project.add_suite("support")

    project.run(*REPORTS, "--harness-mode=emulate")

    badge = json.loads((project.path / "reports" / "badge.json").read_bytes())
    assert (badge["schemaVersion"], badge["label"], badge["color"]) == (1, "prompt cache", "brightgreen")
    assert badge["message"] == "50 % read, 33 % saved"


def test_an_answer_with_a_secret_is_not_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.add_suite("support")
    project.write("conftest.py", ANSWERS)
    monkeypatch.setenv("ANSWER", "the key is " + "AKIA" + "Q3EGRIJ5XBZ7TW2N")

    project.run(*REPORTS, *RECORD)

    (answer,) = read_report(project)["cases"][0]["answers"]
    assert (answer["text"], answer["length"]) == (None, 31)
