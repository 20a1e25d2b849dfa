"""What must hold of a case's calls: the second one reads what the first one wrote."""

from collections.abc import Sequence

from harness.calls.call import Call
from harness.errors import RequestError
from harness.findings.describe import add_change, add_loss
from harness.findings.finding import Finding
from harness.prompt.tokens import CountText
from harness.promptcache.explain import explain
from harness.promptcache.prepared import prepare
from harness.promptcache.simulator import Simulator
from harness.provider.usage import Usage

SECONDS_BETWEEN = 30.0
"""From the start of one call to the start of the next, as far as checks need to assume one."""
_TOLERANCE = 3


def check_second_call(first: Call, second: Call) -> Finding | None:
    """That the usage of the second call shows a read of all that the first read or wrote."""
    expected = first.usage.prefix_tokens
    if not expected:
        return Finding(
            rule="never-cached",
            headline="the first call wrote nothing to the prompt cache",
            facts=(_show("first call", first.usage),),
        )
    if second.usage.cache_read_input_tokens < expected:
        finding = Finding(
            rule="second-call",
            headline="the second call did not read the prefix that the first one wrote",
            facts=(
                _show("first call", first.usage),
                _show("second call", second.usage),
                f"expected of the second: {expected:,} read",
            ),
            tokens=expected - second.usage.cache_read_input_tokens,
        )
        return _add_change(finding, first, second)
    return None


def check_prediction(calls: Sequence[Call], count_text: CountText) -> tuple[Finding, ...]:
    """That the simulator, on the requests as built now, bills what the API reported.

    Skipped for requests that cannot be counted offline. The first call of a recording may
    have found the cache warm; then only the size of its prefix is compared.
    """
    simulator = Simulator()
    findings = []
    for number, call in enumerate(calls):
        prepared = prepare(call.request, count_text)
        predicted = simulator.send(prepared, at=number * SECONDS_BETWEEN).usage
        if prepared.count.is_exact and not _agree(predicted, call.usage, is_first=number == 0):
            findings.append(
                Finding(
                    rule="prediction",
                    headline=f"call {number + 1} was not billed as the simulator predicts",
                    facts=(_show("reported", call.usage), _show("predicted", predicted)),
                )
            )
    return tuple(findings)


def check_rules(call: Call, count_text: CountText) -> Finding | None:
    """That a request, sent twice, would be read the second time, by the rules alone."""
    result = explain(call.request, call.request, count_text)
    if result.verdict == "hit":
        return None
    prepared = prepare(call.request, count_text)
    facts = [f"the API answers {result.error.status}: {result.error.message}"] if result.error else []
    if result.cause == "below_minimum":
        longest = prepared.count.prefixes[prepared.breakpoints[-1].block_index]
        minimum = prepared.model.min_cacheable_tokens
        facts.append(f"prefix: {longest:,} tokens; minimum of {prepared.model.id}: {minimum:,}")
    finding = Finding(
        rule="never-cached",
        headline="by the rules, a second call with the request as built now reads nothing",
        facts=tuple(facts),
    )
    return add_loss(finding, result)


def _add_change(finding: Finding, first: Call, second: Call) -> Finding:
    try:
        return add_change(finding, first.request, second.request, first="first", second="second")
    except RequestError:
        # Made by hand in a test, perhaps: the usage alone has to do.
        return finding


def _agree(predicted: Usage, reported: Usage, *, is_first: bool) -> bool:
    if abs(predicted.prefix_tokens - reported.prefix_tokens) > _TOLERANCE:
        return False
    return is_first or abs(predicted.cache_read_input_tokens - reported.cache_read_input_tokens) <= _TOLERANCE


def _show(what: str, usage: Usage) -> str:
    return (
        f"{what}: {usage.cache_creation_input_tokens:,} written, {usage.cache_read_input_tokens:,} read, "
        f"{usage.input_tokens:,} uncached"
    )
