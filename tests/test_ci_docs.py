"""Commands, options and workflows in the documentation exist and work."""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from pre_commit.clientlib import load_config

from harness.cli import COMMANDS
from harness.findings.finding import Finding
from harness.reports.markdown import MARKER
from harness.reports.report import RunReport

ROOT = Path(__file__).parents[1]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/ci.md")}
ACTION = yaml.safe_load((ROOT / "action" / "action.yml").read_text(encoding="utf-8"))

FIXTURES = {"harness_session", "harness_cassette", "harness_emulator", "harness_emulator_server"}


def blocks(language: str) -> list[str]:
    """The blocks of one language in docs/ci.md, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES["docs/ci.md"], re.DOTALL | re.MULTILINE)


WORKFLOWS = [yaml.safe_load(block) for block in blocks("yaml")]


def code(page: str) -> str:
    """All code of a page: its code blocks and code spans."""
    text = PAGES[page]
    return "\n".join(
        [*re.findall(r"^```.*?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE), *re.findall("`([^`\n]+)`", text)]
    )


# --- commands and options ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pytest_help() -> str:
    done = subprocess.run([sys.executable, "-m", "pytest", "--help"], cwd=ROOT, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("page", PAGES)
def test_options_of_pytest_are_there(page: str, pytest_help: str) -> None:
    options = set(re.findall(r"(?<![\w-])--harness-[a-z-]+", PAGES[page]))
    keys = set(re.findall(r"-o (harness_[a-z_]+)=|`(harness_[a-z_]+)`", PAGES[page]))

    assert options
    assert {option for option in options if not re.search(rf"{option}(?![\w-])", pytest_help)} == set()
    # Fixtures are named in the same style.
    known = {key for pair in keys for key in pair if key} - FIXTURES
    assert known
    assert {key for key in known if not re.search(rf"^  {key} \(", pytest_help, re.MULTILINE)} == set()


def options_of(command: str) -> set[str]:
    """All options of a command of ``harness``, including those of its subcommands."""
    parser = argparse.ArgumentParser()
    import_module(f"harness.cli.{command}").add_arguments(parser)
    parsers, options = [parser], set()
    for one in parsers:
        for action in one._actions:
            options |= set(action.option_strings)
            parsers += action.choices.values() if isinstance(action, argparse._SubParsersAction) else ()
    return options


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_the_shell_and_their_options_are_there(page: str) -> None:
    used = [
        (match[1], re.findall(r"(?<!\S)(--[a-z-]+)", match[2].partition("#")[0].partition(">")[0]))
        for match in re.finditer(r"(?:^|\$ |entry: |run: |- )harness ([a-z]+)(.*)$", code(page), re.MULTILINE)
    ]

    assert used
    assert {command for command, _ in used} <= set(COMMANDS)
    assert [
        (command, option) for command, options in used for option in options if option not in options_of(command)
    ] == []


def test_verdicts_and_exit_codes_are_named(pytest_help: str) -> None:
    text = PAGES["docs/ci.md"]

    assert all(f"`{verdict}`" in text for verdict in ("pass", "bust", "cannot tell", "fail"))
    assert [line[2] for line in text.splitlines() if re.match(r"\| \d \|", line)] == ["0", "1", "2"]


# --- workflows -----------------------------------------------------------------------------------------------


def test_all_yaml_is_read() -> None:
    with_action, without, gitlab, *hooks = WORKFLOWS

    # YAML reads the key "on" as a boolean.
    assert [set(workflow) for workflow in (with_action, without)] == [{"name", True, "permissions", "jobs"}] * 2
    assert set(gitlab["prompts"]) == {"image", "variables", "cache", "script", "after_script", "artifacts"}
    assert len(hooks) == 2


def test_action_is_used_with_inputs_that_it_has() -> None:
    (step,) = [step for step in WORKFLOWS[0]["jobs"]["prompts"]["steps"] if "with" in step]

    assert step["uses"] == "OWNER/prompt-cache-harness/action@v0"
    assert set(step["with"]) <= set(ACTION["inputs"])


def test_tables_name_all_inputs_and_outputs_of_the_action_with_their_defaults() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (?:`([^`]*)`|([^|]*?)) ?\|", PAGES["docs/ci.md"], re.MULTILINE)
    defaults = {name: value or words for name, value, words in rows}

    assert {name: given["default"] for name, given in ACTION["inputs"].items()} == {
        **defaults,
        "token": "${{ github.token }}",
    }
    assert all(f"`{name}`" in PAGES["docs/ci.md"] for name in ACTION["outputs"])


def test_pages_and_action_use_the_same_versions_of_other_actions() -> None:
    used = {
        step["uses"] for workflow in WORKFLOWS[:2] for step in workflow["jobs"]["prompts"]["steps"] if "uses" in step
    }
    own = {step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step}

    assert {name for name in used if name.startswith("actions/setup-python")} <= own


@pytest.mark.parametrize("number", [3, 4])
def test_hook_is_one_that_pre_commit_takes(number: int, tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(blocks("yaml")[number], encoding="utf-8")
    (manifest,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    (hook,) = load_config(str(path))["repos"][0]["hooks"]

    assert hook["id"] == manifest["id"]
    assert {key: hook.get(key, manifest[key]) for key in ("entry", "pass_filenames", "always_run", "name")} == {
        key: manifest[key] for key in ("entry", "pass_filenames", "always_run", "name")
    }


# --- the scripts for GitLab ----------------------------------------------------------------------------------


class Notes(BaseHTTPRequestHandler):
    """The notes of the GitLab API."""

    requests: list[tuple[str, str, str | None, str]]
    notes: list[dict[str, Any]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.requests.append((self.command, self.path, self.headers["private-token"], body))
        data = json.dumps(self.notes if self.command == "GET" else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def gitlab() -> Iterator[tuple[type[Notes], str]]:
    handler = type("Handler", (Notes,), {"requests": [], "notes": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_port}/api/v4"
        server.shutdown()
        thread.join(timeout=10)


def run_note(url: str, report: Path, **variables: str) -> int:
    (script,) = [block for block in blocks("sh") if "NOTES_TOKEN" in block]
    environment = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "CI_API_V4_URL": url,
        "CI_PROJECT_ID": "3",
        "NOTES_TOKEN": "secret",
        **variables,
    }
    return subprocess.run(["sh", "-c", script, "note.sh", str(report)], env=environment, check=False).returncode


@pytest.mark.parametrize(
    ("notes", "method", "path"),
    [
        ([], "POST", ""),
        ([{"id": 5, "body": f"I quote: {MARKER}"}], "POST", ""),
        ([{"id": 5, "body": "Nice."}, {"id": 6, "body": f"{MARKER}\nold"}, {"id": 7, "body": MARKER}], "PUT", "/6"),
    ],
)
def test_note_is_written_once_and_then_replaced(
    notes: list[dict[str, Any]], method: str, path: str, gitlab: tuple[type[Notes], str], tmp_path: Path
) -> None:
    handler, url = gitlab
    handler.notes += notes
    report = tmp_path / "report.md"
    report.write_text(f"{MARKER}\n# Prompt cache: bust\n\n`a=b&c` 100 % – é\n", encoding="utf-8")

    assert run_note(url, report, CI_MERGE_REQUEST_IID="8") == 0

    get, write = handler.requests
    assert get[:3] == ("GET", "/api/v4/projects/3/merge_requests/8/notes?per_page=100&sort=asc", "secret")
    assert write[:3] == (method, f"/api/v4/projects/3/merge_requests/8/notes{path}", "secret")
    assert parse_qs(write[3])["body"] == [report.read_text(encoding="utf-8")]


@pytest.mark.parametrize(("variables", "has_report"), [({}, True), ({"CI_MERGE_REQUEST_IID": "8"}, False)])
def test_no_note_without_a_merge_request_or_a_report(
    variables: dict[str, str], has_report: bool, gitlab: tuple[type[Notes], str], tmp_path: Path
) -> None:
    handler, url = gitlab
    report = tmp_path / "report.md"
    if has_report:
        report.touch()

    assert run_note(url, report, **variables) == 0
    assert handler.requests == []


def test_code_quality_has_the_fields_that_gitlab_wants(tmp_path: Path) -> None:
    (script,) = blocks("python")
    findings = (
        Finding(rule="bust", headline="changed", file="prompts/v1.md", line=12),
        Finding(rule="bust", headline="changed too", file="prompts/v1.md"),
        Finding(rule="new-version", headline="new", level="note", file="suite.yaml", line=3),
        Finding(rule="cannot-tell", headline="nowhere"),
    )
    report = RunReport(mode="replay", rows=(), passed=0, failed=1, findings=findings)
    (tmp_path / "report.json").write_text(report.to_json(), encoding="utf-8")

    command = [sys.executable, "-W", "error", "-c", script, str(tmp_path / "report.json")]
    issues = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert len({issue.pop("fingerprint") for issue in issues}) == 3
    assert issues == [
        {
            "description": headline,
            "check_name": f"prompt-cache/{rule}",
            "severity": severity,
            "location": {"path": path, "lines": {"begin": line}},
        }
        for headline, rule, severity, path, line in (
            ("changed", "bust", "major", "prompts/v1.md", 12),
            ("changed too", "bust", "major", "prompts/v1.md", 1),
            ("new", "new-version", "info", "suite.yaml", 3),
        )
    ]
