"""README's own example, red: a bust in every output; in private, with cause, place and fix but no text."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.reports.formats import FORMATS
from tests.pytest_plugin.conftest import PROMPT, Project

pytest_plugins = ("pytester",)

CANARY = "canary-7f3a"
README = Path(__file__).parents[2] / "README.md"
EXAMPLE = next(
    block
    for block in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    if "assert_reads_prefix" in block
)
TEST = "test_app.py::test_second_question_reads_the_system_prompt"

APP = """
from itertools import count

PROMPT = {prompt!r}
TIMES = (f"It is {{number:02}}:00:00. " for number in count())


def answer(client, question):
    return client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=500,
        system=[{{"type": "text", "text": {text}{mark}}}],
        messages=[{{"role": "user", "content": question}}],
    )
"""
MARK = ', "cache_control": {"type": "ephemeral"}'

WITH_TIME = APP.format(prompt=f"{CANARY}\n{PROMPT}", text="next(TIMES) + PROMPT", mark=MARK)
WITHOUT_MARK = APP.format(prompt=f"{CANARY}\n{PROMPT}", text="PROMPT", mark="")
TOO_SHORT = APP.format(prompt=CANARY, text="PROMPT", mark=MARK)

RED = {
    "time": (WITH_TIME, "second-call", "timestamp", "system[0]", "move it after the last breakpoint"),
    "no mark": (WITHOUT_MARK, "never-cached", "unmarked", "cache_control", "mark the end of the static part"),
    "too short": (
        TOO_SHORT,
        "never-cached",
        "below_minimum",
        "system[0]",
        "put more static text before the breakpoint",
    ),
}

MODES = {
    "alone": (),
    "together": ("-n", "2"),
    "private": ("--harness-private",),
    "private together": ("--harness-private", "-n", "2"),
}


@pytest.fixture
def outputs(request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Everything that a red run of the example prints and writes; parametrised with application and options."""
    app, options = request.param
    summary = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    project.write("pytest.ini", "[pytest]\npythonpath = .\nharness_reports = reports\n")
    project.write("shop/support.py", app)
    project.write("test_app.py", EXAMPLE)
    result = project.run("--harness-mode=emulate", "--junitxml=junit.xml", *options)
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    texts = {"stdout": result.stdout.str(), "stderr": result.stderr.str(), "summary.md": summary.read_text()}
    files = {name: content.decode() for name, content in project.files("reports").items()}
    return {**texts, **files, "junit.xml": (project.path / "junit.xml").read_text()}


def each(*names: str) -> list[object]:
    """Parameters of ``outputs``, for the modes of these names."""
    return [
        pytest.param((app, MODES[name]), rest, id=f"{red}-{name}")
        for red, (app, *rest) in RED.items()
        for name in names
    ]


@pytest.mark.parametrize(("outputs", "expected"), each(*MODES), indirect=["outputs"])
def test_the_finding_is_in_every_output(outputs: dict[str, str], expected: tuple[str, str, str, str]) -> None:
    rule, cause, place, fix = expected

    report = json.loads(outputs["report.json"])
    (finding,) = report["findings"]
    assert report["verdict"] == "bust"
    assert (finding["rule"], finding["level"], finding["cause"], finding["test"]) == (rule, "error", cause, TEST)
    assert finding["place"]["path"] == place
    assert finding["fix"].startswith(fix)
    assert (finding["file"], finding["command"]) == ("test_app.py", f'pytest "{TEST}"')
    (result,) = json.loads(outputs["report.sarif"])["runs"][0]["results"]
    assert (result["ruleId"], result["properties"]["cause"]) == (rule, cause)
    for name in ("report.md", "summary.md"):
        assert outputs[name].splitlines()[1] == "# Prompt cache: bust"
        assert f"cause: {cause}: " in outputs[name]
        assert f"fix:   {fix}" in outputs[name]
    properties = ElementTree.fromstring(outputs["junit.xml"]).iter("property")
    assert {(one.get("name"), one.get("value")) for one in properties} >= {
        ("harness.finding", rule),
        ("harness.cause", cause),
    }
    lines = outputs["stdout"].splitlines()
    (annotation,) = [line for line in lines if line.startswith("::error file=test_app.py,line=")]
    assert f"title=prompt cache%3A {rule}::{finding['headline']}%0A" in annotation
    assert f"error: {finding['headline']}" in lines
    # The failure itself, above the summary.
    assert any(line.startswith(f"  cause: {cause}: ") for line in lines)
    assert any(line.startswith(f"  fix:   {fix}") for line in lines)


@pytest.mark.parametrize(("outputs", "expected"), each("private", "private together"), indirect=["outputs"])
def test_in_private_no_text_is_shown(outputs: dict[str, str], expected: tuple[str, ...]) -> None:
    assert [name for name, text in outputs.items() if CANARY in text or "Be polite" in text] == []


@pytest.mark.parametrize("outputs", [(WITH_TIME, ())], indirect=True)
def test_in_public_the_texts_are_shown_everywhere_but_in_junit_properties(outputs: dict[str, str]) -> None:
    shown = {name for name, text in outputs.items() if CANARY in text}
    # A badge has figures only.
    assert shown == {"stdout", "summary.md", "junit.xml", *(row.file for row in FORMATS)} - {"badge.json"}


UNKNOWN = """
from harness.testing import assert_cost_below


def test_cost(anthropic_client, harness_session):
    anthropic_client.messages.create(
        model="claude-of-tomorrow", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
    )
    assert_cost_below(harness_session.calls, "1")
"""


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("--harness-private",)], ids=["alone", "together", "private"])
def test_unknown_model_is_cannot_tell_by_exit_code_and_verdict(options: tuple[str, ...], project: Project) -> None:
    project.write("test_app.py", UNKNOWN)

    result = project.run("--harness-mode=emulate", "-o", "harness_reports=reports", *options)

    report = json.loads((project.path / "reports/report.json").read_text())
    assert (result.ret, report["verdict"]) == (2, "cannot tell")
    assert [(finding["rule"], finding["level"]) for finding in report["findings"]] == [("cannot-tell", "error")]


def test_failure_of_the_application_beside_what_cannot_be_told_is_a_failure(project: Project) -> None:
    project.write("test_app.py", f"{UNKNOWN}\n\ndef test_broken():\n    assert 1 == 2\n")

    result = project.run("--harness-mode=emulate", "-o", "harness_reports=reports")

    report = json.loads((project.path / "reports/report.json").read_text())
    assert (result.ret, report["verdict"], report["failed"]) == (1, "fail", 2)


def test_blocked_connection_is_a_finding_and_a_failure(project: Project) -> None:
    project.write(
        "test_app.py",
        "import socket\n\ndef test_it(anthropic_client):\n    socket.create_connection(('192.0.2.1', 80))\n",
    )

    result = project.run("-o", "harness_reports=reports")

    report = json.loads((project.path / "reports/report.json").read_text())
    assert (result.ret, report["verdict"]) == (1, "fail")
    assert [finding["rule"] for finding in report["findings"]] == ["network-blocked"]
