"""Check single calls: a call reads what an earlier one wrote, and is billed as the caching rules predict."""

from collections.abc import Sequence
from dataclasses import replace

from harness.calls.call import Call
from harness.errors import CannotTellError, RequestError
from harness.findings.advice import ADVICE
from harness.findings.describe import add_answer, add_change, add_edits, add_loss, note_lines
from harness.findings.finding import Finding, Place
from harness.prompt.blocks import Block
from harness.prompt.reading import ActiveBreakpoint, Prompt
from harness.promptcache.explain import explain
from harness.promptcache.explanation import Explanation
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Simulator
from harness.provider.usage import Usage
from harness.suites.call_names import CallNames
from harness.suites.plan import Extent

SECONDS_BETWEEN = 30.0
"""Assumed time from the start of one call to the start of the next."""
_TOLERANCE = 3
_FIRST_AND_SECOND = CallNames()


def check_second_call(first: Call, second: Call) -> Finding | None:
    """Check that the second call read everything that the first one read or wrote."""
    if doubt := find_doubt(second):
        return doubt
    finding = compare_usage(first, second, first.usage.prefix_tokens, _FIRST_AND_SECOND)
    if finding is None or not finding.tokens:
        return finding
    finding = add_partial_read(finding, first, second)
    try:
        return add_change(finding, first.prompt, second.prompt, first="first", second="second")
    except RequestError:
        # A test may build calls by hand, without a valid body; then the usage alone decides.
        return finding


def check_read(earlier: Call, later: Call, *, names: CallNames, extent: Extent = "all") -> Finding | None:
    """Check that a later call read what the plan of its case expects of an earlier one.

    Raises:
        RequestError: one of the bodies does not have the shape of a Messages request.
    """
    if doubt := find_doubt(later):
        return doubt
    finding = compare_usage(earlier, later, expected_tokens(earlier, extent), names)
    if finding is None or not finding.tokens:
        return finding
    result = explain(earlier.prompt, later.prompt)
    if result.cause is None or (extent == "static" and result.verdict == "partial"):
        # By the caching rules, the expected prefix is read: the requests are not the reason.
        return finding
    first, second = names.sides
    before, after = result.excerpt or ("", "")
    place = Place(
        path=result.path or "model", offset=result.offset, first=first, second=second, before=before, after=after
    )
    found = add_loss(finding, result)
    # Losses after the expected prefix are not part of this finding.
    costs = found.costs if result.tokens_lost == finding.tokens else ()
    notes = note_lines(result.changes) if extent == "all" else ()
    found = replace(found, place=place, tokens=finding.tokens, costs=costs, notes=notes)
    if extent == "all" and result.is_several:
        return add_edits(found, earlier.prompt, later.prompt, first=first, second=second)
    return found


def find_doubt(call: Call) -> Finding | None:
    """Report a call whose usage proves nothing: the emulator's, where the count decides whether a prefix is cached."""
    if call.origin == "anthropic":
        return None
    try:
        if call.prompt.uncertain_breakpoints:
            explain(call.prompt, call.prompt)
    except CannotTellError as error:
        headline = "it cannot be told offline whether the call reads anything"
        return Finding(rule="cannot-tell", headline=headline, facts=(error.message,), fix=error.hint)
    except RequestError:
        # A test may build calls by hand, without a valid body; then the usage alone decides.
        return None
    return None


def compare_usage(earlier: Call, later: Call, expected: int, names: CallNames) -> Finding | None:
    """Compare the tokens that a later call read with those expected; ``tokens`` of the finding are the missing ones."""
    first, second = names.labels
    if not expected:
        is_short = names.is_static and earlier.usage.prefix_tokens > 0
        return Finding(
            rule="never-cached",
            headline=f"{names.earlier} wrote {'no static prefix' if is_short else 'nothing'} to the prompt cache",
            facts=(_show(first, earlier.usage),),
            cause="below_minimum" if is_short else None,
            fix=ADVICE["below_minimum"].fix if is_short else None,
        )
    missing = expected - later.usage.cache_read_input_tokens
    if missing <= 0:
        return None
    prefix = "static prefix" if names.is_static else "prefix"
    return Finding(
        rule="second-call",
        headline=f"{names.later} did not read the {prefix} that {names.earlier_again} wrote",
        facts=(
            _show(first, earlier.usage),
            _show(second, later.usage),
            f"expected of {names.later_again}: {expected:,} read",
        ),
        tokens=missing,
    )


def expected_tokens(earlier: Call, extent: Extent) -> int:
    """Tokens that a later call must read from an earlier one; 0 if the earlier one left nothing to read.

    Raises:
        RequestError: the static prefix is expected, and the body is not a Messages request.
    """
    written = earlier.usage.prefix_tokens
    if extent == "all" or not written:
        return written
    prompt = earlier.prompt
    static = static_point(prompt)
    if static is None:
        return 0
    return expected_up_to(earlier, static)


def static_tokens(prompt: Prompt) -> int:
    """Counted tokens of the static prefix; 0 if there is none or it is too short to be cached."""
    static = static_point(prompt)
    return 0 if static is None else static.tokens


def static_point(prompt: Prompt) -> ActiveBreakpoint | None:
    """The breakpoint that ends the static prefix; ``None`` if there is none or it is too short to be cached."""
    end = prompt.static_end
    index = None if end is None else end.block_index
    return next((point for point in prompt.active_breakpoints if point.block_index == index), None)


def expected_up_to(earlier: Call, point: ActiveBreakpoint) -> int:
    """Tokens that a later call must read of the prefix that ends at a breakpoint of an earlier one.

    Raises:
        RequestError: the body of the earlier call is not a Messages request.
    """
    prompt, known = earlier.prompt, earlier.usage.prefix_tokens
    if point == prompt.active_breakpoints[-1]:
        return known
    doubt = prompt.count.bound
    # A prefix that cannot be counted offline must at least be read in part.
    return 1 if doubt is None else max(1, min(point.tokens - _TOLERANCE - doubt, known))


def add_partial_read(finding: Finding, earlier: Call, later: Call) -> Finding:
    """Add which part of an earlier call's prefix a later one read, if it read some of it."""
    read, whole = later.usage.cache_read_input_tokens, earlier.usage.prefix_tokens
    if not 0 < read < whole:
        return finding
    try:
        prompt = earlier.prompt
        points = [(point, expected_up_to(earlier, point)) for point in prompt.active_breakpoints]
    except RequestError:
        # A test may build calls by hand, without a valid body; then the numbers say it all.
        return replace(finding, facts=(*finding.facts, f"read {read:,} of {whole:,} tokens"))
    reached = [prompt.blocks[point.block_index] for point, tokens in points if tokens <= read]
    missed = [prompt.blocks[point.block_index] for point, tokens in points if tokens > read]
    parts = [_name_prefix(prompt, reached[-1])] if reached else []
    parts += [f"not {_name_block(prompt, missed[-1])}"] if missed else []
    return replace(finding, facts=(*finding.facts, f"read {read:,} of {whole:,} tokens: {', '.join(parts)}"))


def _name_prefix(prompt: Prompt, last: Block) -> str:
    """Name what a prefix that ends at a block holds: whole levels, or all blocks up to that one."""
    levels = list(dict.fromkeys(block.level for block in prompt.blocks[: prompt.blocks.index(last) + 1]))
    following = prompt.blocks[prompt.blocks.index(last) + 1 :]
    if last.level == "messages" or (following and following[0].level == last.level):
        return f"everything up to {last.path}"
    return " and ".join(levels)


def _name_block(prompt: Prompt, block: Block) -> str:
    is_last = block.level == "messages" and block.message == prompt.blocks[-1].message
    return "the last message" if is_last else block.path


def check_prediction(
    calls: Sequence[Call], *, numbers: Sequence[int] = (), are_equal: bool = True
) -> tuple[Finding, ...]:
    """Check that the simulator bills the requests, as built now, the way the API reported.

    Requests that cannot be counted offline are skipped, unless it is known how far the count may
    be off. The first call of a recording may have found a warm prompt cache, so only the size of
    its prefix is compared. The same holds for every call that adds to the prefix, unless the calls
    ``are_equal``. ``numbers`` name the calls in messages; by default they count from 1.
    """
    simulator = Simulator()
    findings = []
    for index, call in enumerate(calls):
        predicted = simulator.send(call.prompt.record, at=index * SECONDS_BETWEEN).usage
        is_new = index == 0 or (not are_equal and predicted.cache_creation_input_tokens > 0)
        doubt = call.prompt.count.bound
        if doubt is not None and not _agree(predicted, call.usage, tolerance=_TOLERANCE + doubt, is_new=is_new):
            number = numbers[index] if numbers else index + 1
            findings.append(
                Finding(
                    rule="prediction",
                    headline=f"call {number} was not billed as the simulator predicts",
                    facts=(_show("reported", call.usage), _show("predicted", predicted)),
                )
            )
    return tuple(findings)


def check_rules(call: Call) -> Finding | None:
    """Check that a request, sent twice, would be read the second time by the caching rules."""
    prompt = call.prompt
    if prompt.uncertain_breakpoints and check_request(prompt) is None:
        # The usage of a real call shows what the count cannot.
        return find_doubt(call)
    result = explain(prompt, prompt)
    if result.verdict == "hit":
        return None
    headline = "by the rules, a second call with the request as built now reads nothing"
    return _describe_unread(headline, prompt, result)


def check_refusal(prompt: Prompt) -> Finding | None:
    """Check that the API accepts a request."""
    if check_request(prompt) is None:
        return None
    return _describe_unread("the API refuses the request", prompt, explain(prompt, prompt))


def _describe_unread(headline: str, prompt: Prompt, result: Explanation) -> Finding:
    facts: tuple[str, ...] = ()
    if result.cause == "below_minimum":
        longest = prompt.count.prefixes[prompt.breakpoints[-1].block_index]
        minimum = prompt.model.min_cacheable_tokens
        facts = (f"prefix: {longest:,} tokens; minimum of {prompt.model.id}: {minimum:,}",)
    finding = add_answer(Finding(rule="never-cached", headline=headline, facts=facts), result.error)
    return add_loss(finding, result)


def _agree(predicted: Usage, reported: Usage, *, tolerance: int, is_new: bool) -> bool:
    """Whether a usage is the predicted one; a call that adds to the prefix may have read it from an earlier run."""
    if abs(predicted.prefix_tokens - reported.prefix_tokens) > tolerance:
        return False
    more = reported.cache_read_input_tokens - predicted.cache_read_input_tokens
    return more >= -tolerance if is_new else abs(more) <= tolerance


def _show(what: str, usage: Usage) -> str:
    return (
        f"{what}: {usage.cache_creation_input_tokens:,} written, {usage.cache_read_input_tokens:,} read, "
        f"{usage.input_tokens:,} uncached"
    )
