"""The GitHub Action: its form, and its scripts run as the runner runs them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.client.token_memo import default_path
from harness.reports.markdown import MARKER
from tests.cli.projects import BUILD, Project

TEXT = (Path(__file__).parents[1] / "action" / "action.yml").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load(TEXT)
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
SCRIPTS = {name: step for name, step in STEPS.items() if "run" in step}

# --- its form ----------------------------------------------------------------------------------------------


def test_action_has_what_github_asks_of_one() -> None:
    assert {"name", "description", "inputs", "outputs", "runs"} <= set(ACTION)
    assert ACTION["runs"]["using"] == "composite"
    assert all(set(given) == {"description", "default"} for given in ACTION["inputs"].values())
    assert all(set(given) == {"description", "value"} for given in ACTION["outputs"].values())
    # YAML would read other values as numbers or flags, which GitHub converts to text in its own way.
    assert all(isinstance(given["default"], str) for given in ACTION["inputs"].values())


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_names_its_shell_and_holds_no_expression(name: str) -> None:
    assert SCRIPTS[name]["shell"] == "bash"
    assert "${{" not in SCRIPTS[name]["run"]


def test_steps_run_a_script_or_an_action_of_a_major_version() -> None:
    others = [step for name, step in STEPS.items() if name not in SCRIPTS]

    assert others
    assert all(re.fullmatch(r"(actions|github)/[a-z/-]+@v\d+", step["uses"]) for step in others)


def test_each_input_is_used_and_each_that_is_used_is_declared() -> None:
    steps = TEXT.partition("\nruns:")[2]

    assert set(re.findall(r"inputs\.([a-z-]+)", steps)) == set(ACTION["inputs"])


def test_outputs_and_conditions_name_steps_that_are_there() -> None:
    known = {step["id"] for step in STEPS.values() if "id" in step}

    assert set(re.findall(r"steps\.([a-z]+)\.", TEXT)) <= known


def test_outputs_are_what_the_step_writes() -> None:
    written = set(re.findall(r"printf '([a-z-]+)=", STEPS["Run pytest"]["run"]))

    assert written == set(ACTION["outputs"])
    assert all(given["value"] == "${{ steps.tests.outputs." + name + " }}" for name, given in ACTION["outputs"].items())


def test_exit_code_is_passed_on_last_and_in_any_case() -> None:
    name, step = list(STEPS.items())[-1]

    assert name == "Fail if pytest failed"
    assert step["if"] == "always()"


def test_comment_is_only_for_pull_requests_of_the_repository_itself_if_asked() -> None:
    condition = STEPS["Comment on the pull request"]["if"]

    assert "inputs.comment == 'true'" in condition
    assert "github.event_name == 'pull_request'" in condition
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition
    assert ACTION["inputs"]["comment"]["default"] == ACTION["inputs"]["sarif"]["default"] == "false"


def test_comments_are_found_by_the_first_line_of_the_report() -> None:
    assert MARKER in STEPS["Comment on the pull request"]["run"]
    assert f"printf '{MARKER}\\n" in STEPS["Run pytest"]["run"]


# --- its scripts -------------------------------------------------------------------------------------------

Run = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with an accepted suite."""
    project = Project(tmp_path / "project with space")
    project.add_suite(BUILD)
    project.write(
        "pytest.ini", "[pytest]\naddopts = -p no:cacheprovider -p no:langsmith_plugin -p no:hypothesispytest\n"
    )
    return project


@pytest.fixture
def run(project: Project, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a step's script in the project, with variables; return its exit code and outputs."""
    (tmp_path / "bin").mkdir()

    def call(name: str, **variables: str) -> tuple[int, dict[str, str]]:
        script, output = tmp_path / "script.sh", tmp_path / "output"
        script.write_text(SCRIPTS[name]["run"], encoding="utf-8")
        output.write_text("", encoding="utf-8")
        environment = {
            "PATH": os.pathsep.join((str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])),
            "HOME": str(tmp_path),
            "XDG_CACHE_HOME": str(tmp_path_factory.getbasetemp() / "cache"),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "GITHUB_OUTPUT": str(output),
            **variables,
        }
        # GitHub starts bash like this.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        code = subprocess.run(command, cwd=project.path, env=environment, capture_output=True, check=False).returncode
        lines = output.read_text(encoding="utf-8").splitlines()
        return code, dict(line.split("=", 1) for line in lines)

    return call


def run_pytest(run: Run, arguments: str = "", *, private: str = "false", **variables: str) -> dict[str, str]:
    """The outputs of the step that runs pytest; the step itself always succeeds."""
    code, outputs = run("Run pytest", PYTEST_ARGS=arguments, PRIVATE=private, REPORTS="out/reports", **variables)
    assert code == 0
    return outputs


def read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def test_run_that_passes_puts_out_its_verdict_and_reports(project: Project, run: Run) -> None:
    run_pytest(run, "--harness-update-lock")

    outputs = run_pytest(run)

    folder = project.path / "out" / "reports"
    assert outputs == {
        "verdict": "pass",
        "exit-code": "0",
        "comment-body": f"{folder}/comment.md",
        "report-markdown": f"{folder}/report.md",
        "report-json": f"{folder}/report.json",
        "report-sarif": f"{folder}/report.sarif",
    }
    assert read(outputs["comment-body"]) == read(outputs["report-markdown"])
    assert read(outputs["comment-body"]).startswith(f"{MARKER}\n# Prompt cache: pass\n")
    assert (folder / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_bust_is_put_out_with_its_report(project: Project, run: Run) -> None:
    run_pytest(run, "--harness-update-lock")
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")

    outputs = run_pytest(run)

    assert (outputs["verdict"], outputs["exit-code"]) == ("bust", "1")
    assert read(outputs["comment-body"]).startswith(f"{MARKER}\n# Prompt cache: bust\n")
    assert json.loads(read(outputs["report-json"]))["verdict"] == "bust"
    assert "Rule 15O" in read(outputs["report-markdown"])


def test_private_run_publishes_no_prompt(project: Project, run: Run) -> None:
    run_pytest(run, "--harness-update-lock")
    project.replace("support/prompt.md", "Rule 150", "Rule canary4711")

    outputs = run_pytest(run, private="true")

    assert outputs["verdict"] == "bust"
    files = [path for path in (project.path / "out").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"report.md", "report.json", "report.sarif", "report.html"}
    assert not [path for path in files if b"canary4711" in path.read_bytes()]


def test_project_without_a_lock_file_cannot_tell(run: Run) -> None:
    outputs = run_pytest(run)

    assert (outputs["verdict"], outputs["exit-code"]) == ("cannot tell", "2")


def test_failure_of_another_kind_is_no_bust(project: Project, run: Run) -> None:
    run_pytest(run, "--harness-update-lock")
    project.write("test_other.py", "def test_other():\n    assert 1 == 2\n")

    outputs = run_pytest(run)

    assert (outputs["verdict"], outputs["exit-code"]) == ("fail", "1")


@pytest.mark.parametrize(
    ("arguments", "code"), [("--no-such-option", "4"), ("-k nothing", "5"), ("no_such_file.py", "4")]
)
def test_run_without_a_report_cannot_tell_and_the_comment_says_so(arguments: str, code: str, run: Run) -> None:
    run_pytest(run, "--harness-update-lock")

    outputs = run_pytest(run, arguments)

    assert (outputs["verdict"], outputs["exit-code"]) == ("cannot tell", code)
    # Reports of the previous run are not published as those of this one.
    assert set(outputs) == {"verdict", "exit-code", "comment-body"}
    assert read(outputs["comment-body"]) == (
        f"{MARKER}\n# Prompt cache: cannot tell\n\n"
        f"pytest ended with exit code {code} and wrote no report; its log says why.\n"
    )


def test_arguments_are_split_into_words_and_never_run(project: Project, run: Run) -> None:
    run_pytest(run, "--harness-update-lock")
    project.write(
        "test_names.py",
        "import pytest\n\n\n@pytest.mark.parametrize('n', ['$(touch pwned) ; `id`'])\ndef test_n(n): ...\n",
    )

    outputs = run_pytest(
        run, """'test_names.py::test_n[$(touch pwned) ; `id`]' -o "junit_suite_name=a b" --junitxml='x y.xml'"""
    )

    assert outputs["exit-code"] == "0"
    assert '<testsuite name="a b"' in (project.path / "x y.xml").read_text(encoding="utf-8")
    assert not (project.path / "pwned").exists()


def test_arguments_that_cannot_be_split_fail_the_step(run: Run) -> None:
    code, outputs = run("Run pytest", PYTEST_ARGS="-k 'open", PRIVATE="false", REPORTS="reports")

    assert code != 0
    assert outputs == {}


@pytest.mark.parametrize(("variable", "code"), [("0", 0), ("1", 1), ("2", 2), ("5", 5), ("", 2)])
def test_last_step_ends_with_the_exit_code_of_pytest(variable: str, code: int, run: Run) -> None:
    assert run("Fail if pytest failed", EXIT_CODE=variable) == (code, {})


@pytest.mark.parametrize(
    ("command", "code"), [("printf '%s' \"a b\" > out.txt", 0), ("false", 1), ("false\ntouch out.txt", 1)]
)
def test_install_command_is_run_and_its_failure_counts(command: str, code: int, project: Project, run: Run) -> None:
    assert run("Install", INSTALL=command)[0] == code
    assert (project.path / "out.txt").exists() == (code == 0)


def test_folders_that_are_kept_are_those_that_are_used(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    _, outputs = run("Find the folder of token counts", XDG_CACHE_HOME=str(tmp_path / "cache"))
    code, pip = run("Find the folder of downloaded packages", XDG_CACHE_HOME=str(tmp_path / "cache"))

    assert outputs == {"cache": str(default_path().parent)}
    assert (code, pip) == (0, {"cache": str(tmp_path / "cache" / "pip")})


GH = """\
#!/bin/sh
for argument in "$@"; do printf '%s\\n' "$argument" >> "$HOME/gh.log"; done
printf '\\n' >> "$HOME/gh.log"
case "$*" in *--paginate*) cat "$HOME/ids";; esac
"""


def put_gh(folder: Path, ids: str = "") -> None:
    """Put a command ``gh`` where the scripts find it: it logs its arguments, and knows the ids of comments."""
    gh = folder / "bin" / "gh"
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(0o755)
    (folder / "ids").write_text(ids, encoding="utf-8")


@pytest.mark.parametrize(
    ("ids", "request_"),
    [
        ("", ["--method", "POST", "repos/o/r/issues/7/comments"]),
        ("11\n12\n", ["--method", "PATCH", "repos/o/r/issues/comments/11"]),
    ],
)
def test_comment_is_written_once_and_then_replaced(ids: str, request_: list[str], run: Run, tmp_path: Path) -> None:
    put_gh(tmp_path, ids)

    code, _ = run(
        "Comment on the pull request", GITHUB_REPOSITORY="o/r", NUMBER="7", BODY="/x y/comment.md", GH_TOKEN="t"
    )

    find, write = (tmp_path / "gh.log").read_text(encoding="utf-8").strip().split("\n\n")
    assert code == 0
    assert find.splitlines()[:4] == ["api", "--paginate", "repos/o/r/issues/7/comments", "--jq"]
    assert write.splitlines() == ["api", "--silent", *request_, "--field", "body=@/x y/comment.md"]


def test_the_comment_links_the_artifact_with_the_page(run: Run, tmp_path: Path) -> None:
    put_gh(tmp_path)
    body = tmp_path / "comment.md"
    body.write_text("report\n", encoding="utf-8")

    code, _ = run(
        "Comment on the pull request",
        GITHUB_REPOSITORY="o/r",
        NUMBER="7",
        BODY=str(body),
        GH_TOKEN="t",
        ARTIFACT="https://example.test/a",
    )

    assert code == 0
    assert body.read_text(encoding="utf-8") == "report\n\n[The page of this run and a chart](https://example.test/a)\n"
