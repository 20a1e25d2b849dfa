"""Assertions on calls, with messages that say what to look at."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from harness.calls.call import Call
from harness.client.token_memo import TokenMemo
from harness.errors import RequestError, UsageError
from harness.findings.describe import add_change, add_loss
from harness.findings.finding import Finding
from harness.prompt.blocks import Request
from harness.prompt.reading import Prompt, read
from harness.prompt.tokens import TextCounter
from harness.promptcache.explain import Explanation, explain
from harness.provider.models import find_model
from harness.provider.pricing import dollars as show_dollars
from harness.provider.pricing import price
from harness.provider.usage import Usage
from harness.suites.checks import check_second_call
from harness.testing.messages import check_error


def assert_reads_prefix(call: Call, *, written_by: Call | None = None) -> None:
    """That a call read its prefix from the prompt cache.

    With ``written_by``: all that this earlier call had read or written. Without: something, and
    that nothing was left to write.

    Raises:
        CheckError: it read less, or the earlier call wrote nothing.
    """
    if written_by is None:
        _check_all_read(call)
    elif fault := check_second_call(written_by, call):
        raise check_error(_explain(fault, written_by, call))


def assert_same_prefix(first: Call | Request, second: Call | Request) -> None:
    """That a second request has all that the first one keeps in the prompt cache.

    That is everything up to the last breakpoint of the first; the second may go on from there.

    Raises:
        CheckError: the prefix changed, is no longer marked where it can be read, or there is none.
        RequestError: one of them does not have the shape of a Messages request.
    """
    count_text = TextCounter(TokenMemo())
    before, after = (call.prompt if isinstance(call, Call) else read(call, count_text) for call in (first, second))
    if not before.breakpoints:
        headline = "the first request has no breakpoint"
        raise check_error(Finding(rule="never-cached", headline=headline).with_cause("unmarked"))
    prefix = before.fingerprints[before.breakpoints[-1].block_index]
    if prefix in _marked(after):
        return
    result = explain(before, after)
    if prefix not in after.fingerprints:
        raise check_error(_describe_change(before, after, result))
    if result.cause is not None:
        headline = "the second request has the cached prefix of the first, but does not read it"
        raise check_error(add_loss(Finding(rule="second-call", headline=headline, notes=_notes(result)), result))


def assert_cost_below(calls: Call | Iterable[Call], dollars: str | float | Decimal) -> None:
    """That calls cost less than a number of dollars together, by the prices of today.

    Raises:
        CheckError: they cost as much or more, or there are none.
        UsageError: ``dollars`` is no number.
        UnknownModelError: there is no price for a model.
    """
    limit = _read_limit(dollars)
    priced = [(price(call.usage, call.model), call) for call in ([calls] if isinstance(calls, Call) else calls)]
    if not priced:
        headline = "there are no calls to price"
        raise check_error(Finding(rule="cannot-tell", headline=headline, fix="pass the calls that the test made"))
    total = sum((cost for cost, _ in priced), Decimal(0))
    if total >= limit:
        raise check_error(_describe_cost(priced, total, limit))


# --- reads -----------------------------------------------------------------------------------------------


def _check_all_read(call: Call) -> None:
    """That the usage shows a read, and no write."""
    read, written = call.usage.cache_read_input_tokens, call.usage.cache_creation_input_tokens
    if read and not written:
        return
    finding = Finding(rule="second-call", headline="", facts=(f"usage: {_show(call.usage)}",))
    if read or written:
        headline, fix = _WROTE[bool(read)]
        raise check_error(replace(finding, headline=headline, fix=fix))
    finding = replace(finding, rule="never-cached")
    if not _has_breakpoint(call):
        raise check_error(replace(finding, headline="the call has no breakpoint").with_cause("unmarked"))
    model = find_model(call.model)
    raise check_error(
        replace(
            finding,
            headline="the call neither read nor wrote anything in the prompt cache",
            facts=(*finding.facts, f"minimum of {model.id}: {model.min_cacheable_tokens:,} tokens"),
        ).with_cause("below_minimum")
    )


_WROTE = {
    True: (
        "the call read a part of its prefix and wrote the rest",
        "pass written_by= with the earlier call to see where they part; a turn added since is a write",
    ),
    False: (
        "the call wrote its prefix to the prompt cache instead of reading it",
        "look for an earlier call with the same prefix, answered within the TTL; "
        "pass it as written_by= to see where they part",
    ),
}
"""Headline and fix of a call that wrote: whether it read too."""


def _explain(fault: Finding, first: Call, second: Call) -> Finding:
    """A fault of a second call with what the caching rules say of it.

    The first difference between two requests may stand behind the last breakpoint; then it is
    not what kept the second one from reading.
    """
    try:
        result = explain(first.prompt, second.prompt)
    except RequestError:
        # Made by hand in a test, perhaps: the usage alone has to do.
        return fault
    if result.cause is None:
        return fault
    is_there = fault.place is not None and fault.place.path == result.path
    explained = add_loss(fault if is_there else replace(fault, place=None), result)
    return replace(explained, notes=(*fault.notes, *_notes(result)))


def _has_breakpoint(call: Call) -> bool:
    try:
        return bool(call.prompt.breakpoints)
    except RequestError:
        # Made by hand in a test, perhaps: the usage alone has to do.
        return False


# --- prefixes --------------------------------------------------------------------------------------------


def _marked(prompt: Prompt) -> set[bytes]:
    """The prefixes that end at a breakpoint."""
    return {prompt.fingerprints[point.block_index] for point in prompt.breakpoints}


def _describe_change(before: Prompt, after: Prompt, result: Explanation) -> Finding:
    """Place, cause, cost and fix. The rules may find fault with more than the change: then the change counts."""
    error = result.error
    finding = Finding(
        rule="second-call",
        headline="the second request does not have the cached prefix of the first",
        facts=(f"the API answers {error.status}: {error.message}",) if error else (),
        notes=_notes(result),
    )
    changed = add_change(finding, before, after, first="first", second="second")
    return add_loss(changed, result) if result.verdict in ("miss", "partial") else changed


def _notes(result: Explanation) -> tuple[str, ...]:
    return tuple(f"note:  {note}" for note in result.notes)


# --- costs -----------------------------------------------------------------------------------------------


def _read_limit(dollars: str | float | Decimal) -> Decimal:
    try:
        limit = Decimal(str(dollars))
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite():
        raise UsageError(f"the limit is {dollars!r}, expected dollars", hint='write them as text: "0.05"')
    return limit


def _describe_cost(priced: list[tuple[Decimal, Call]], total: Decimal, limit: Decimal) -> Finding:
    number, (cost, call) = max(enumerate(priced, start=1), key=lambda item: item[1][0])
    what = "the call costs" if len(priced) == 1 else f"{len(priced)} calls cost"
    facts = [f"tokens: {_show_all(sum((call.usage for _, call in priced), Usage()))}"]
    if len(priced) > 1:
        facts.append(f"most expensive: call {number}, {call.model}, {show_dollars(cost)}: {_show_all(call.usage)}")
    return Finding(
        rule="cost",
        headline=f"{what} {_exact(total)}, expected less than {_exact(limit)}",
        facts=tuple(facts),
        fix="have more of the prompt read than written or sent uncached, ask for less, or raise the limit",
    )


def _exact(amount: Decimal) -> str:
    """All digits, so that a limit and what is just above it do not read alike."""
    return f"${amount.normalize():f}"


def _show(usage: Usage) -> str:
    return (
        f"{usage.cache_creation_input_tokens:,} written, {usage.cache_read_input_tokens:,} read, "
        f"{usage.input_tokens:,} uncached"
    )


def _show_all(usage: Usage) -> str:
    return f"{_show(usage)}, {usage.output_tokens:,} output"
