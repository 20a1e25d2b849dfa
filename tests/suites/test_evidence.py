"""The evidence on a second call from prediction, usage and diagnostics, and when it is a finding."""

import json
from itertools import product
from typing import Any

import pytest

from harness.calls.call import NO_DIVERGENCE, PENDING, Call
from harness.prompt.tokens import TextCounter
from harness.provider.usage import Usage
from harness.suites.evidence import Evidence, find_disagreement, gather_evidence
from tests.suites.test_checks import IN_DOUBT, make_request, usage

COUNT = TextCounter()
CHANGED = "system_changed"
NO_CHANGE_NAMED = (None, PENDING, "previous_message_not_found", "unavailable")
WORDS = (*NO_CHANGE_NAMED, NO_DIVERGENCE, CHANGED)

# predicted, read, answer of the diagnostics: level for equal and for unequal requests.
TABLE: dict[tuple[bool | None, bool, tuple[str | None, ...]], tuple[str | None, str | None]] = {
    (True, True, NO_CHANGE_NAMED): (None, None),
    (True, True, (NO_DIVERGENCE,)): (None, None),
    (True, True, (CHANGED,)): ("warning", None),
    (True, False, NO_CHANGE_NAMED): ("error", "error"),
    (True, False, (NO_DIVERGENCE,)): ("error", "error"),
    (True, False, (CHANGED,)): ("warning", "warning"),
    (False, True, NO_CHANGE_NAMED): ("warning", "warning"),
    (False, True, (NO_DIVERGENCE,)): ("warning", "warning"),
    (False, True, (CHANGED,)): ("warning", "warning"),
    (False, False, NO_CHANGE_NAMED): (None, None),
    (False, False, (NO_DIVERGENCE,)): (None, None),
    (False, False, (CHANGED,)): (None, None),
    (None, True, NO_CHANGE_NAMED): (None, None),
    (None, True, (NO_DIVERGENCE,)): (None, None),
    (None, True, (CHANGED,)): ("warning", None),
    (None, False, NO_CHANGE_NAMED): (None, None),
    (None, False, (NO_DIVERGENCE,)): ("warning", "warning"),
    (None, False, (CHANGED,)): (None, None),
}
CASES = [
    pytest.param(predicted, read, word, is_equal, level, id=f"{predicted}-{read}-{word}-{is_equal}")
    for (predicted, read, words), levels in TABLE.items()
    for word in words
    for is_equal, level in zip((True, False), levels, strict=True)
]


def test_the_table_holds_every_combination() -> None:
    combinations = product((True, False, None), (True, False), WORDS, (True, False))

    assert {tuple(case.values[:4]) for case in CASES} == set(combinations)


@pytest.mark.parametrize(("predicted", "read", "diagnostics", "is_equal", "level"), CASES)
def test_disagreement_is_a_finding(
    predicted: bool | None, read: bool, diagnostics: str | None, is_equal: bool, level: str | None
) -> None:
    evidence = Evidence(predicted=predicted, read=read, diagnostics=diagnostics, is_equal=is_equal)

    finding = find_disagreement(evidence)

    assert (finding and finding.level) == level
    assert (finding and finding.rule) == (level and "disagreement")


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        pytest.param(
            Evidence(predicted=True, read=False, diagnostics=None, is_equal=True),
            "prediction, usage and diagnostics disagree on whether the second call read what the first one wrote\n"
            "  prediction:  reads all\n"
            "  usage:       does not read all\n"
            "  diagnostics: none",
            id="unexplained-miss",
        ),
        pytest.param(
            Evidence(predicted=False, read=True, diagnostics="no_divergence", is_equal=True),
            "prediction, usage and diagnostics disagree on whether the second call read what the first one wrote\n"
            "  prediction:  does not read all\n"
            "  usage:       reads all\n"
            "  diagnostics: no_divergence",
            id="unexpected-read",
        ),
        pytest.param(
            Evidence(predicted=None, read=False, diagnostics="no_divergence", is_equal=False),
            "prediction, usage and diagnostics disagree on whether the second call read what the first one wrote\n"
            "  prediction:  cannot tell\n"
            "  usage:       does not read all\n"
            "  diagnostics: no_divergence",
            id="prediction-that-cannot-tell",
        ),
    ],
)
def test_finding_has_a_line_for_each_source(evidence: Evidence, message: str) -> None:
    assert str(find_disagreement(evidence)) == message


@pytest.mark.parametrize(
    ("predicted", "read", "is_equal", "is_flake"),
    [
        (True, False, True, True),
        (True, True, True, False),
        (True, False, False, False),
        (False, False, True, False),
        (None, False, True, False),
    ],
)
def test_only_a_miss_of_an_equal_request_that_should_read_is_worth_another_try(
    predicted: bool | None, read: bool, is_equal: bool, is_flake: bool
) -> None:
    evidence = Evidence(predicted=predicted, read=read, diagnostics=NO_DIVERGENCE, is_equal=is_equal)

    assert evidence.is_flake is is_flake


# --- gathering evidence --------------------------------------------------------------------------------------


def call(billed: Usage, request: dict[str, Any] | None = None, diagnostics: str | None = None) -> Call:
    body = json.dumps(request or make_request()).encode()
    return Call(body=body, usage=billed, status=200, origin="anthropic", diagnostics=diagnostics)


NEAR = make_request("word " * 1022 + "x\n", **IN_DOUBT)
"""A prefix of 1,024 tokens, which is the minimum of its model, or of one fewer."""
WROTE = call(usage(written=2000))


@pytest.mark.parametrize(
    ("first", "second", "read"),
    [
        pytest.param(WROTE, call(usage(read=2000)), True, id="reads-all"),
        pytest.param(WROTE, call(usage(read=2000, written=10)), True, id="reads-all-and-writes-more"),
        pytest.param(WROTE, call(usage(read=1999)), False, id="reads-less"),
        pytest.param(call(usage(read=1500, written=500)), call(usage(read=1500, written=500)), False, id="reads-part"),
        pytest.param(call(usage()), call(usage()), False, id="nothing-to-read"),
    ],
)
def test_usage_reads_if_all_is_read_that_there_is(first: Call, second: Call, read: bool) -> None:
    assert gather_evidence(first, second).read is read


@pytest.mark.parametrize(
    ("first", "second", "predicted"),
    [
        pytest.param(make_request(), make_request(), True, id="equal"),
        pytest.param(make_request(), make_request(messages=[{"role": "user", "content": "?"}]), True, id="other-tail"),
        pytest.param(make_request(), make_request("A" * 9000), False, id="other-prefix"),
        pytest.param(make_request("Be kind."), make_request("Be kind."), False, id="below-the-minimum"),
        pytest.param(make_request(**IN_DOUBT), make_request(**IN_DOUBT), True, id="in-doubt-and-far-above-the-minimum"),
        pytest.param(NEAR, NEAR, None, id="in-doubt-about-the-minimum"),
        pytest.param(make_request(container="c1"), make_request(container="c1"), True, id="more-than-counted"),
    ],
)
def test_prediction_is_the_simulators(first: dict[str, Any], second: dict[str, Any], predicted: bool | None) -> None:
    evidence = gather_evidence(call(usage(written=2000), first), call(usage(read=2000), second))

    assert evidence.predicted is predicted
    assert evidence.is_equal is (first == second)


def test_diagnostics_that_compared_another_call_do_not_count() -> None:
    second = call(usage(read=2000), diagnostics=CHANGED)

    assert gather_evidence(WROTE, second).diagnostics == CHANGED
    assert gather_evidence(WROTE, second, is_compared=False).diagnostics is None
