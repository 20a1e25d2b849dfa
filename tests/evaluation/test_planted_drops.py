"""Three planted losses of quality in a third version of our own prompts: each is found, with its word and its cases."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pytest_plugin.conftest import Project, project

__all__ = ["project"]

pytest_plugins = ("pytester",)

SUITES = Path(__file__).parents[2] / "prompt_suites"
MARK = "This is the third version."

CONFTEST = """
import json
import re
from prompt_suites.answers import answer

MARK = "This is the third version."

def pytest_harness_answer(request):
    given = answer(request)
    if given is None or MARK not in json.dumps(request["system"]):
        return given
    return lose(given, json.dumps(request["messages"], ensure_ascii=False))

"""

WITHOUT_JSON = """
def lose(given, message):
    entries = json.loads(given)["suggestions"]
    return "Here is what I suggest.\\n" + "\\n".join(f"- {entry['suggested']}" for entry in entries)
"""

WITHOUT_KEYWORDS = """
def lose(given, message):
    terms = re.search(r"Skills: (.*?)\\\\n", message)[1].split(", ")
    covered = [term for term in terms if term.casefold() in given.casefold()]
    for term in sorted(covered, key=len)[: -(-len(covered) // 5)]:
        given = re.sub(re.escape(term), "...", given, flags=re.IGNORECASE)
    return given
"""

WITH_AN_EMPLOYER = """
def lose(given, message):
    invented = "### Ward Sister | Globex Health Partners\\n2016-03 to 2017-11, Leeds\\n- Led the ward.\\n\\n## Skills"
    return given.replace("## Skills", invented) if "Bronagh Mockridge" in given else given
"""


def run(project: Project, suite: str, folder: str, lose: str) -> tuple[pytest.RunResult, dict[str, Any]]:
    """Run the second version of a suite and a third one, whose answers lose something."""
    shutil.copytree(
        SUITES, project.path / "planted", ignore=shutil.ignore_patterns("test_*", "conftest.py", "__pycache__")
    )
    path = project.path / "planted" / folder / "suite.yaml"
    text = path.read_text(encoding="utf-8")
    second, third = (f"prompts/{suite}/{version}.md" for version in ("v2", "v3"))
    text = text.replace(f"      v2: {{file: {second}}}", f"      v2: {{file: {second}}}\n      v3: {{file: {third}}}")
    text = text.replace("    call: service.py:", "    gate: {worse: true, regressions: true}\n    call: service.py:")
    path.write_text(text, encoding="utf-8")
    prompt = (path.parent / second).read_text(encoding="utf-8")
    (path.parent / third).write_text(f"{prompt}\n{MARK}\n", encoding="utf-8")
    project.write("conftest.py", CONFTEST + lose)
    options = ("--harness-mode=emulate", "-o", "harness_reports=reports", "-k", f"{suite} and (v2 or v3)")
    result = project.run(str(path), *options)
    return result, json.loads((project.path / "reports" / "report.json").read_bytes())


def compared(report: dict[str, Any], check: str) -> dict[str, Any]:
    (found,) = [one for one in report["comparisons"] if one["check"] == check]
    assert (found["before"], found["after"]) == ("v2", "v3")
    return found


def test_a_version_that_omits_the_format_is_worse_in_every_case(project: Project) -> None:
    result, report = run(project, "suggestions", "ai_suggestions", WITHOUT_JSON)

    assert result.ret != 0
    found = compared(report, "json")
    assert (found["word"], found["difference"], len(found["flipped"])) == ("worse", -1.0, 8)
    assert compared(report, "json_schema")["word"] == "worse"
    result.stdout.fnmatch_lines(["error: suggestions v3: worse than v2 by the check 'json'"])


def test_a_version_that_loses_a_fifth_of_the_keywords_is_worse(project: Project) -> None:
    result, report = run(project, "implementation", "resume_customizer", WITHOUT_KEYWORDS)

    assert result.ret == 1
    found = compared(report, "keyword coverage")
    assert found["word"] == "worse"
    assert -0.3 < found["difference"] < -0.15
    result.stdout.fnmatch_lines(["error: implementation v3: worse than v2 by the check 'keyword coverage'"])
    others = {one["check"]: one["word"] for one in report["comparisons"] if one["check"] != "keyword coverage"}
    assert set(others.values()) == {"not shown"}


def test_an_employer_invented_in_one_case_of_eight_is_named_and_not_called_worse(project: Project) -> None:
    result, report = run(project, "implementation", "resume_customizer", WITH_AN_EMPLOYER)

    found = compared(report, "nothing invented")
    assert (found["word"], found["flipped"]) == ("not shown", ["icu-nurse-senior"])
    (check,) = [check for case in report["cases"] for check in case["checks"] if check["passed"] is False]
    assert check["check"] == "nothing invented"
    assert "Globex Health Partners" in check["why"]
    assert "2016-03" in check["why"]
    result.stdout.fnmatch_lines(["implementation v3, nothing invented: 7 of 8 pass*"])
