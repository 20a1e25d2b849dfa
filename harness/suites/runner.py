"""Runs one case of a suite: makes its call twice, and checks what both were billed."""

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from harness.cassettes.session import CallSession
from harness.client.claude import ClaudeClient
from harness.errors import CheckError
from harness.prompt.call import Call
from harness.prompt.tokens import CountText
from harness.promptcache.finding import Finding
from harness.settings import Settings
from harness.suites.checks import check_prediction, check_rules, check_second_call
from harness.suites.model import Case, PromptVersion, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One case with one version of the prompt."""

    suite: Suite
    version: PromptVersion
    case: Case

    @property
    def name(self) -> str:
        """Part of the test's id: ``analysis[v1-backend-engineer-mid]``."""
        return f"{self.suite.name}[{self.version.name}-{self.case.name}]"

    def cassette(self, root: Path) -> str:
        """Name of its cassette, under the folder of the suite file: ``suites/analysis/v1/backend-engineer-mid``."""
        folder = PurePosixPath(self.suite.path.parent.relative_to(root, walk_up=True).as_posix())
        return str(folder / self.suite.name / self.version.name / self.case.name)


def run_case(run: CaseRun, function: Callable[..., Any], session: CallSession, count_text: CountText) -> None:
    """Call ``function(client, prompt, **inputs)`` twice and check the two rounds against each other.

    Raises:
        CheckError: a check does not hold; all findings are in its message.
    """
    rounds: list[list[Call]] = []
    for _ in range(2):
        before = len(session.calls)
        _exhaust(function(_client(run, session), run.version.text, **deepcopy(run.case.inputs)))
        rounds.append(session.calls[before:])
    findings = find_faults(rounds[0], rounds[1], count_text)
    if findings:
        where = f"{run.suite.name} {run.version.name}, case {run.case.name}"
        message = "\n".join([f"{where}: {findings[0]}", *(str(finding) for finding in findings[1:])])
        raise CheckError(message, findings=tuple(findings))


def find_faults(first: list[Call], second: list[Call], count_text: CountText) -> list[Finding]:
    """What is wrong with the calls of two rounds that should be alike."""
    if not first or len(first) != len(second):
        return [
            Finding(
                rule="undecided",
                headline=f"made {len(first)} calls the first time and {len(second)} the second, expected as many",
                facts=("at least one; calls count only through the client that the function is given",),
            )
        ]
    findings = []
    for one, two in zip(first, second, strict=True):
        faults = (check_second_call(one, two), *check_prediction((one, two), count_text), check_rules(two, count_text))
        findings += [fault for fault in faults if fault is not None]
    return findings


def _client(run: CaseRun, session: CallSession) -> Any:
    if run.suite.client == "anthropic":
        return session.anthropic()
    # Not from the environment: a developer's settings must not change what a suite sends.
    settings = Settings(model=run.version.model, use_local_cache=False)
    return ClaudeClient(session.anthropic(), settings=settings, prompt_version=run.version.name)


def _exhaust(result: Any) -> None:
    if inspect.iscoroutine(result):
        asyncio.run(result)
    elif isinstance(result, Iterator):
        deque(result, maxlen=0)
