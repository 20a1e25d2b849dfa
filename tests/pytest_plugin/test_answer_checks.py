"""Checks of answers in a run: what fails it, what is reported, what the lock file keeps."""

import json
from typing import Any

from harness.lock.lockfile import read_lock
from harness.lock.results import LockedResult
from harness.reports.document import read_document
from tests.pytest_plugin.conftest import PROMPT, RECORD, Project, shown
from tests.pytest_plugin.live_api import Serve

pytest_plugins = ("pytester",)

REPORTS = ("-o", "harness_reports=reports")
EMULATE = ("--harness-mode=emulate", *REPORTS)
ANSWERS = """
import json
from pathlib import Path

def pytest_harness_answer(request):
    answers = json.loads(Path(__file__).with_name("answers.json").read_text())
    question = request["messages"][-1]["content"]
    kind = "judge" if request.get("tool_choice") else "second" if "v2" in str(request["system"]) else "first"
    return answers.get(f"{kind} {question}", answers.get(kind))
"""
NAMES = ("refund", "parcel", "hours", "address", "invoice", "gift", "damage", "delay")


def add(project: Project, rest: str, *, cases: tuple[str, ...] = NAMES[:2], has_second: bool = False) -> None:
    """Add a suite with further keys, whose questions are the names of its cases."""
    lines = [
        "suites:",
        "  support:",
        "    call: support_app.py:ask",
        "    client: anthropic",
        "    prompts:",
        "      v1: {file: prompt.md}",
        *(["      v2: {file: second.md}"] if has_second else []),
        rest,
        "    cases:",
        *(f"      {name}: {{question: {name}}}" for name in cases),
    ]
    project.add_suite("support", suite="{name}")
    project.write("support/suite.yaml", "\n".join(lines))
    project.write("support/second.md", f"{PROMPT}v2\n")
    project.write("conftest.py", ANSWERS)


def answer(project: Project, **answers: str) -> None:
    """Set the answers, by kind, or kind and question."""
    project.write("answers.json", json.dumps({key.replace("_", " ", 1): text for key, text in answers.items()}))


def report(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.path / "reports" / "report.json").read_bytes())
    # Raises unless it has the published form.
    read_document(found)
    return found


def test_an_answer_that_fails_a_check_fails_its_case_with_the_reason(project: Project) -> None:
    add(project, "    checks:\n      - contains: refunded\n      - lacks: [sorry, regret]")
    answer(project, first="You are refunded.", first_parcel="You are refunded.\nWe are sorry.")

    result = project.run(*EMULATE)

    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*support v1, case parcel: the check 'lacks' fails",
            "  contains 'sorry'",
            "  at line 2",
            "  fix:   change the prompt; or, if the check asks for too much, change the check in suite.yaml",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "error: support v1, case parcel: the check 'lacks' fails",
            "  support/suite.yaml:*",
            "  contains 'sorry'",
            "  at line 2",
        ]
    )
    assert report(project)["verdict"] == "fail"
    assert [(one["rule"], one["level"]) for one in report(project)["findings"]] == [("answer-check", "error")]
    (parcel, refund) = report(project)["cases"]
    assert [(one["check"], one["passed"]) for one in refund["checks"]] == [("contains", True), ("lacks", True)]
    assert parcel["checks"][1] == {
        "check": "lacks",
        "passed": False,
        "score": None,
        "why": "contains 'sorry'",
        "place": "line 2",
    }
    (version,) = report(project)["versions"]
    assert [(one["check"], one["passed"], one["failed"]) for one in version["quality"]] == [
        ("contains", 2, 0),
        ("lacks", 1, 1),
    ]


def test_the_table_of_answers_is_printed(project: Project) -> None:
    add(project, "    checks:\n      - contains: refunded\n      - keywords: {terms: [refunded, parcel]}")
    answer(project, first="You are refunded.")

    result = project.run(*EMULATE)

    assert result.ret == 0
    assert shown(result, "answers", "The emulator") == (
        "suite    version      checks    cases    passed  mean scores\n"
        "-------  ---------  --------  -------  --------  -------------\n"
        "support  v1                2        2    4 of 4  keywords 0.50"
    )


def test_a_check_that_raises_cannot_tell(project: Project) -> None:
    add(project, "    checks:\n      - python: checks.py:broken")
    project.write("support/checks.py", "def broken(answer, question):\n    raise KeyError(question)\n")
    answer(project, first="You are refunded.")

    result = project.run(*EMULATE)

    assert result.ret == 2
    result.stdout.fnmatch_lines(
        [
            "*support v1, case refund: the check 'python' cannot tell, because it failed itself",
            "  raised KeyError: 'refund'",
        ]
    )
    assert report(project)["verdict"] == "cannot tell"


def test_checks_of_a_case_come_after_those_of_its_suite(project: Project) -> None:
    add(project, "    checks:\n      - contains: refunded")
    path = project.path / "support" / "suite.yaml"
    path.write_text(path.read_text().replace("question: refund}", "question: refund, checks: [{contains: soon}]}"))
    answer(project, first="You are refunded.", first_refund="You are refunded soon.")

    assert project.run(*EMULATE).ret == 0

    names = {case["case"]: [one["check"] for one in case["checks"]] for case in report(project)["cases"]}
    assert names == {"parcel": ["contains"], "refund": ["contains", "contains 2"]}


def test_a_gate_replaces_the_rule_that_every_check_passes(project: Project) -> None:
    add(project, "    gate: {pass_rate: 0.5}\n    checks:\n      - lacks: sorry")
    answer(project, first="You are refunded.", first_parcel="We are sorry.")
    assert project.run(*EMULATE).ret == 0

    add(project, "    gate: {pass_rate: {lacks: 0.6}}\n    checks:\n      - lacks: sorry")
    result = project.run(*EMULATE)

    result.assert_outcomes(passed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "error: support v1: the pass rate of the check 'lacks' is 0.5, below 0.6",
            "  support/suite.yaml:2",
            "  1 of 2 cases pass, 1 fail, 0 cannot be told",
        ]
    )


def test_what_passed_when_it_was_accepted_may_not_fail_now(project: Project) -> None:
    add(project, "    gate: {regressions: true}\n    checks:\n      - lacks: sorry")
    answer(project, first="You are refunded.", first_parcel="We are sorry.")
    assert project.run(*EMULATE, "--harness-update-lock").ret == 0
    lock = read_lock(project.path / "prompts.lock")
    assert lock is not None
    entries = {entry.case: (entry.answered_by, dict(entry.results)) for entry in lock.entries.values()}
    assert entries == {
        "refund": ("emulator", {"lacks": LockedResult(1, 1)}),
        "parcel": ("emulator", {"lacks": LockedResult(0, 1)}),
    }
    assert project.run(*EMULATE).ret == 0

    answer(project, first="We are sorry.")
    result = project.run(*EMULATE)

    assert result.ret == 1
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*support v1, case refund: the check 'lacks' passed when it was accepted, and fails now",
            "  accepted: passed",
            "  contains 'sorry'",
        ]
    )
    result = project.run(*EMULATE, "--harness-update-lock")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["check: support/support v1 refund: lacks: passed → failed"])


def test_a_worse_version_fails_the_run_and_names_its_cases(project: Project) -> None:
    add(project, "    gate: {worse: true}\n    checks:\n      - json", cases=NAMES, has_second=True)
    answer(project, first="{}", second="Here is the JSON.", second_gift="{}", second_delay="{}")

    result = project.run(*EMULATE)

    result.assert_outcomes(passed=16)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "error: support v2: worse than v1 by the check 'json'",
            "  support/suite.yaml:2",
            "  8 cases: 6 worse, 0 better. Difference -75 points, interval -100 to -19.",
            "  cases that fail now: address, damage, hours, invoice, parcel and 1 more",
        ]
    )
    (comparison,) = report(project)["comparisons"]
    assert (comparison["word"], comparison["p_value"], len(comparison["flipped"])) == ("worse", 0.0312, 6)


def test_an_equal_version_is_not_shown_to_differ_and_scipy_is_not_needed(project: Project) -> None:
    add(project, "    gate: {worse: true}\n    checks:\n      - json", cases=NAMES, has_second=True)
    answer(project, first="{}", second="{}")

    result = project.run(*EMULATE)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["1 comparison of versions: not shown, with equal results."])


def test_samples_are_checked_each(project: Project) -> None:
    add(
        project,
        "    samples: 4\n    checks:\n      - name: half\n        pass_rate: 0.5\n        python: checks.py:flaky",
    )
    project.write(
        "support/checks.py",
        "from itertools import count\nCOUNT = count()\ndef flaky(answer):\n    return next(COUNT) % 2 == 0\n",
    )
    answer(project, first="You are refunded.")

    assert project.run(*EMULATE).ret == 0

    (version,) = report(project)["versions"]
    (row,) = version["quality"]
    assert (row["passed"], row["interval"]) == (2, None)
    # Of four answers, two pass: any three hold one that passes, and none are three that do.
    assert (row["k"], row["pass_at_k"], row["pass_hat_k"]) == (3, 1, 0)
    (check,) = report(project)["cases"][0]["checks"]
    assert check["why"] == "2 of 4 samples pass; sample 2: the function returned false"


def test_recorded_answers_are_checked_again_without_a_call(project: Project) -> None:
    add(project, "    checks:\n      - contains: refunded")
    answer(project, first="You are refunded.")
    project.record()
    answer(project, first="Never asked.")
    assert project.run(*REPORTS).ret == 0

    add(project, "    checks:\n      - contains: credited")
    assert project.run(*REPORTS).ret == 1


def test_answers_that_fail_are_recorded_all_the_same(project: Project) -> None:
    add(project, "    checks:\n      - contains: credited")
    answer(project, first="You are refunded.")

    assert project.run(*RECORD).ret == 1

    assert len(project.files("cassettes")) > 0
    project.run().assert_outcomes(failed=2)


def test_several_processes_say_the_same(project: Project) -> None:
    add(project, "    gate: {worse: true}\n    checks:\n      - json", cases=NAMES, has_second=True)
    answer(project, first="{}", second="Here is the JSON.")
    alone = project.run(*EMULATE)
    quality = [version["quality"] for version in report(project)["versions"]]
    comparisons = report(project)["comparisons"]

    together = project.run(*EMULATE, "-n", "2")

    assert alone.ret == together.ret == 1
    assert [version["quality"] for version in report(project)["versions"]] == quality
    assert report(project)["comparisons"] == comparisons


def test_a_private_run_shows_no_text_of_an_answer(project: Project) -> None:
    add(project, "    checks:\n      - lacks: kanarienvogel")
    answer(project, first="The kanarienvogel sings.")

    result = project.run(*EMULATE, "--harness-private")

    assert result.ret == 1
    assert "kanarienvogel" not in result.stdout.str()
    assert all(b"kanarienvogel" not in content for content in project.files("reports").values())
    assert report(project)["cases"][0]["checks"][0]["why"] == "withheld"


def test_live_answers_are_checked_and_shown_beside_those_of_the_cassette(project: Project, serve: Serve) -> None:
    add(project, "    checks:\n      - contains: refunded")
    serve()
    answer(project, first="Not used: the API answers.")
    assert project.run("--harness-mode=record").ret == 1

    result = project.run("--harness-mode=live", *REPORTS)

    assert result.ret == 1
    cases = report(project)["cases"]
    assert {case["answered_by"] for case in cases} == {"anthropic"}
    assert [case["checks"][0]["passed"] for case in cases] == [False, False]
    assert "The emulator's answers are templates" not in result.stdout.str()
