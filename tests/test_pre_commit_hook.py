"""The pre-commit hook: its form, and its command, run as pre-commit runs it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit.clientlib import load_manifest

from tests.cli.projects import BUILD, CALL, Project

MANIFEST = Path(__file__).parents[1] / ".pre-commit-hooks.yaml"
(HOOK,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with two accepted suites."""
    project = Project(tmp_path)
    project.add_suite(CALL)
    project.add_suite(BUILD, folder="built")
    project.accept()
    return project


def run_hook(project: Project, **variables: str) -> tuple[int, str]:
    """Exit code and output of the hook's command in a project's folder."""
    command = [*shlex.split(HOOK["entry"]), *HOOK.get("args", [])]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    done = subprocess.run(command, cwd=project.path, env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_manifest_is_one_that_pre_commit_takes() -> None:
    (hook,) = load_manifest(str(MANIFEST))

    expected: dict[str, Any] = {"id": "prompt-lock", "language": "python", "pass_filenames": False, "always_run": True}
    assert expected.items() <= hook.items()


def test_hook_passes_what_is_accepted(project: Project) -> None:
    assert run_hook(project) == (0, "prompts.lock: 4 cases compared, as accepted\n")


def test_hook_fails_on_a_changed_prompt(project: Project) -> None:
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")

    code, output = run_hook(project)

    assert code == 1
    assert output.startswith("support/prompt.md:151: error: support v1 refund: the cached prefix changed")


def test_hook_cannot_tell_of_a_broken_suite(project: Project) -> None:
    project.write("support/suite.yaml", "suites: {support: {}}\n")

    code, output = run_hook(project)

    assert code == 2
    assert output == (
        "support/suite.yaml:1: error: suites.support.prompts: Field required\n"
        "prompts.lock: 2 cases compared, but not all of them can be judged\n"
    )


def test_hook_cannot_tell_without_a_lock_file(project: Project) -> None:
    (project.path / "prompts.lock").unlink()

    assert run_hook(project)[0] == 2


def test_hook_needs_no_place_for_its_token_counts(project: Project) -> None:
    project.write("file", "")

    assert run_hook(project, XDG_CACHE_HOME=str(project.path / "file"))[0] == 0
