"""Runs one case of a suite: makes its call twice, and checks what both were billed."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.client.claude import ClaudeClient
from harness.errors import CheckError, RequestError
from harness.prompt.blocks import read_blocks
from harness.prompt.call import Call
from harness.prompt.tokens import CountText
from harness.prompt.wire import to_body
from harness.promptcache.finding import Finding
from harness.promptcache.prepared import prepare
from harness.promptcache.simulator import Simulator
from harness.promptcache.validation import check_request
from harness.settings import Settings
from harness.suites.checks import SECONDS_BETWEEN, check_prediction, check_rules, check_second_call
from harness.suites.model import Case, PromptVersion, Suite

if TYPE_CHECKING:
    from harness.cassettes.session import CallSession

Function = Callable[..., Any]
"""A suite's function: ``function([client], [prompt], **inputs)``."""


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

    @property
    def title(self) -> str:
        """How messages call it: ``analysis v1, case backend-engineer-mid``."""
        return f"{self.suite.name} {self.version.name}, case {self.case.name}"

    def cassette(self, root: Path) -> str:
        """Name of its cassette, under the folder of the suite file: ``suites/analysis/v1/backend-engineer-mid``."""
        folder = PurePosixPath(self.suite.path.parent.relative_to(root, walk_up=True).as_posix())
        return str(folder / self.suite.name / self.version.name / self.case.name)

    def invoke(self, function: Function, sdk: Any = None, *, inputs: Mapping[str, Any] | None = None) -> Any:
        """What the function gives, run to its end: a coroutine awaited, an iterator exhausted.

        ``sdk`` makes an ``anthropic.Anthropic``, or stands for one; suites that need none ignore it.
        ``inputs`` are by default the case's own.
        """
        arguments = [] if self.version.text is None else [self.version.text]
        if not self.suite.is_build and self.suite.client != "http":
            arguments.insert(0, self._client(sdk))
        return _exhaust(function(*arguments, **deepcopy(dict(self.case.inputs if inputs is None else inputs))))

    def build(self, function: Function, *, inputs: Mapping[str, Any] | None = None) -> list[bytes]:
        """The bodies of the requests that a building function gives: one, or several in a list.

        Raises:
            RequestError: what it gives are no parameters of a request.
        """
        built = self.invoke(function, inputs=inputs)
        return [to_body(parameters) for parameters in (built if isinstance(built, list | tuple) else [built])]

    def _client(self, sdk: Any) -> Any:
        if self.suite.client == "anthropic":
            return sdk
        # Not from the environment: a developer's settings must not change what a suite sends.
        settings = Settings(model=self.version.model, use_local_cache=False)
        return ClaudeClient(sdk, settings=settings, prompt_version=self.version.name)


def run_case(run: CaseRun, function: Function, session: CallSession, count_text: CountText) -> list[Call]:
    """Make a case's call twice and check the two rounds against each other; the calls of the first.

    Raises:
        CheckError: a check does not hold; all findings are in its message.
    """
    rounds: list[list[Call]] = []
    for _ in range(2):
        before = len(session.calls)
        run.invoke(function, None if run.suite.client == "http" else session.anthropic())
        rounds.append(session.calls[before:])
    raise_findings(run, find_faults(rounds[0], rounds[1], count_text))
    return rounds[0]


def run_build(run: CaseRun, function: Function, count_text: CountText) -> list[Call]:
    """Build a case's requests twice and check what the prompt cache makes of them; the calls of both rounds.

    Nothing is sent; the calls' usage is what the simulator bills.

    Raises:
        CheckError: a check does not hold; all findings are in its message.
        RequestError: what was built is no request.
    """
    rounds = [run.build(function) for _ in range(2)]
    if not rounds[0] or len(rounds[0]) != len(rounds[1]):
        raise_findings(run, [_other_number(len(rounds[0]), len(rounds[1]))])
    findings: list[Finding] = []
    calls: list[list[Call]] = [[], []]
    for bodies in zip(*rounds, strict=True):
        pair = _bill(bodies, count_text)
        for number, call in enumerate(pair):
            calls[number].append(call)
        findings += _find_faults_of_built(*pair, count_text)
    raise_findings(run, findings)
    return [*calls[0], *calls[1]]


def raise_findings(run: CaseRun, findings: list[Finding]) -> None:
    """Do nothing if there are none.

    Raises:
        CheckError: there are findings.
    """
    if findings:
        raise CheckError("\n".join(map(str, [f"{run.title}: {findings[0]}", *findings[1:]])), findings=tuple(findings))


def find_faults(first: list[Call], second: list[Call], count_text: CountText) -> list[Finding]:
    """What is wrong with the calls of two rounds that should be alike."""
    if not first or len(first) != len(second):
        return [_other_number(len(first), len(second))]
    findings = []
    for one, two in zip(first, second, strict=True):
        faults = (check_second_call(one, two), *check_prediction((one, two), count_text), check_rules(two, count_text))
        findings += [fault for fault in faults if fault is not None]
    return findings


def _bill(bodies: tuple[bytes, bytes], count_text: CountText) -> tuple[Call, Call]:
    """Two requests as the simulator bills them, one after the other."""
    simulator = Simulator()
    # Equal bodies are read and counted once: that is nearly all of the time.
    first = prepare(_parse(bodies[0]), count_text)
    second = first if bodies[0] == bodies[1] else prepare(_parse(bodies[1]), count_text)
    usages = (simulator.send(request, at=at).usage for request, at in ((first, 0.0), (second, SECONDS_BETWEEN)))
    one, two = (
        Call(body=body, usage=usage, status=200, origin="emulator") for body, usage in zip(bodies, usages, strict=True)
    )
    return one, two


def _find_faults_of_built(first: Call, second: Call, count_text: CountText) -> list[Finding]:
    fault = check_second_call(first, second)
    is_all_read = second.usage.prefix_tokens == second.usage.cache_read_input_tokens
    if fault is None and is_all_read and check_request(second.request, read_blocks(second.request)) is None:
        return []
    return [found for found in (fault, check_rules(second, count_text)) if found is not None]


def _other_number(first: int, second: int) -> Finding:
    return Finding(
        rule="undecided",
        headline=f"made {first} calls the first time and {second} the second, expected as many",
        facts=("at least one; calls count only through the client that the function is given",),
    )


def _parse(body: bytes) -> dict[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise RequestError("a request is not an object")
    return value


def _exhaust(result: Any) -> Any:
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if isinstance(result, Iterator):
        deque(result, maxlen=0)
    return result
