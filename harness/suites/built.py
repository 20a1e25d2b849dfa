"""Run one case whose function builds requests: the simulator bills them, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.calls.call import Call
from harness.findings.finding import Finding
from harness.findings.words import count
from harness.prompt.reader import PromptReader
from harness.promptcache.simulator import Simulator
from harness.provider.usage import Usage
from harness.suites.case_checks import check_number, check_reads, list_repeatable, raise_findings
from harness.suites.checks import SECONDS_BETWEEN, check_refusal, check_rules
from harness.suites.plan import CallGroup, Plan
from harness.suites.runner import CaseRun, SuiteFunction


def run_build(
    run: CaseRun, function: SuiteFunction, reader: PromptReader, *, rewrite: Callable[[bytes], bytes] | None = None
) -> list[list[Call]]:
    """Build the requests of a case round by round and check how they are billed; return the calls of each round.

    ``rewrite`` changes each built body, for a mutation test.

    Raises:
        CheckError: a check fails; its message holds all findings.
        RequestError: the function built something that cannot be a request.
    """
    plan = run.case.plan
    rounds = [run.build(function, inputs=run.case.round_inputs(number)) for number in range(plan.rounds)]
    if rewrite is not None:
        rounds = [[rewrite(body) for body in bodies] for bodies in rounds]
    wrong_number = _check_number_built(plan, [len(bodies) for bodies in rounds])
    raise_findings(run.title, [] if wrong_number is None else [wrong_number])
    raise_findings(run.title, _find_refused([body for bodies in rounds for body in bodies], reader))
    groups = plan.group(len(rounds[0]))
    calls = _bill([body for bodies in rounds for body in bodies], groups, reader)
    raise_findings(run.title, [fault for group in groups for fault in _find_faults(plan, group, calls)])
    return [calls[start : start + len(rounds[0])] for start in range(0, len(calls), len(rounds[0]))]


def _bill(bodies: Sequence[bytes], groups: Sequence[CallGroup], reader: PromptReader) -> list[Call]:
    """Bill the requests of a case with the simulator, each group on an empty prompt cache."""
    calls: dict[int, Call] = {}
    for group in groups:
        simulator = Simulator()
        for position, index in enumerate(group.calls):
            body = bodies[index]
            usage = simulator.send(reader.read(body).record, at=position * SECONDS_BETWEEN).usage
            calls[index] = _make_call(body, usage, reader)
    return [calls[index] for index in range(len(bodies))]


def _find_faults(plan: Plan, group: CallGroup, calls: Sequence[Call]) -> list[Finding]:
    findings = check_reads(plan, group, calls)
    suspects = {call.body: call for call in list_repeatable(plan, group, calls) if findings or not _is_all_read(call)}
    distinct = {calls[index].body: calls[index] for index in group.calls}
    suspects |= {body: call for body, call in distinct.items() if call.prompt.uncertain_breakpoints}
    faults = (check_rules(call) for call in suspects.values())
    return [*findings, *(fault for fault in faults if fault is not None)]


def _is_all_read(call: Call) -> bool:
    return call.usage.prefix_tokens == call.usage.cache_read_input_tokens


def _find_refused(bodies: Sequence[bytes], reader: PromptReader) -> list[Finding]:
    """Find the requests that the API refuses; nothing is billed for them."""
    calls = [_make_call(body, Usage(), reader) for body in dict.fromkeys(bodies)]
    found = (check_refusal(call.prompt) for call in calls)
    return [finding for finding in found if finding is not None]


def _make_call(body: bytes, usage: Usage, reader: PromptReader) -> Call:
    return Call(body=body, usage=usage, status=200, origin="emulator", reader=reader)


def _check_number_built(plan: Plan, sizes: Sequence[int]) -> Finding | None:
    if check_number(plan, sizes) is None:
        return None
    if plan.is_conversation and max(sizes) < 2:
        headline = f"built {count(sizes[0], 'request')}, expected a conversation of two or more"
    elif len(sizes) == 2:
        headline = (
            f"built {count(sizes[0], 'request')} the first time and {sizes[1]:,} the second, "
            "expected the same number, and at least one"
        )
    else:
        counts = ", ".join(map(str, sizes))
        headline = f"built {counts} requests in {len(sizes)} rounds, expected the same number, and at least one"
    return Finding(rule="cannot-tell", headline=headline)
