"""Runs one case of a suite: makes its call twice, and checks what both were billed."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.calls.call import Call
from harness.client.claude import ClaudeClient
from harness.errors import CheckError
from harness.findings.finding import Finding
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import CountText
from harness.prompt.wire import to_body
from harness.promptcache.simulator import Simulator
from harness.promptcache.validation import check_request
from harness.settings import Settings
from harness.suites.checks import SECONDS_BETWEEN, check_prediction, check_rules, check_second_call
from harness.suites.evidence import Evidence, find_disagreement, hear
from harness.suites.model import Case, PromptVersion, Suite

if TYPE_CHECKING:
    from harness.sessions.session import CallSession

Function = Callable[..., Any]
"""A suite's function: ``function([client], [prompt], **inputs)``."""
AsBilled = Callable[[Call], Call]
"""A call with the body that its usage is of."""

_NOR_THE_THIRD = "a third call with the same request did not read it either"


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

    What is found in ``live`` mode that is no error is noted in ``session.remarks``.

    Raises:
        CheckError: a check does not hold; all findings are in its message.
    """

    def make_round() -> list[Call]:
        before = len(session.calls)
        run.invoke(function, None if run.suite.client == "http" else session.anthropic())
        return session.calls[before:]

    first, second = make_round(), make_round()
    if session.is_live:
        findings = _find_live_faults(first, second, make_round, session.as_billed, count_text)
    else:
        findings = find_faults(first, second, count_text)
    session.remarks += [finding for finding in findings if finding.level != "error"]
    raise_findings(run, [finding for finding in findings if finding.level == "error"])
    return first


def run_build(
    run: CaseRun, function: Function, count_text: CountText, *, rewrite: Callable[[bytes], bytes] | None = None
) -> list[Call]:
    """Build a case's requests twice and check what the prompt cache makes of them; the calls of both rounds.

    Nothing is sent; the calls' usage is what the simulator bills. ``rewrite`` changes what is built,
    in a mutation test.

    Raises:
        CheckError: a check does not hold; all findings are in its message.
        RequestError: what was built is no request.
    """
    rounds = [run.build(function) for _ in range(2)]
    if rewrite is not None:
        rounds = [[rewrite(body) for body in bodies] for bodies in rounds]
    if not rounds[0] or len(rounds[0]) != len(rounds[1]):
        raise_findings(run, [_other_number_built(len(rounds[0]), len(rounds[1]))])
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


def find_faults(
    first: list[Call], second: list[Call], count_text: CountText, *, as_billed: AsBilled = lambda call: call
) -> list[Finding]:
    """What is wrong with the calls of two rounds that should be alike.

    ``as_billed`` gives a call with the body that its usage is of, where that is another one.
    """
    if not first or len(first) != len(second):
        return [_other_number(len(first), len(second))]
    findings = []
    for one, two in zip(first, second, strict=True):
        billed = (as_billed(one), as_billed(two))
        faults = (check_second_call(one, two), *check_prediction(billed), check_rules(two))
        findings += [fault for fault in faults if fault is not None]
    return findings


def _find_live_faults(
    first: list[Call],
    second: list[Call],
    make_round: Callable[[], list[Call]],
    as_billed: AsBilled,
    count_text: CountText,
) -> list[Finding]:
    """What is wrong with two rounds of the real API, and what its witnesses disagree on.

    A miss that nothing explains gets one more round: real caches miss now and then.
    """
    if not first or len(first) != len(second):
        return [_other_number(len(first), len(second))]
    listen = partial(_listen, [as_billed(call) for call in first], as_billed=as_billed, count_text=count_text)
    heard = listen(second)
    missed = [number for number, said in enumerate(heard) if not said.read]
    if not missed or not all(heard[number].is_flake and first[number].usage.prefix_tokens for number in missed):
        faults = find_faults(first, second, count_text, as_billed=as_billed)
        return [*faults, *_disagreements(heard)]
    third = make_round()
    if len(third) != len(first):
        return [_other_number(len(first), len(third))]
    late = [number for number, said in enumerate(listen(third)) if number in missed and said.read]
    judged = [third[number] if number in late else call for number, call in enumerate(second)]
    faults = find_faults(first, judged, count_text, as_billed=as_billed)
    return [
        *(replace(fault, notes=(_NOR_THE_THIRD,)) if fault.rule == "second-call" else fault for fault in faults),
        *_disagreements(listen(judged)),
        *(_came_late(first[number], second[number], third[number]) for number in late),
    ]


def _listen(first: list[Call], later: list[Call], *, as_billed: AsBilled, count_text: CountText) -> list[Evidence]:
    """What the witnesses say of each call of a later round."""
    pairs = zip(first, map(as_billed, later), strict=True)
    # Diagnostics compare a call with an equal one before it, else with the one just before it.
    return [hear(one, two, count_text, is_compared=len(first) == 1 or one.body == two.body) for one, two in pairs]


def _disagreements(heard: list[Evidence]) -> list[Finding]:
    return [found for said in heard if (found := find_disagreement(said)) is not None]


def _came_late(first: Call, second: Call, third: Call) -> Finding:
    expected = first.usage.prefix_tokens
    reads = zip(("second", "third"), (second, third), strict=True)
    return Finding(
        rule="second-call",
        level="note",
        headline="the second call missed, the third read: the API does so now and then",
        facts=tuple(
            f"{name} call: {call.usage.cache_read_input_tokens:,} of {expected:,} read" for name, call in reads
        ),
    )


def _bill(bodies: tuple[bytes, bytes], count_text: CountText) -> tuple[Call, Call]:
    """Two requests as the simulator bills them, one after the other."""
    simulator = Simulator()
    # Equal bodies are parsed, read and counted once: that is nearly all of the time.
    reader = PromptReader(count_text)

    def send(body: bytes, at: float) -> Call:
        usage = simulator.send(reader.read(body).record, at=at).usage
        return Call(body=body, usage=usage, status=200, origin="emulator", reader=reader)

    return send(bodies[0], 0.0), send(bodies[1], SECONDS_BETWEEN)


def _find_faults_of_built(first: Call, second: Call, count_text: CountText) -> list[Finding]:
    fault = check_second_call(first, second)
    is_all_read = second.usage.prefix_tokens == second.usage.cache_read_input_tokens
    if fault is None and is_all_read and check_request(second.prompt) is None:
        return []
    return [found for found in (fault, check_rules(second)) if found is not None]


def _other_number_built(first: int, second: int) -> Finding:
    return Finding(
        rule="cannot-tell",
        headline=f"built {first} requests the first time and {second} the second, expected as many, and at least one",
    )


def _other_number(first: int, second: int) -> Finding:
    return Finding(
        rule="cannot-tell",
        headline=f"made {first} calls the first time and {second} the second, expected as many",
        facts=("at least one; calls count only through the client that the function is given",),
    )


def _exhaust(result: Any) -> Any:
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if isinstance(result, Iterator):
        deque(result, maxlen=0)
    return result
