"""Checks of two calls, and their findings."""

import json
from typing import Any

import pytest

from harness.calls.call import Call
from harness.prompt import read
from harness.prompt.tokens import TextCounter
from harness.promptcache.simulator import Simulator
from harness.provider.usage import Usage
from harness.suites.checks import check_prediction, check_rules, check_second_call, expected_tokens

COUNT = TextCounter()
LONG = "".join(f"Rule {number}: be polite.\n" for number in range(200))


IN_DOUBT = {"model": "claude-sonnet-4-6"}
"""A model with which `LONG` is counted to within one token: no recorded call shows its last newline."""


def make_request(system: str = LONG, **changes: Any) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Where is my parcel?"}],
        **changes,
    }


def make_call(usage: Usage, request: dict[str, Any] | None = None) -> Call:
    return Call(body=json.dumps(request or make_request()).encode(), usage=usage, status=200, origin="emulator")


def usage(*, written: int = 0, read: int = 0, uncached: int = 9, written_1h: int = 0) -> Usage:
    return Usage(
        input_tokens=uncached,
        cache_read_input_tokens=read,
        ephemeral_5m_input_tokens=written,
        ephemeral_1h_input_tokens=written_1h,
    )


def billed(*requests: dict[str, Any]) -> list[Call]:
    """Calls billed by the caching rules, a minute apart."""
    simulator = Simulator()
    return [
        make_call(simulator.send(read(request, COUNT).record, at=60.0 * number).usage, request)
        for number, request in enumerate(requests)
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(usage(written=2000), usage(read=2000), id="write-then-read"),
        pytest.param(usage(read=2000), usage(read=2000), id="warm-from-the-start"),
        pytest.param(usage(read=1500, written=500), usage(read=2000), id="warm-in-part"),
        pytest.param(usage(written=500, written_1h=1500), usage(read=2000), id="both-ttls"),
        pytest.param(usage(written=2000), usage(read=2000, written=300), id="reads-and-writes-more"),
        pytest.param(usage(written=2000), usage(read=2500), id="reads-more"),
    ],
)
def test_second_call_that_reads_the_first_ones_prefix_is_fine(first: Usage, second: Usage) -> None:
    assert check_second_call(make_call(first), make_call(second)) is None


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        pytest.param(
            usage(),
            usage(),
            "the first call wrote nothing to the prompt cache\n  first call: 0 written, 0 read, 9 uncached",
            id="nothing-written",
        ),
        pytest.param(
            usage(written=12000),
            usage(written=12001, uncached=1234),
            "the second call did not read the prefix that the first one wrote\n"
            "  first call: 12,000 written, 0 read, 9 uncached\n"
            "  second call: 12,001 written, 0 read, 1,234 uncached\n"
            "  expected of the second: 12,000 read",
            id="nothing-read",
        ),
        pytest.param(
            usage(read=1500, written=500),
            usage(read=1999, written=1),
            "the second call did not read the prefix that the first one wrote\n"
            "  first call: 500 written, 1,500 read, 9 uncached\n"
            "  second call: 1 written, 1,999 read, 9 uncached\n"
            "  expected of the second: 2,000 read\n"
            "  read 1,999 of 2,000 tokens: not system[0]",
            id="one-token-less-read",
        ),
    ],
)
def test_second_call_that_reads_less_is_a_finding(first: Usage, second: Usage, message: str) -> None:
    assert str(check_second_call(make_call(first), make_call(second))) == message


MARK = {"cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        pytest.param(make_request(), 2600, id="nothing-behind-it-so-all-that-was-written"),
        pytest.param(make_request(**MARK), 2200 - 3, id="as-counted-within-the-tolerance"),
        pytest.param(make_request(**MARK, **IN_DOUBT), 1800 - 3 - 1, id="within-tolerance-and-doubt"),
        pytest.param(make_request(**MARK, container="c1"), 1, id="not-countable-so-any-read"),
        pytest.param(make_request("Hi.", **MARK), 0, id="too-short"),
    ],
)
def test_static_prefix_is_what_another_question_must_read(request_body: dict[str, Any], expected: int) -> None:
    call = make_call(usage(written=2600), request_body)

    assert expected_tokens(call, "all") == 2600
    assert expected_tokens(call, "static") == expected


def test_calls_that_add_to_the_prefix_may_find_that_warm_and_no_less() -> None:
    calls = billed(make_request(**MARK), make_request(**MARK, messages=[{"role": "user", "content": "And my refund?"}]))
    size, read = calls[1].usage.prefix_tokens, calls[1].usage.cache_read_input_tokens
    warm, cold = make_call(usage(read=size), calls[1].request), make_call(usage(written=size), calls[1].request)
    assert 0 < read < size

    assert check_prediction([calls[0], warm], are_equal=False) == ()
    assert len(check_prediction([calls[0], warm])) == 1
    assert len(check_prediction([calls[0], cold], are_equal=False)) == 1


def test_calls_billed_by_the_rules_are_as_predicted() -> None:
    assert check_prediction(billed(make_request(), make_request())) == ()


def test_warm_first_call_is_as_predicted_if_its_prefix_has_the_size() -> None:
    _, second = billed(make_request(), make_request())

    assert check_prediction((second, second)) == ()


@pytest.mark.parametrize(("model", "most"), [({}, 3), (IN_DOUBT, 4)], ids=["counted", "in-doubt-by-one"])
def test_difference_of_three_tokens_and_the_doubt_is_tolerated_and_no_more(model: dict[str, Any], most: int) -> None:
    request = make_request(**model)
    first, second = billed(request, request)
    read = second.usage.cache_read_input_tokens

    def off_by(tokens: int) -> list[Call]:
        return [first, make_call(usage(read=read + tokens), request)]

    assert check_prediction(off_by(most)) == check_prediction(off_by(-most)) == ()
    assert len(check_prediction(off_by(most + 1))) == len(check_prediction(off_by(-most - 1))) == 1


def test_call_billed_otherwise_is_a_finding_with_both_usages() -> None:
    first, second = billed(make_request(), make_request())
    written = first.usage.cache_creation_input_tokens
    again = make_call(usage(written=written, uncached=second.usage.input_tokens))

    (finding,) = check_prediction((first, again))

    assert str(finding) == (
        "call 2 was not billed as the simulator predicts\n"
        f"  reported: {written:,} written, 0 read, {second.usage.input_tokens} uncached\n"
        f"  predicted: 0 written, {written:,} read, {second.usage.input_tokens} uncached"
    )


def test_recording_of_a_larger_prefix_than_the_request_of_now_is_a_finding() -> None:
    first, second = billed(make_request(LONG + LONG), make_request(LONG + LONG))
    now = [make_call(call.usage, make_request()) for call in (first, second)]

    assert [finding.headline for finding in check_prediction(now)] == [
        "call 1 was not billed as the simulator predicts",
        "call 2 was not billed as the simulator predicts",
    ]


def test_calls_that_cannot_be_counted_offline_are_not_judged() -> None:
    request = make_request(tools=[{"type": "web_search_20250305", "name": "web_search"}])

    assert check_prediction([make_call(usage(written=1), request)]) == ()


def test_request_that_would_be_read_again_is_fine() -> None:
    assert check_rules(make_call(usage())) is None


@pytest.mark.parametrize(
    ("request_body", "facts"),
    [
        pytest.param(
            make_request("Be kind."),
            (
                "prefix: 6 tokens; minimum of claude-sonnet-5-5: 512",
                "place: system[0]",
                "cause: below_minimum: the prefix is shorter than the model's minimum",
                "fix:   put more static text before the breakpoint, or remove it",
            ),
            id="below-the-minimum",
        ),
        pytest.param(
            make_request() | {"system": LONG},
            (
                "place: cache_control",
                "cause: unmarked: nothing is kept in the prompt cache",
                'fix:   mark the end of the static part: "cache_control": {"type": "ephemeral"}',
            ),
            id="no-breakpoint",
        ),
        pytest.param(
            make_request() | {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
            (
                "the API answers 400: cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: "
                "`tools`, `system`, `messages`.",
                "place: cache_control",
                "cause: ttl_order: a 1h breakpoint comes after a 5m one",
                "cost:  every call fails",
                "fix:   put the longer TTL first, in the order tools, system, messages",
            ),
            id="rejected",
        ),
    ],
)
def test_request_that_would_not_be_read_again_says_why(request_body: dict[str, Any], facts: tuple[str, ...]) -> None:
    fault = check_rules(make_call(usage(), request_body))

    assert fault is not None
    assert fault.headline == "by the rules, a second call with the request as built now reads nothing"
    assert str(fault).splitlines()[1:] == [f"  {fact}" for fact in facts]
