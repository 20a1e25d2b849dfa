"""From installation to green in three commands at most, and from a date in the prompt to a red build that says so."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SHAPES = Path(__file__).parent
RECORD = "pytest --harness-mode=record --harness-upstream=emulator --harness-update-lock"
LAST_LINES = 25
"""What a reader sees of a long log without scrolling."""


@dataclass(frozen=True)
class Shape:
    """A project, how it becomes green, and the line of it that gets a date."""

    name: str
    folder: str
    """Where pytest is run, below the top of the repository."""
    file: str
    """The file with the prompt, below ``folder``."""
    before: str
    after: str
    place: str
    """Where the finding has to point."""
    commands: tuple[str, ...] = (RECORD, "pytest")


SHAPES_TRIED = [
    Shape(
        name="import_in_subfolder",
        folder="services/support",
        file="support/prompts.py",
        before='"\\n".join(["You answer',
        after='__import__("datetime").datetime.now().isoformat() + "\\n".join(["You answer',
        place="system[0]",
    ),
    Shape(
        name="async_agent",
        folder=".",
        file="prompt.py",
        before='"\\n".join(["You are',
        after='__import__("datetime").datetime.now().isoformat() + "\\n".join(["You are',
        place="system[0]",
    ),
    Shape(
        name="library_clients",
        folder=".",
        file="prompt.py",
        before='"\\n".join(["You summarise',
        after='__import__("datetime").datetime.now().isoformat() + "\\n".join(["You summarise',
        place="system[0]",
    ),
    Shape(
        name="suites_only",
        folder=".",
        file="evals/triage.py",
        before="return prompt",
        after='return __import__("datetime").datetime.now().isoformat() + prompt',
        place="system[0]",
        commands=("pytest --harness-update-lock", "pytest"),
    ),
]


@dataclass(frozen=True)
class Checkout:
    """A clone of a project in git, and how to run commands in it."""

    shape: Shape
    top: Path
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.top / self.shape.folder

    def run(self, command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run ``pytest …`` where its user would."""
        program, *arguments = command.split()
        assert program == "pytest"
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            check=False,
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=CI", "-c", "user.email=ci@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(("git", *who, *arguments), cwd=self.top, check=True, capture_output=True)

    def put_a_date_into_the_prompt(self) -> None:
        path = self.folder / self.shape.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.shape.before) == 1
        path.write_text(text.replace(self.shape.before, self.shape.after), encoding="utf-8")


@pytest.fixture(params=SHAPES_TRIED, ids=lambda shape: shape.name)
def checkout(request: pytest.FixtureRequest, tmp_path: Path) -> Checkout:
    """A fresh clone, and an environment without a key or a CI system."""
    shape: Shape = request.param
    top = tmp_path / "repository"
    shutil.copytree(SHAPES / shape.name, top, ignore=shutil.ignore_patterns("__pycache__"))
    for suite in top.rglob("suite.yaml.txt"):
        # Under its own name, it would be a suite of this project too.
        suite.rename(suite.with_suffix(""))
    foreign = re.compile("ANTHROPIC_|GITHUB_|HARNESS_|PYTEST_|LITELLM_|CI$|BUILD_NUMBER$")
    environment = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    own = {"PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    found = Checkout(shape, top, environment | own)
    found.git("init", "-q", "-b", "main")
    return found


def test_first_green_and_first_red(checkout: Checkout) -> None:
    assert len(checkout.shape.commands) <= 3
    for command in checkout.shape.commands:
        result = checkout.run(command)
        assert result.returncode == 0, result.stdout + result.stderr
    checkout.git("add", "-A")
    checkout.git("commit", "-q", "-m", "Accept the prompts")

    checkout.put_a_date_into_the_prompt()
    for mode in ("replay", "emulate"):
        check_red(checkout, mode)


def check_red(checkout: Checkout, mode: str) -> None:
    """The run fails, and each of its outputs says what changed, where, and in which file."""
    result = checkout.run(f"pytest --harness-mode={mode}", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(checkout.top))
    assert result.returncode == 1, result.stdout + result.stderr

    lines = result.stdout.splitlines()
    end = "\n".join(lines[-LAST_LINES:])
    assert "timestamp" in end, end
    assert checkout.shape.place in end, end

    (annotation, *_) = [line for line in lines if line.startswith("::error")]
    assert "timestamp" in annotation
    (file,) = re.findall("file=([^,]+)", annotation)
    assert (checkout.top / file).is_file()

    reports = checkout.folder / "reports"
    (finding, *_) = json.loads((reports / "report.json").read_text())["findings"]
    assert finding["cause"] == "timestamp"
    assert finding["place"]["path"].startswith(checkout.shape.place)

    (run,) = json.loads((reports / "report.sarif").read_text())["runs"]
    (shown, *_) = [found for found in run["results"] if found["level"] == "error"]
    assert "timestamp" in shown["message"]["text"]
    (location,) = shown["locations"]
    assert (checkout.top / location["physicalLocation"]["artifactLocation"]["uri"]).is_file()
