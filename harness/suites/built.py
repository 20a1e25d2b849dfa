"""Runs one case whose function builds requests: the simulator bills them, and nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.calls.call import Call
from harness.errors import RequestError
from harness.findings.finding import Finding
from harness.prompt.blocks import read_blocks
from harness.prompt.tokens import CountText
from harness.promptcache.prepared import prepare
from harness.promptcache.simulator import Simulator
from harness.promptcache.validation import check_request
from harness.suites.case_checks import check_number, check_reads, list_repeatable, raise_findings
from harness.suites.checks import SECONDS_BETWEEN, check_rules
from harness.suites.plan import CallGroup, Plan
from harness.suites.runner import CaseRun, SuiteFunction


def run_build(
    run: CaseRun, function: SuiteFunction, count_text: CountText, *, rewrite: Callable[[bytes], bytes] | None = None
) -> list[list[Call]]:
    """Build the requests of a case round by round and check what the prompt cache bills; the calls of each round.

    ``rewrite`` changes what is built, in a mutation test.

    Raises:
        CheckError: a check does not hold; all findings are in its message.
        RequestError: what was built cannot be a request.
    """
    plan = run.case.plan
    rounds = [run.build(function, inputs=run.case.round_inputs(number)) for number in range(plan.rounds)]
    if rewrite is not None:
        rounds = [[rewrite(body) for body in bodies] for bodies in rounds]
    wrong_number = _check_number_built(plan, [len(bodies) for bodies in rounds])
    raise_findings(run.title, [] if wrong_number is None else [wrong_number])
    groups = plan.group(len(rounds[0]))
    calls = _bill([body for bodies in rounds for body in bodies], groups, count_text)
    raise_findings(run.title, [fault for group in groups for fault in _find_faults(plan, group, calls, count_text)])
    return [calls[start : start + len(rounds[0])] for start in range(0, len(calls), len(rounds[0]))]


@dataclass(frozen=True, kw_only=True)
class _BuiltCall(Call):
    """A call whose body is parsed already."""

    parsed: dict[str, Any]

    @cached_property
    def request(self) -> dict[str, Any]:
        """The body, parsed once for all calls with the same bytes."""
        return self.parsed


def _bill(bodies: Sequence[bytes], groups: Sequence[CallGroup], count_text: CountText) -> list[Call]:
    """The requests of a case as the simulator bills them, each group on an empty prompt cache."""
    # Equal bodies are parsed, read and counted once: that is nearly all of the time.
    requests = {body: _parse(body) for body in bodies}
    prepared = {body: prepare(request, count_text) for body, request in requests.items()}
    calls: dict[int, Call] = {}
    for group in groups:
        simulator = Simulator()
        for position, index in enumerate(group.calls):
            body = bodies[index]
            usage = simulator.send(prepared[body], at=position * SECONDS_BETWEEN).usage
            calls[index] = _BuiltCall(body=body, usage=usage, status=200, origin="emulator", parsed=requests[body])
    return [calls[index] for index in range(len(bodies))]


def _find_faults(plan: Plan, group: CallGroup, calls: Sequence[Call], count_text: CountText) -> list[Finding]:
    findings = check_reads(plan, group, calls, count_text)
    suspects = {call.body: call for call in list_repeatable(plan, group, calls) if findings or not _is_all_read(call)}
    distinct = {calls[index].body: calls[index] for index in group.calls}
    suspects |= {body: call for body, call in distinct.items() if body not in suspects and _is_rejected(call)}
    faults = (check_rules(call, count_text) for call in suspects.values())
    return [*findings, *(fault for fault in faults if fault is not None)]


def _is_all_read(call: Call) -> bool:
    return call.usage.prefix_tokens == call.usage.cache_read_input_tokens


def _is_rejected(call: Call) -> bool:
    return check_request(call.request, read_blocks(call.request)) is not None


def _check_number_built(plan: Plan, sizes: Sequence[int]) -> Finding | None:
    if check_number(plan, sizes) is None:
        return None
    if plan.is_conversation and max(sizes) < 2:
        headline = f"built {sizes[0]} request{'s' * (sizes[0] != 1)}, expected a conversation of two or more"
    elif len(sizes) == 2:
        headline = (
            f"built {sizes[0]} requests the first time and {sizes[1]} the second, expected as many, and at least one"
        )
    else:
        counts = ", ".join(map(str, sizes))
        headline = f"built {counts} requests in {len(sizes)} rounds, expected as many in each, and at least one"
    return Finding(rule="cannot-tell", headline=headline)


def _parse(body: bytes) -> dict[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise RequestError("a request is not an object")
    return value
