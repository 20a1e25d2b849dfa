"""Assertions on calls, whose messages say where to look."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from harness.calls.call import Call
from harness.client.token_memo import TokenMemo
from harness.errors import RequestError, UnknownPriceError, UsageError
from harness.findings.describe import add_answer, add_change, add_loss, note_lines
from harness.findings.finding import Finding
from harness.findings.words import unknown_cost
from harness.prompt.blocks import Request
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.prompt.tokens import TextCounter
from harness.prompt.wire import to_body
from harness.promptcache.explain import explain
from harness.promptcache.explanation import Explanation
from harness.promptcache.refusals.check import check_request
from harness.provider.models import find_model
from harness.provider.parameters import LEVELS
from harness.provider.pricing import dollars as show_dollars
from harness.provider.pricing import price
from harness.provider.usage import Usage
from harness.suites.checks import add_partial_read, check_second_call, expected_up_to, find_doubt
from harness.testing.messages import check_error


def assert_reads_prefix(call: Call, *, written_by: Call | None = None, up_to: str | None = None) -> None:
    """Assert that a call read its prefix from the prompt cache.

    With ``written_by``, it must have read everything that this earlier call read or wrote.
    Without, it must have read something and written nothing.

    With ``up_to``, it must have read the prefix that ends at the last breakpoint in the tools (``"tools"``), in
    the tools or the system prompt (``"system"``), or at or before a block (``"messages[0].content[1]"``); what
    follows may be new, as in a conversation whose breakpoint moves on.

    Raises:
        CheckError: the call read less, or the earlier call wrote nothing.
        UsageError: the request has no block ``up_to``.
    """
    if up_to is not None:
        _check_read_up_to(call, call if written_by is None else written_by, up_to)
    elif written_by is None:
        _check_all_read(call)
    elif fault := check_second_call(written_by, call):
        raise check_error(_explain(fault, written_by, call))


def assert_same_prefix(first: Call | Request, second: Call | Request) -> None:
    """Assert that a second request has the whole cached prefix of the first one.

    The prefix ends at the last breakpoint of the first request; the second may go on from there.

    Raises:
        CheckError: there is no prefix, it changed, or it has no breakpoint where it can be read.
        RequestError: one of them does not have the shape of a Messages request, or cannot be judged.
    """
    reader = PromptReader(TextCounter(TokenMemo()))
    before, after = (call.prompt if isinstance(call, Call) else reader.read(to_body(call)) for call in (first, second))
    if not before.breakpoints:
        headline = "the first request has no breakpoint"
        raise check_error(Finding(rule="never-cached", headline=headline).with_cause("unmarked"))
    prefix = before.fingerprints[before.breakpoints[-1].block_index]
    if prefix in _marked(after) and check_request(after) is None:
        return
    result = explain(before, after)
    if prefix not in after.fingerprints:
        raise check_error(_describe_change(before, after, result))
    if result.cause is not None:
        headline = "the second request has the cached prefix of the first, but does not read it"
        raise check_error(
            add_loss(Finding(rule="second-call", headline=headline, notes=note_lines(result.notes)), result)
        )


def assert_cost_below(calls: Call | Iterable[Call], dollars: str | float | Decimal) -> None:
    """Assert that calls together cost less than a number of dollars, at today's prices.

    Raises:
        CheckError: they cost as much or more, a part of them has no known price, or there are no calls.
        UsageError: ``dollars`` is not a number.
    """
    limit = _read_limit(dollars)
    numbered = enumerate([calls] if isinstance(calls, Call) else calls, start=1)
    priced = [(_price(call, number), call) for number, call in numbered]
    if not priced:
        headline = "there are no calls to price"
        raise check_error(Finding(rule="cannot-tell", headline=headline, fix="pass the calls that the test made"))
    total = sum((cost for cost, _ in priced), Decimal(0))
    if total >= limit:
        raise check_error(_describe_cost(priced, total, limit))


# --- reads -----------------------------------------------------------------------------------------------


def _check_all_read(call: Call) -> None:
    """Check that the usage has reads and no writes."""
    if doubt := find_doubt(call):
        raise check_error(doubt)
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


def _check_read_up_to(call: Call, earlier: Call, up_to: str) -> None:
    """Check that a call read the prefix of an earlier one up to a level or block."""
    if doubt := find_doubt(call):
        raise check_error(doubt)
    prompt = earlier.prompt
    end = _find_end(prompt, up_to)
    points = [point for point in prompt.active_breakpoints if point.block_index <= end]
    if not points:
        headline = f"no breakpoint at or before {up_to} has a prefix that is long enough to be cached"
        raise check_error(Finding(rule="never-cached", headline=headline).with_cause("below_minimum"))
    expected, read = expected_up_to(earlier, points[-1]), call.usage.cache_read_input_tokens
    if read >= expected:
        return
    fault = Finding(
        rule="second-call",
        headline=f"the call did not read the prefix up to {up_to}",
        facts=(f"usage: {_show(call.usage)}", f"expected: {expected:,} read"),
        tokens=expected - read,
    )
    raise check_error(_explain(add_partial_read(fault, earlier, call), earlier, call))


def _find_end(prompt: Prompt, up_to: str) -> int:
    """Index of the last block of a level and those before it, or of the block with a path."""
    if up_to in LEVELS[:-1]:
        allowed = LEVELS[: LEVELS.index(up_to) + 1]
        return sum(block.level in allowed for block in prompt.blocks) - 1
    for index, block in enumerate(prompt.blocks):
        if block.path == up_to:
            return index
    marked = ", ".join(prompt.path_of(point) for point in prompt.breakpoints) or "none"
    raise UsageError(
        f"up_to={up_to!r}: the request has no such block",
        hint=f"up_to='tools', 'system' or the path of a block; breakpoints of the request: {marked}",
    )


_WROTE = {
    True: (
        "the call read a part of its prefix and wrote the rest",
        "pass the earlier call as written_by= to see where they differ; a turn added since is a write",
    ),
    False: (
        "the call wrote its prefix to the prompt cache instead of reading it",
        "look for an earlier call with the same prefix, answered within the TTL; "
        "pass it as written_by= to see where they differ",
    ),
}
"""Headline and fix for a call that wrote; the key says whether it also read."""


def _explain(fault: Finding, first: Call, second: Call) -> Finding:
    """Add the explanation by the caching rules to a fault of a second call.

    The first difference between two requests may be after the last breakpoint; then it is not
    the reason why the second one did not read.
    """
    try:
        result = explain(first.prompt, second.prompt)
    except RequestError:
        # A test may build calls by hand, without a valid body; then the usage alone decides.
        return fault
    if result.cause is None:
        return fault
    is_there = fault.place is not None and fault.place.path == result.path
    explained = add_loss(fault if is_there else replace(fault, place=None), result)
    return replace(explained, notes=(*fault.notes, *note_lines(result.notes)))


def _has_breakpoint(call: Call) -> bool:
    try:
        return bool(call.prompt.breakpoints)
    except RequestError:
        # A test may build calls by hand, without a valid body; then the usage alone decides.
        return False


# --- prefixes --------------------------------------------------------------------------------------------


def _marked(prompt: Prompt) -> set[bytes]:
    """The prefixes that end at a breakpoint."""
    return {prompt.fingerprints[point.block_index] for point in prompt.breakpoints}


def _describe_change(before: Prompt, after: Prompt, result: Explanation) -> Finding:
    """Describe a changed prefix; its place and cause take precedence over other faults that the rules find."""
    headline = "the second request does not have the cached prefix of the first"
    finding = Finding(rule="second-call", headline=headline, notes=note_lines(result.notes))
    changed = add_change(add_answer(finding, result.error), before, after, first="first", second="second")
    found = add_loss(changed, result) if result.verdict in ("miss", "partial") else changed
    # The change that is shown first need not be the first difference, which the rules judge.
    return replace(found, cause=changed.cause, fix=changed.fix) if changed.edits else found


# --- costs -----------------------------------------------------------------------------------------------


def _read_limit(dollars: str | float | Decimal) -> Decimal:
    try:
        limit = Decimal(str(dollars))
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite():
        raise UsageError(f"the limit is {dollars!r}, expected dollars", hint='write them as text: "0.05"')
    return limit


def _price(call: Call, number: int) -> Decimal:
    try:
        return price(call.usage, call.model)
    except UnknownPriceError as error:
        raise check_error(
            Finding(
                rule="cannot-tell",
                headline=f"cannot tell what call {number} costs",
                facts=(f"cost: {unknown_cost(error.reasons)}", f"tokens: {_show_all(call.usage)}"),
                fix=error.hint,
            )
        ) from None


def _describe_cost(priced: list[tuple[Decimal, Call]], total: Decimal, limit: Decimal) -> Finding:
    number, (cost, call) = max(enumerate(priced, start=1), key=lambda item: item[1][0])
    what = "the call costs" if len(priced) == 1 else f"{len(priced)} calls cost"
    usage = sum((call.usage for _, call in priced), Usage())
    facts = [f"tokens: {_show_all(usage)}", *(f"also billed: {line}" for line in usage.also_billed)]
    if len(priced) > 1:
        facts.append(f"most expensive: call {number}, {call.model}, {show_dollars(cost)}: {_show_all(call.usage)}")
    return Finding(
        rule="cost",
        headline=f"{what} {_exact(total)}, expected less than {_exact(limit)}",
        facts=tuple(facts),
        fix="have more of the prompt read from the prompt cache, ask for less, or raise the limit",
    )


def _exact(amount: Decimal) -> str:
    """Dollars with all digits, so that an amount just above a limit looks different from it."""
    return f"${amount.normalize():f}"


def _show(usage: Usage) -> str:
    return (
        f"{usage.cache_creation_input_tokens:,} written, {usage.cache_read_input_tokens:,} read, "
        f"{usage.input_tokens:,} uncached"
    )


def _show_all(usage: Usage) -> str:
    return f"{_show(usage)}, {usage.output_tokens:,} output"
