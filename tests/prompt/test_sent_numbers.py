"""Requests are judged with their numbers as they were sent."""

import json
from typing import Any

import pytest
from hypothesis import assume, given

from harness.errors import RequestError
from harness.numbers import parse_json
from harness.prompt import read
from harness.prompt.reader import PromptReader
from harness.prompt.text import block_text, dump
from harness.prompt.wire import to_body
from tests.test_numbers import NUMBERS, ORDINARY, PAIRS


def body_with(member: str) -> str:
    return f'{{"model":"claude-opus-5","system":"s",{member},"messages":[]}}'


def body_calling(value: str) -> str:
    block = f'{{"type":"tool_use","input":{{"id":{value}}}}}'
    return f'{{"model":"claude-opus-5","messages":[{{"role":"assistant","content":[{block}]}}]}}'


BODIES = {
    "tool input": body_calling("%s"),
    "nested in a tool input": body_calling('[{"b":%s}]'),
    "schema of a tool": body_with('"tools":[{"name":"n","input_schema":{"properties":{"a":{"maximum":%s}}}}]'),
    "example of a tool": body_with('"tools":[{"name":"n","input_examples":[{"a":%s}]}]'),
    "schema of the answer": body_with('"output_config":{"format":{"type":"json_schema","schema":{"const":%s}}}'),
    "unknown parameter": body_with('"verbosity":%s'),
}


def prints(text: str, place: str = "tool input") -> tuple[bytes, ...]:
    return PromptReader().read((BODIES[place] % text).encode()).fingerprints


@pytest.mark.parametrize(("one", "other"), PAIRS, ids="{:.20}".format)
@pytest.mark.parametrize("place", BODIES)
def test_numbers_that_are_sent_differently_have_different_fingerprints(place: str, one: str, other: str) -> None:
    assert prints(one, place)[-1] != prints(other, place)[-1]
    assert prints(one, place) == prints(one, place)


@given(NUMBERS, NUMBERS)
def test_fingerprints_are_equal_exactly_where_the_texts_are(one: str, other: str) -> None:
    assert (prints(one) == prints(other)) == (one == other)


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize("place", BODIES)
def test_ordinary_numbers_have_the_fingerprints_of_plain_ones(place: str, text: str) -> None:
    assert prints(text, place) == read(json.loads(BODIES[place] % text)).fingerprints


@given(NUMBERS)
def test_body_of_a_read_request_is_the_one_that_was_sent(text: str) -> None:
    for body in BODIES.values():
        assert to_body(parse_json(body % text)).decode() == body % text


@given(NUMBERS)
def test_block_text_has_the_number_as_sent(text: str) -> None:
    (block,) = PromptReader().read((BODIES["tool input"] % text).encode()).blocks

    assert block_text(block) == f'{{"type":"tool_use","input":{{"id":{text}}}}}'


PYTHON_VALUES = (
    (2**64, "18446744073709551616"),
    (-(2**70), "-1180591620717411303424"),
    (10**40, "1" + "0" * 40),
    (-0.0, "-0.0"),
    (1e22, "1e+22"),
    (1e-7, "1e-07"),
    (0.1 + 0.2, "0.30000000000000004"),
    (True, "true"),
)
"""Values of a program, and the text that the SDK sends."""


@pytest.mark.parametrize(("value", "text"), PYTHON_VALUES)
def test_numbers_of_a_program_are_those_that_the_sdk_sends(value: Any, text: str) -> None:
    request = json.loads(BODIES["tool input"] % 0)
    request["messages"][0]["content"][0]["input"]["id"] = value

    assert to_body(request).decode() == BODIES["tool input"] % text


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 2**128, 10**400, -(10**30)])
def test_large_integer_of_a_program_is_judged(value: int) -> None:
    request = json.loads(BODIES["tool input"] % value)

    assert read(request).fingerprints == prints(str(value))
    assert dump({"a": value}) == f'{{"a":{value}}}'


@pytest.mark.parametrize(
    "value",
    [
        {"a": "\ud800"},
        {1: 2},
        {"a": [[[]]] * 3},
        {"a": '\x00\x1f\x7f\u2028é\U0001f600"\\/'},
        {"a": [1, 0.5, True, None]},
    ],
)
def test_text_is_that_of_the_standard_library(value: Any) -> None:
    assert dump(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_deep_nesting_can_be_shown() -> None:
    deep = json.loads("[" * 500 + "]" * 500)

    assert dump(deep) == "[" * 500 + "]" * 500


@given(NUMBERS, NUMBERS)
def test_difference_of_two_numbers_is_never_called_one_of_keys(one: str, other: str) -> None:
    from harness.promptcache.explain import explain

    assume(one != other)
    text = json.dumps("Rules. " * 900)
    bodies = [
        f'{{"model":"claude-sonnet-5-5","max_tokens":9,"tools":[{{"name":"n","input_schema":{{"type":"object","a":{number},"b":1}},'
        f'"description":{text},"cache_control":{{"type":"ephemeral"}}}}],"messages":[{{"role":"user","content":"Hi"}}]}}'
        for number in (one, other)
    ]

    result = explain(*(read(parse_json(body), lambda text, _: len(text) // 4) for body in bodies))

    assert (result.cause, result.path) == ("tool_changed", "tools[0]")
    assert result.excerpt is not None
    assert result.excerpt[0] != result.excerpt[1]


def test_number_with_too_many_digits_is_named() -> None:
    with pytest.raises(RequestError) as caught:
        prints("1" * 5_000)

    assert str(caught.value) == "The request body cannot be read: a number has 5,000 digits, expected at most 4,300"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([2**64, float("nan")], "Out of range float values are not JSON compliant: nan"),
        ([2**64, "\ud800"], "str is not valid UTF-8: surrogates not allowed"),
        ([2**64, {1}], "Object of type set is not JSON serializable"),
        ({1: 2}, "Dict key must be str"),
        ("\ud800", "str is not valid UTF-8: surrogates not allowed"),
    ],
)
def test_value_of_a_program_that_json_cannot_carry_is_named(value: Any, reason: str) -> None:
    request = json.loads(BODIES["schema of the answer"] % 0)
    request["output_config"]["format"]["schema"]["const"] = value

    with pytest.raises(RequestError) as caught:
        _ = read(request).fingerprints

    assert str(caught.value) == f"system cannot be fingerprinted: {reason}"
