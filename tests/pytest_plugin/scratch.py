"""A scratch application that does not know the harness: it creates its own client, and has a history in git."""

import subprocess
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest

from harness.lock.entries import LockEntry
from harness.lock.lockfile import read_lock
from tests.lock.examples import rich_request
from tests.pytest_plugin.conftest import RECORD, Project

Body = dict[str, Any]

APP = """\
from copy import deepcopy

import anthropic

BODY = {body}


def build(question):
    body = deepcopy(BODY)
    body["messages"][-1]["content"].append({{"type": "text", "text": question}})
    return body


def ask(question):
    message = anthropic.Anthropic().messages.create(**build(question))
    return "".join(block.text for block in message.content if block.type == "text")
"""

SUITE = """\
suites:
  desk:
    call: app.py:ask
    client: http
    prompts:
      {version}: {{{options}}}
    cases:
      refund: {{question: How do I get a refund}}
      parcel: {{question: Where is my parcel}}
"""

TEST = """\
import pytest

from app import build


{marker}def test_ask(anthropic_client):
    anthropic_client.messages.create(**build("Where is it?"))
"""

CASES = ("support/desk/v1/parcel", "support/desk/v1/refund")
PLAIN = "support/test_app/test_ask"
UPDATE = "--harness-update-lock"
EMULATE = "--harness-mode=emulate"


class Desk:
    """The scratch project: ``support/app.py``, ``support/suite.yaml`` and ``support/test_app.py``."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.path = project.path
        self.run = project.run
        self.write_app()
        self.write_suite()
        self.write_test()

    def write_app(self, body: Body | None = None, *, code: str = APP) -> None:
        """Write the application, which sends ``body`` followed by a question."""
        self.project.write(
            "support/app.py", code.format(body=pformat(body or rich_request(), width=110, sort_dicts=False))
        )

    def write_suite(self, *, version: str = "v1", options: str = "", text: str = SUITE) -> None:
        """Write the suite file."""
        self.project.write("support/suite.yaml", text.format(version=version, options=options))

    def write_test(self, *, marker: str = "", text: str = TEST) -> None:
        """Write the plain test."""
        self.project.write("support/test_app.py", text.format(marker=marker))

    def accept(self, *arguments: str) -> pytest.RunResult:
        """Record, and accept the recorded requests."""
        result = self.run(*RECORD, UPDATE, *arguments)
        assert result.ret == 0
        return result

    @property
    def lock_file(self) -> Path:
        """The lock file."""
        return self.path / "prompts.lock"

    @property
    def entries(self) -> dict[str, LockEntry]:
        """The accepted entries."""
        lock = read_lock(self.lock_file)
        assert lock is not None
        return lock.entries

    def git(self, *arguments: str) -> str:
        """Run git in the project under a neutral name; return its output."""
        who = ("-c", "user.name=CI", "-c", "user.email=ci@example.com", "-c", "init.defaultBranch=main")
        command = ("git", *who, "-c", "commit.gpgsign=false", *arguments)
        return subprocess.run(command, cwd=self.path, check=True, capture_output=True, text=True).stdout
