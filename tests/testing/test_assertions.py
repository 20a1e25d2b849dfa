"""The assertions for users' own tests."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.calls.call import Call
from harness.client import token_memo
from harness.errors import CheckError, RequestError, UsageError
from harness.findings.finding import Finding
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.promptcache.simulator import Simulator
from harness.provider.pricing import dollars as show_dollars
from harness.provider.pricing import price
from harness.provider.usage import Usage
from harness.testing.assertions import assert_cost_below, assert_reads_prefix, assert_same_prefix
from tests.promptcache.pairs import PAIRS, Pair

MARK = {"type": "ephemeral"}
RULES = "Weigh the evidence of each skill before the title of the post. " * 300


@pytest.fixture(autouse=True)
def folder_for_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep token counts out of the user's cache folder."""
    monkeypatch.setattr(token_memo, "default_path", lambda: tmp_path / "tokens.txt")


def make_call(*, written: int = 0, read: int = 0) -> Call:
    usage = Usage(input_tokens=9, cache_read_input_tokens=read, ephemeral_5m_input_tokens=written)
    return Call(body=b'{"model": "claude-sonnet-5-5"}', usage=usage, status=200, origin="emulator")


def test_call_that_reads_what_an_earlier_one_wrote_passes() -> None:
    assert_reads_prefix(make_call(read=2000), written_by=make_call(written=2000))


@pytest.mark.parametrize(
    ("call", "written_by", "message"),
    [
        pytest.param(
            make_call(read=1999),
            make_call(written=2000),
            "the second call did not read the prefix that the first one wrote\n"
            "  first call: 2,000 written, 0 read, 9 uncached\n"
            "  second call: 0 written, 1,999 read, 9 uncached\n"
            "  expected of the second: 2,000 read\n"
            "  read 1,999 of 2,000 tokens",
            id="reads-less",
        ),
        pytest.param(
            make_call(read=2000),
            make_call(),
            "the first call wrote nothing to the prompt cache\n  first call: 0 written, 0 read, 9 uncached",
            id="nothing-was-written",
        ),
    ],
)
def test_call_that_reads_less_fails_with_both_usages(call: Call, written_by: Call, message: str) -> None:
    with pytest.raises(CheckError) as caught:
        assert_reads_prefix(call, written_by=written_by)

    assert str(caught.value) == message


def test_failed_assertion_is_an_assertion_error() -> None:
    with pytest.raises(AssertionError):
        assert_reads_prefix(make_call(), written_by=make_call(written=1))


# --- reads, without an earlier call ----------------------------------------------------------------------


def call_with(request: Mapping[str, Any], usage: Usage | None = None) -> Call:
    return Call(body=json.dumps(request).encode(), usage=usage or Usage(), status=200, origin="emulator")


# --- reads of a part -------------------------------------------------------------------------------------


def converse(*turns: str, tool: str = RULES, system: str = RULES) -> list[Call]:
    """The calls of a conversation whose last breakpoint moves on: turn by turn, at half-minute intervals."""
    simulator, reader, calls = Simulator(), PromptReader(TextCounter()), []
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(turns):
        messages = [*messages, {"role": "user", "content": [{"type": "text", "text": turn, "cache_control": MARK}]}]
        request = {
            "model": "claude-sonnet-5-5",
            "max_tokens": 100,
            "tools": [
                {"name": "look_up", "description": tool, "input_schema": {"type": "object"}, "cache_control": MARK}
            ],
            "system": [{"type": "text", "text": system, "cache_control": MARK}],
            "messages": messages,
        }
        usage = simulator.send(reader.read(json.dumps(request).encode()).record, at=30.0 * number).usage
        calls.append(call_with(request, usage))
        messages = [{**messages[-1], "content": turn}, {"role": "assistant", "content": "Noted."}]
    return calls


@pytest.mark.parametrize("up_to", ["tools", "system", "system[0]", "tools[0]"])
def test_call_reads_a_part_whatever_follows(up_to: str) -> None:
    first, second = converse("What now?", "And then?")

    assert_reads_prefix(second, written_by=first, up_to=up_to)
    assert_reads_prefix(second, up_to=up_to)
    with pytest.raises(CheckError, match="the call did not read the prefix up to "):
        assert_reads_prefix(first, up_to=up_to)


def test_part_that_changed_is_not_read_but_the_one_before_it_is() -> None:
    (first,), (other,) = converse("What now?"), converse("What now?", system=f"{RULES}!")
    read = replace(other.usage, cache_read_input_tokens=first.prompt.active_breakpoints[0].tokens)
    second = replace(other, usage=read)

    assert_reads_prefix(second, written_by=first, up_to="tools")
    with pytest.raises(CheckError) as caught:
        assert_reads_prefix(second, written_by=first, up_to="system")
    assert "cause: text_changed" in str(caught.value)
    assert ": tools, not the last message" in str(caught.value)


def test_partial_read_says_how_much_of_how_much_and_what_not() -> None:
    first, second = converse("What now?", "And then?")
    system = first.prompt.active_breakpoints[1].tokens

    with pytest.raises(CheckError) as caught:
        assert_reads_prefix(replace(second, usage=Usage(cache_read_input_tokens=system)), written_by=first)

    whole = first.usage.prefix_tokens
    assert f"read {system:,} of {whole:,} tokens: tools and system, not the last message" in str(caught.value)


def test_block_that_the_request_does_not_have_is_refused_with_its_breakpoints() -> None:
    (call,) = converse("What now?")

    with pytest.raises(UsageError) as caught:
        assert_reads_prefix(call, up_to="system[1]")

    assert str(caught.value) == (
        "up_to='system[1]': the request has no such block\n  try: up_to='tools', 'system' or the path of a block; "
        "breakpoints of the request: tools[0], system[0], messages[0].content[0]"
    )


def test_part_that_is_too_short_to_be_cached_is_no_pass() -> None:
    first, second = converse("What now?", "And then?", tool="Looks up an order.")

    with pytest.raises(CheckError, match="no breakpoint at or before tools has a prefix that is long enough"):
        assert_reads_prefix(second, written_by=first, up_to="tools")


def request(system: str, *messages: str, **more: Any) -> dict[str, Any]:
    turns = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(messages)]
    block = {"type": "text", "text": system, "cache_control": MARK}
    return {"model": "claude-sonnet-5-5", "max_tokens": 1, "system": [block], "messages": turns, **more}


def test_call_that_reads_and_writes_nothing_new_passes() -> None:
    assert_reads_prefix(make_call(read=2000))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            make_call(written=2000),
            "the call wrote its prefix to the prompt cache instead of reading it\n"
            "  usage: 2,000 written, 0 read, 9 uncached\n"
            "  fix:   look for an earlier call with the same prefix, answered within the TTL; "
            "pass it as written_by= to see where they differ",
            id="wrote",
        ),
        pytest.param(
            make_call(written=500, read=1500),
            "the call read a part of its prefix and wrote the rest\n"
            "  usage: 500 written, 1,500 read, 9 uncached\n"
            "  fix:   pass the earlier call as written_by= to see where they differ; a turn added since is a write",
            id="read-in-part",
        ),
        pytest.param(
            call_with(request("Short.", "Hello."), Usage(input_tokens=9)),
            "the call neither read nor wrote anything in the prompt cache\n"
            "  usage: 0 written, 0 read, 9 uncached\n"
            "  minimum of claude-sonnet-5-5: 512 tokens\n"
            "  cause: below_minimum: the prefix is shorter than the model's minimum\n"
            "  fix:   put more static text before the breakpoint, or remove it",
            id="too-short",
        ),
        pytest.param(
            make_call(),
            "the call has no breakpoint\n"
            "  usage: 0 written, 0 read, 9 uncached\n"
            "  cause: unmarked: nothing is kept in the prompt cache\n"
            '  fix:   mark the end of the static part: "cache_control": {"type": "ephemeral"}',
            id="no-breakpoint",
        ),
    ],
)
def test_call_that_does_not_read_all_fails_with_what_to_look_at(call: Call, message: str) -> None:
    with pytest.raises(CheckError) as caught:
        assert_reads_prefix(call)

    assert str(caught.value) == message


# --- prefixes --------------------------------------------------------------------------------------------


def test_requests_that_differ_behind_the_breakpoint_have_the_same_prefix() -> None:
    assert_same_prefix(request(RULES, "One?"), request(RULES, "Two?"))


def test_calls_are_compared_by_what_they_sent() -> None:
    assert_same_prefix(call_with(request(RULES, "One?")), call_with(request(RULES, "Two?")))


def test_conversation_that_goes_on_has_the_prefix_of_its_earlier_turn() -> None:
    first = request(RULES, "One?", cache_control=MARK)

    assert_same_prefix(first, request(RULES, "One?", "One.", "Two?", cache_control=MARK))


def test_prefix_that_is_too_short_to_be_kept_can_be_compared_too() -> None:
    assert_same_prefix(request("Short.", "One?"), request("Short.", "Two?"))


def message_for(first: Any, second: Any) -> str:
    with pytest.raises(CheckError) as caught:
        assert_same_prefix(first, second)
    return str(caught.value)


def more_than_a_read(**tokens: int) -> str:
    read = Usage(cache_read_input_tokens=sum(tokens.values()))
    return show_dollars(price(Usage(**tokens), "claude-sonnet-5-5") - price(read, "claude-sonnet-5-5"))


def test_changed_prefix_fails_with_place_cause_cost_and_fix() -> None:
    assert message_for(request(RULES + "Now: 09:15:01.", "Go."), request(RULES + "Now: 09:15:02.", "Go.")) == (
        "the second request does not have the cached prefix of the first\n"
        "  first difference: system[0] at character 18,912\n"
        "    first:  '…f the post. Now: 09:15:01.'\n"
        "    second: '…f the post. Now: 09:15:02.'\n"
        "  cause: timestamp: the prefix contains a date or time that changes\n"
        f"  cost:  5,711 tokens are no longer read: {more_than_a_read(ephemeral_5m_input_tokens=5711)} more per call\n"
        "  fix:   move it after the last breakpoint, into the user message"
    )


def test_changed_prefix_below_the_minimum_is_told_by_its_change() -> None:
    assert message_for(request("Short.", "Go."), request("Brief.", "Go.")) == (
        "the second request does not have the cached prefix of the first\n"
        "  first difference: system[0] at character 0\n"
        "    first:  'Short.'\n"
        "    second: 'Brief.'\n"
        "  cause: text_changed: the text changed\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint\n"
        "  note:  the prefix has 5 tokens, the minimum of claude-sonnet-5-5 is 512"
    )


def test_prefix_that_lost_its_breakpoint_fails() -> None:
    assert message_for(request(RULES, "Go."), request(RULES, "Go.") | {"system": RULES}) == (
        "the second request has the cached prefix of the first, but does not read it\n"
        "  place: system[0]\n"
        "  cause: breakpoint_removed: the breakpoint is gone\n"
        f"  cost:  5,702 tokens are no longer read: {more_than_a_read(input_tokens=5702)} more per call\n"
        '  fix:   put "cache_control": {"type": "ephemeral"} back on the block'
    )


def test_request_that_the_api_would_refuse_says_so() -> None:
    system = [{"type": "text", "text": f"{RULES}{number}", "cache_control": MARK} for number in range(5)]

    assert (
        "  the API answers 400: A maximum of 4 blocks with cache_control may be provided. Found 5.\n"
        in message_for(request(RULES, "Go."), request(RULES, "Go.") | {"system": system}) + "\n"
    )


def test_what_is_not_counted_exactly_is_said() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    more = {"messages": [{"role": "user", "content": [image]}]}

    assert message_for(request(RULES) | more, request("No." + RULES) | more).splitlines()[-1] == (
        "  note:  not counted exactly: messages[0].content[0]: the size of an image by url is not known offline "
        "(off by 4,787 at most)"
    )


def test_first_request_without_breakpoint_fails() -> None:
    assert message_for({"system": RULES, "messages": []}, request(RULES)) == (
        "the first request has no breakpoint\n"
        "  cause: unmarked: nothing is kept in the prompt cache\n"
        '  fix:   mark the end of the static part: "cache_control": {"type": "ephemeral"}'
    )


def test_body_that_is_no_request_is_refused() -> None:
    with pytest.raises(RequestError, match=r"^messages is missing, expected a list of messages$"):
        assert_same_prefix(request(RULES), {"system": RULES})


# --- costs -----------------------------------------------------------------------------------------------


def calls() -> Iterator[Call]:
    body = request(RULES, "Go.", model="claude-sonnet-4-5")
    yield call_with(body, Usage(input_tokens=100, ephemeral_5m_input_tokens=10_000, output_tokens=50))
    yield call_with(body, Usage(input_tokens=100, cache_read_input_tokens=10_000, output_tokens=50))


@pytest.mark.parametrize("dollars", ["0.043", Decimal("0.043"), 0.043, 1])
def test_calls_that_cost_less_pass(dollars: Any) -> None:
    assert_cost_below(calls(), dollars)
    assert_cost_below(next(calls()), dollars)


def test_calls_that_cost_more_fail_with_tokens_and_the_most_expensive_one() -> None:
    with pytest.raises(CheckError) as caught:
        assert_cost_below(calls(), "0.04")

    assert str(caught.value) == (
        "2 calls cost $0.0426, expected less than $0.04\n"
        "  tokens: 10,000 written, 10,000 read, 200 uncached, 100 output\n"
        "  most expensive: call 1, claude-sonnet-4-5, $0.0386: 10,000 written, 0 read, 100 uncached, 50 output\n"
        "  fix:   have more of the prompt read from the prompt cache, ask for less, or raise the limit"
    )


def test_one_call_that_costs_as_much_as_the_limit_fails() -> None:
    with pytest.raises(CheckError) as caught:
        assert_cost_below(next(calls()), 0.03855)

    assert str(caught.value) == (
        "the call costs $0.03855, expected less than $0.03855\n"
        "  tokens: 10,000 written, 0 read, 100 uncached, 50 output\n"
        "  fix:   have more of the prompt read from the prompt cache, ask for less, or raise the limit"
    )


def test_no_calls_at_all_prove_nothing() -> None:
    with pytest.raises(CheckError) as caught:
        assert_cost_below([], "1")

    assert str(caught.value) == "there are no calls to price\n  fix:   pass the calls that the test made"


@pytest.mark.parametrize("dollars", ["five", "NaN", float("inf")])
def test_limit_that_is_no_number_is_refused(dollars: Any) -> None:
    with pytest.raises(UsageError) as caught:
        assert_cost_below(calls(), dollars)

    assert str(caught.value) == f'the limit is {dollars!r}, expected dollars\n  try: write them as text: "0.05"'


def test_cost_of_a_model_without_a_price_cannot_be_told() -> None:
    with pytest.raises(CheckError) as caught:
        assert_cost_below(call_with(request(RULES, model="mystery")), "1")

    assert str(caught.value).startswith(
        "cannot tell what call 1 costs\n  cost: unknown (not priced: model 'mystery')\n"
    )


# --- imports ---------------------------------------------------------------------------------------------


def loaded_by(code: str) -> str:
    watched = ("hypothesis", "anthropic", "pydantic", "ctok", "genai_prices")
    code += f"; import sys; print([name for name in {watched!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "code", ["import harness.testing.assertions", "from harness.testing import assert_same_prefix, assert_cost_below"]
)
def test_assertions_load_neither_hypothesis_nor_anything_else_that_is_slow(code: str) -> None:
    assert loaded_by(code) == "[]"


def test_property_and_strategies_load_hypothesis_alone() -> None:
    assert loaded_by("from harness.testing import assert_prefix_stable, resumes") == "['hypothesis']"


def test_public_names_are_sorted_and_resolve() -> None:
    import harness.testing

    assert harness.testing.__all__ == sorted(harness.testing.__all__)
    assert [getattr(harness.testing, name).__name__ for name in harness.testing.__all__] == harness.testing.__all__
    with pytest.raises(AttributeError, match=r"^module 'harness.testing' has no attribute 'assert_nothing'$"):
        _ = harness.testing.assert_nothing


@pytest.mark.parametrize(
    "pair", [pair for pair in PAIRS if pair.cause == "thinking_stripped"], ids=lambda pair: pair.name.replace(" ", "-")
)
def test_thinking_that_the_api_strips_is_not_the_same_prefix(pair: Pair) -> None:
    with pytest.raises(CheckError) as caught:
        assert_same_prefix(pair.before, pair.after)

    (finding,) = caught.value.findings
    assert isinstance(finding, Finding)
    assert finding.place is not None
    assert (finding.cause, finding.place.path) == ("thinking_stripped", pair.path)


NUMBERS = (
    ("ids beyond 64 bits", 2**64, 2**64 + 1),
    ("ids of 128 bits", 2**128 - 1, 2**128 - 2),
    ("zeros", 0.0, -0.0),
    ("a whole number and a decimal", 1, 1.0),
    ("large decimals", 1e22, 1e23),
    ("small decimals", 1e-7, 1e-8),
)


def request_about(number: float) -> dict[str, Any]:
    tool = {"name": "look_up", "input_schema": {"type": "object", "properties": {"id": {"const": number}}}}
    return {**request(RULES, "Go."), "tools": [tool]}


@pytest.mark.parametrize(("first", "second"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_numbers_of_a_program_are_compared_as_they_are_sent(first: float, second: float) -> None:
    assert_same_prefix(request_about(first), call_with(request_about(first)))
    message = message_for(request_about(first), request_about(second))
    assert f"{json.dumps(first)[-20:]}}}}}}}}}'" in message
    assert f"{json.dumps(second)[-20:]}}}}}}}}}'" in message
    assert "cause: tool_changed" in message
