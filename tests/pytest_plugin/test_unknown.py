"""What is not known is "cannot tell": in explain, in lock --check, and in the gate of every offline mode."""

import json
import shutil
from pathlib import Path

import pytest

from harness.cli import main
from tests.lock.examples import rich_request
from tests.pytest_plugin.conftest import Project
from tests.pytest_plugin.scratch import EMULATE, Desk
from tests.unknown import UNKNOWN, Unknown

pytest_plugins = ("pytester",)

CASES = pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda unknown: unknown.name)
CANNOT_TELL = 2

BUILD = """\
suites:
  desk:
    build: app.py:build
    prompts:
      v1: {}
    cases:
      refund: {question: How do I get a refund}
"""


TEST = """\
from app import build

def test_ask(anthropic_client):
    anthropic_client.post("/v1/messages", cast_to=object, body=build("Where is it?"))
"""


def make_desk(project: Project) -> Desk:
    """The scratch project with a suite that builds requests, and a plain test that sends one."""
    desk = Desk(project)
    project.write("support/suite.yaml", BUILD)
    project.write("support/test_app.py", TEST)
    return desk


@pytest.fixture
def accepted(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The scratch project, recorded and accepted; done once, then copied."""
    desk, kept = make_desk(project), tmp_path_factory.getbasetemp() / "accepted-to-change"
    if not kept.exists():
        desk.accept()
        shutil.copytree(desk.path / "cassettes", kept / "cassettes")
        shutil.copy(desk.lock_file, kept)
    shutil.copytree(kept, desk.path, dirs_exist_ok=True)
    return desk


@CASES
def test_explain_cannot_tell(unknown: Unknown, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, body in (("before", rich_request()), ("after", unknown.body)):
        (tmp_path / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")

    assert main(["explain", str(tmp_path / "before.json"), str(tmp_path / "after.json")]) == CANNOT_TELL
    out, err = capsys.readouterr()
    assert out == ""
    assert unknown.where in err


@pytest.mark.parametrize("mode", [EMULATE, "--harness-mode=replay"], ids=["emulate", "replay"])
@CASES
def test_gate_cannot_tell(unknown: Unknown, mode: str, accepted: Desk) -> None:
    accepted.write_app(unknown.body)

    result = accepted.run(mode, "-o", "harness_reports=reports")

    report = json.loads((accepted.path / "reports/report.json").read_text(encoding="utf-8"))
    assert (result.ret, report["verdict"], report["failed"]) == (CANNOT_TELL, "cannot tell", 2)
    assert {(finding["rule"], finding["level"]) for finding in report["findings"]} == {("cannot-tell", "error")}
    assert all(unknown.where in str(finding) for finding in report["findings"])


@CASES
def test_lock_check_cannot_tell(unknown: Unknown, accepted: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    accepted.write_app(unknown.body)

    assert main(["lock", "--check", "--file", str(accepted.lock_file)]) == CANNOT_TELL
    assert unknown.where in capsys.readouterr().out


@pytest.mark.parametrize("unknown", [row for row in UNKNOWN if "model" in row.name], ids=lambda unknown: unknown.name)
def test_no_request_to_an_unknown_model_is_accepted(unknown: Unknown, project: Project) -> None:
    desk = make_desk(project)
    desk.write_app(unknown.body)

    result = desk.run(EMULATE, "--harness-update-lock")

    assert result.ret == CANNOT_TELL
    assert not desk.lock_file.exists()


def test_a_mapped_name_is_judged(project: Project) -> None:
    desk = make_desk(project)
    desk.write_app({**rich_request(), "model": "prod-eu"})

    result = desk.run(EMULATE, "--harness-update-lock", "-o", "harness_models=prod-eu = claude-sonnet-5-5")

    assert result.ret == pytest.ExitCode.OK
    assert {call.model for entry in desk.entries.values() for call in entry.calls} == {"prod-eu"}


def test_a_name_mapped_to_an_unknown_model_ends_the_run(project: Project) -> None:
    result = project.run("-o", "harness_models=prod-eu = claude-sonet-5-5")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: harness_models: model 'claude-sonet-5-5' is not known",
            "  try: the nearest known model is 'claude-sonnet-5-5'",
        ]
    )
