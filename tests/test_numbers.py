"""Numbers of JSON come out as they went in."""

import json
import pickle
import re
from copy import deepcopy

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RequestError
from harness.numbers import SentFloat, SentInt, has_sent_numbers, make_decoder, parse_json, write_json
from harness.prompt.json_bytes import encode_json

PAIRS = (
    ("340282366920938463463374607431768211455", "340282366920938463463374607431768211456"),
    ("18446744073709551616", "18446744073709551617"),
    ("-9223372036854775809", "-9223372036854775808"),
    ("9" * 4_300, "9" * 4_299 + "8"),
    ("0", "-0"),
    ("0.0", "-0.0"),
    ("0.0", "0e0"),
    ("1.0", "1"),
    ("1.10", "1.1"),
    ("1e2", "100.0"),
    ("1E5", "1e5"),
    ("1e5", "1e+5"),
    ("1e-7", "1e-07"),
    ("1e16", "1e+16"),
    ("1e400", "1e401"),
    ("-1e400", "1e400"),
    ("1e-400", "0.0"),
    ("0.1", "0.1000000000000000055511151231257827"),
    ("0.00001", "1e-05"),
    ("123456789012345678.0", "1.2345678901234568e+17"),
)
"""Numbers that are written in two ways, or that Python cannot tell apart."""

ORDINARY = (
    "0",
    "1",
    "-1",
    "18446744073709551615",
    "-9223372036854775808",
    "0.5",
    "-0.0",
    "1.0",
    "100.0",
    "0.0001",
    "37.1",
)

NUMBERS = st.from_regex(
    re.compile(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", re.ASCII), fullmatch=True
)
"""The text of any number of JSON."""


@pytest.mark.parametrize(
    "text", dict.fromkeys([*(text for pair in PAIRS for text in pair), *ORDINARY]), ids="{:.40}".format
)
def test_number_is_written_as_it_was_sent(text: str) -> None:
    body = f'{{"a":[{text},{{"b":{text}}}]}}'

    value = parse_json(body)

    assert write_json(value) == body
    assert encode_json(value) == body.encode()
    assert value == json.loads(body)


@given(NUMBERS)
def test_any_number_is_written_as_it_was_sent(text: str) -> None:
    value = parse_json(text)

    assert (write_json(value), encode_json(value)) == (text, text.encode())
    assert value == json.loads(text)


@given(st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_number_that_every_writer_writes_alike_stays_plain(value: float) -> None:
    text = json.dumps(value)

    assert (type(parse_json(text)) is type(value)) == ("e" not in text)
    assert "e" in text or orjson.dumps(parse_json(text)) == text.encode() == orjson.dumps(value)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_number_is_plain(text: str) -> None:
    assert type(parse_json(text)) in (int, float)
    assert not has_sent_numbers(parse_json(f'{{"a":[{text}]}}'))


@pytest.mark.parametrize("text", ["-0", "18446744073709551616", "1.10", "1e400", "1E5", "1e-10"])
def test_other_number_is_a_number_too(text: str) -> None:
    value = parse_json(text)

    assert isinstance(value, SentInt | SentFloat)
    assert value == json.loads(text)
    assert (repr(value), str(value), f"{value}") == (text, text, text)
    assert [copy.text for copy in (deepcopy(value), pickle.loads(pickle.dumps(value)))] == [text, text]


LAYOUTS = (
    ({}, '{"b":"é","a":[1.10,true,null]}'),
    ({"separators": (", ", ": ")}, '{"b": "é", "a": [1.10, true, null]}'),
    ({"ensure_ascii": True}, '{"b":"\\u00e9","a":[1.10,true,null]}'),
    ({"sort_keys": True}, '{"a":[1.10,true,null],"b":"é"}'),
    (
        {"sort_keys": True, "separators": (", ", ": "), "ensure_ascii": True},
        '{"a": [1.10, true, null], "b": "\\u00e9"}',
    ),
)


@pytest.mark.parametrize(("layout", "text"), LAYOUTS)
def test_layout_is_that_of_the_standard_library(layout: dict[str, object], text: str) -> None:
    value = parse_json('{"b":"é","a":[1.10,true,null]}')

    assert write_json(value, **layout) == text  # type: ignore[arg-type]
    ordinary = parse_json('{"b":"é","a":[1.5,true,null]}')
    assert write_json(ordinary, **layout) == text.replace("1.10", "1.5")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", [{"a": {1}}, {"a": float("nan")}, {"a": SentInt("-0"), "b": {1}}, {"a": b"x"}, float("inf")]
)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        write_json(value)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "01", "1.", ".5", "+1", "1e", "--1", "0x1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a number of JSON|Expecting|Extra data"):
        parse_json(text)


@pytest.mark.parametrize(
    "text", ["9" * 4_301, "-" + "9" * 4_301, "0." + "1" * 4_300, "1e" + "0" * 4_300, "1" + "0" * 4_300 + "e1"]
)
def test_number_with_too_many_digits_is_refused(text: str) -> None:
    digits = sum(map(str.isdigit, text))

    with pytest.raises(RequestError) as caught:
        parse_json(f'{{"a": [{text}]}}')

    assert str(caught.value) == f"a number has {digits:,} digits, expected at most 4,300"


def test_decoder_can_have_a_hook_for_objects() -> None:
    assert repr(make_decoder(tuple).decode('{"a": 1.10, "a": {"b": -0}}')) == "(('a', 1.10), ('a', (('b', -0),)))"
