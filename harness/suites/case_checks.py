"""Check all calls of a case against the plan of its rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.calls.call import Call
from harness.errors import CheckError
from harness.findings.finding import Finding
from harness.findings.words import count
from harness.suites.call_names import CallNames
from harness.suites.checks import check_prediction, check_read, check_refusal, check_rules, check_second_call
from harness.suites.plan import CallGroup, Plan, Read


def find_faults(
    plan: Plan,
    rounds: Sequence[Sequence[Call]],
    *,
    as_billed: Callable[[Call], Call] = lambda call: call,
) -> list[Finding]:
    """Check the calls of all rounds against the plan.

    ``as_billed`` returns a call with the body that its usage belongs to, where the two differ.
    """
    wrong_number = check_number(plan, [len(calls) for calls in rounds])
    if wrong_number is not None:
        return [wrong_number]
    calls = [call for one_round in rounds for call in one_round]
    findings = _find_refused(calls)
    if findings:
        return findings
    for group in plan.group(len(rounds[0])):
        findings += check_reads(plan, group, calls)
        findings += check_prediction(
            [as_billed(calls[index]) for index in group.calls],
            numbers=() if plan.is_default else [index + 1 for index in group.calls],
            are_equal=plan.has_equal_rounds,
        )
        faults = (check_rules(call) for call in list_repeatable(plan, group, calls))
        findings += [fault for fault in faults if fault is not None]
    return findings


def _find_refused(calls: Sequence[Call]) -> list[Finding]:
    """Find the requests that the API refuses, among those that only the emulator has answered."""
    distinct = {call.body: call for call in calls if call.origin == "emulator"}
    found = (check_refusal(call.prompt) for call in distinct.values())
    return [finding for finding in found if finding is not None]


def check_number(plan: Plan, sizes: Sequence[int]) -> Finding | None:
    """Check that all rounds made the same number of calls, and enough of them."""
    fact = "only calls through the client that the function is given count"
    if plan.is_conversation and max(sizes) < 2:
        headline = f"made {count(sizes[0], 'call')}, expected a conversation of two or more"
        return Finding(rule="cannot-tell", headline=headline, facts=(fact,))
    if min(sizes) > 0 and len(set(sizes)) == 1:
        return None
    if len(sizes) == 2:
        headline = (
            f"made {count(sizes[0], 'call')} the first time and {sizes[1]:,} the second, expected the same number"
        )
    else:
        headline = f"made {', '.join(map(str, sizes))} calls in {len(sizes)} rounds, expected the same number"
    return Finding(rule="cannot-tell", headline=headline, facts=(f"at least one; {fact}",))


def check_reads(plan: Plan, group: CallGroup, calls: Sequence[Call]) -> list[Finding]:
    """Check that each call of a group reads what the plan expects; at most one finding per call that wrote nothing."""
    reads = list_possible(plan, group, calls)
    if not reads:
        return [_nothing_to_read(group, calls)]
    findings = (_check_read(plan, read, calls) for read in reads)
    # A call that wrote nothing gives every later call the same finding.
    return list(dict.fromkeys(finding for finding in findings if finding is not None))


def list_possible(plan: Plan, group: CallGroup, calls: Sequence[Call]) -> list[Read]:
    """The reads to expect; early turns of a conversation may be too short to be cached."""
    if not plan.is_conversation:
        return list(group.reads)
    return [read for read in group.reads if calls[read.earlier].usage.prefix_tokens]


def list_repeatable(plan: Plan, group: CallGroup, calls: Sequence[Call]) -> list[Call]:
    """The calls that must read their own prefix if they are repeated, one per distinct request."""
    if plan.is_conversation:
        return [calls[group.last]]
    return list({calls[read.later].body: calls[read.later] for read in group.reads}.values())


def raise_findings(title: str, findings: Sequence[Finding]) -> None:
    """Raise all findings of a case as one error; do nothing if there are none.

    Raises:
        CheckError: there are findings.
    """
    if findings:
        # A doubt about one request is found by each check that it stands in the way of.
        first, *rest = found = tuple(dict.fromkeys(findings))
        raise CheckError("\n".join(map(str, [f"{title}: {first}", *rest])), findings=found)


def _check_read(plan: Plan, read: Read, calls: Sequence[Call]) -> Finding | None:
    earlier, later = calls[read.earlier], calls[read.later]
    if plan.is_default:
        return check_second_call(earlier, later)
    return check_read(earlier, later, names=CallNames.of(plan, read), extent=read.extent)


def _nothing_to_read(group: CallGroup, calls: Sequence[Call]) -> Finding:
    tokens = [calls[index].usage.prefix_tokens for index in group.calls]
    return Finding(
        rule="never-cached",
        headline="no call of the conversation wrote a prefix that a later one could read",
        facts=(f"prefix tokens of its calls: {', '.join(f'{number:,}' for number in tokens)}",),
    )
