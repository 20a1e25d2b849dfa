"""Which answers of a case are checked, and what a check says of all of them."""

import json
from dataclasses import replace

import pytest

from harness.calls.answer import Answer
from harness.calls.call import Call
from harness.evaluation.cases import CaseCheck, check_case, list_samples
from harness.evaluation.check import Check
from harness.evaluation.result import CheckResult
from harness.provider.usage import Usage
from harness.suites.model import Case
from harness.suites.plan import Plan

BODY = json.dumps(
    {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
).encode()


def call(text: str, id_: str = "") -> Call:
    answer = Answer(id=id_, content=({"type": "text", "text": text},))
    return Call(body=BODY, usage=Usage(), status=200, origin="emulator", load_answer=lambda: answer)


def texts(case: Case, *rounds: list[Call]) -> list[str]:
    return [sample.call.answer.text for sample in list_samples(case, rounds)]


CASE = Case(name="refund", line=1, inputs={"question": "Where"})


def test_of_equal_rounds_the_first_is_checked_and_of_a_round_its_last_call() -> None:
    assert texts(CASE, [call("a", "1"), call("b", "2")], [call("c", "3"), call("d", "4")]) == ["b"]


def test_each_sample_is_checked() -> None:
    sampled = replace(CASE, plan=Plan(kind="samples", rounds=3))

    assert texts(sampled, [call("a", "1")], [call("b", "2")], [call("c", "3")]) == ["a", "b", "c"]
    assert texts(sampled, [call("a")], [call("b")], [call("c")]) == ["a", "b", "c"]


def test_an_answer_that_came_from_a_cache_in_between_is_no_sample() -> None:
    sampled = replace(CASE, plan=Plan(kind="samples", rounds=3))

    assert texts(sampled, [call("a", "1")], [call("a", "1")], [call("b", "2")]) == ["a", "b"]


def test_each_question_is_checked_with_its_own_inputs() -> None:
    asked = replace(CASE, questions=({"n": 1}, {"n": 2}), plan=Plan(kind="questions", rounds=2))

    samples = list_samples(asked, [[call("a", "1")], [call("b", "2")]])

    assert [sample.inputs for sample in samples] == [{"n": 1}, {"n": 2}]


def test_a_tool_call_without_text_is_checked_as_json() -> None:
    used = Answer(id="1", content=({"type": "tool_use", "name": "reply", "input": {"ok": True}},))
    sample = list_samples(CASE, [[replace(call(""), load_answer=lambda: used)]])[0]

    assert sample.make_answered(None).text == '{"ok":true}'


def result(passed: bool | None, score: float | None = None) -> CheckResult:
    return CheckResult(check="x", passed=passed, score=score, why=f"is {passed}")


@pytest.mark.parametrize(
    ("passes", "pass_rate", "passed", "why"),
    [
        ((True,), 1.0, True, "is True"),
        ((None,), 1.0, None, "is None"),
        ((True, False, None), 1.0, False, "1 of 3 samples pass; sample 2: is False"),
        ((True, False, None), 0.5, True, "1 of 3 samples pass; sample 2: is False"),
        ((True, None), 1.0, True, "1 of 2 samples pass; sample 2: is None"),
        # 0.7 times 10 is more than 7, as floats.
        ((True,) * 7 + (False,) * 3, 0.7, True, "7 of 10 samples pass; sample 8: is False"),
        ((None, None), 1.0, None, "0 of 2 samples pass; sample 1: is None"),
    ],
)
def test_a_check_sums_up_its_samples(
    passes: tuple[bool | None, ...], pass_rate: float, passed: bool | None, why: str
) -> None:
    check = CaseCheck(name="x", kind="json", pass_rate=pass_rate, results=tuple(map(result, passes)))

    assert (check.passed, check.why) == (passed, why)
    assert CaseCheck.from_json(json.loads(json.dumps(check.to_json()))) == check


def test_the_score_is_the_mean_of_those_that_have_one() -> None:
    check = CaseCheck(name="x", kind="k", pass_rate=1, results=(result(True, 0.5), result(None), result(True, 1.0)))

    assert check.score == 0.75


def test_tokens_are_counted_as_the_model_of_the_answer_does() -> None:
    counted: list[int] = []

    def measure(answered: object) -> CheckResult:
        counted.append(answered.count_tokens("Hello there"))  # type: ignore[attr-defined]
        return result(True)

    check_case([Check(name="x", kind="length", run=measure)], list_samples(CASE, [[call("a", "1")]]))

    assert counted[0] > 0
