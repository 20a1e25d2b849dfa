"""Strict reading of users' JSON; errors name the place."""

import json
from pathlib import Path

import pytest

from harness.cli.input import MAX_BYTES, parse_object, read_lines, read_object
from harness.errors import RequestError
from harness.numbers import write_json
from tests.test_numbers import PAIRS as SENT_PAIRS

TOO_LARGE = "larger than 33,554,432 bytes, the most that the API accepts"


def pad(size: int) -> bytes:
    """A JSON object of ``size`` bytes."""
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def test_object_is_read(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text('{\n "model": "claude",\n "stream": true\n}', encoding="utf-8")

    assert read_object(path) == {"model": "claude", "stream": True}


def test_keys_keep_their_order() -> None:
    assert list(parse_object(b'{"b": 1, "a": 2}', "f")) == ["b", "a"]


def test_body_of_just_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(pad(MAX_BYTES))

    assert len(read_object(path)["a"]) == MAX_BYTES - 8


def test_body_over_32_mib_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(pad(MAX_BYTES + 1))

    with pytest.raises(RequestError) as caught:
        read_object(path)

    assert str(caught.value) == f"{path}: {TOO_LARGE}"


def test_line_over_32_mib_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b"{}\n" + pad(MAX_BYTES + 1) + b"\n{}\n")
    lines = read_lines(path)

    assert next(lines) == (f"{path}:1", {})
    with pytest.raises(RequestError) as caught:
        next(lines)
    assert str(caught.value) == f"{path}:2: {TOO_LARGE}"


def test_lines_have_their_place_and_blank_ones_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b'\r\n{"a": 1}\r\n\n{"b": 2}')

    assert list(read_lines(path)) == [(f"{path}:2", {"a": 1}), (f"{path}:4", {"b": 2})]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b'{\n "a": 1\n "b": 2}', "f:3: not JSON: unexpected character, expected ',' or '}' at column 2",
                     id="error-in-a-later-line"),
        pytest.param(b"", "f:1: the file is empty", id="empty"),
        pytest.param(b"{} {}", "f:1: not JSON: unexpected content after document at column 4", id="two-documents"),
        pytest.param(b"null", "f: a JSON NoneType, expected an object", id="null"),
        pytest.param(b'{"a": {"b": 1, "b": 1}}', "f: key 'b' appears twice in one object", id="duplicate-key"),
        pytest.param(b'{"a": -Infinity}', "f:1: not JSON: no digit after sign at column 8", id="infinity"),
    ],
)  # fmt: skip
def test_bad_object_is_refused_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_object(data, "f")

    assert str(caught.value) == message


def test_deepest_nesting_that_is_taken_is_parsed() -> None:
    deep = b'{"a":' + b"[" * 1_000 + b"]" * 1_000 + b"}"

    assert parse_object(deep, "f") == json.loads(deep)


@pytest.mark.parametrize(("one", "other"), SENT_PAIRS, ids="{:.20}".format)
def test_numbers_are_read_as_they_were_sent(one: str, other: str) -> None:
    values = [parse_object(b'{"a": [%b]}' % number.encode(), "f") for number in (one, other)]

    assert [write_json(value) for value in values] == [f'{{"a":[{one}]}}', f'{{"a":[{other}]}}']


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b'{"a": %b}' % (b"9" * 5_000), "f: a number has 5,000 digits, expected at most 4,300",
                     id="digits"),
        pytest.param(b'{"a": 1e400, "a": 2}', "f: key 'a' appears twice in one object", id="duplicate-key"),
        pytest.param(b'{"a": 1e400,\n "b": 1e999, "c": }',
                     "f:2: not JSON: unexpected character, expected a JSON value at column 19", id="error-behind"),
        pytest.param(b'{"a": 1e400, "b": "\\ud800"}',
                     "f:1: not JSON: no low surrogate in string at column 20", id="surrogate-behind"),
        pytest.param(b'{"a": 1e400, "b": NaN}',
                     "f:1: not JSON: unexpected character, expected a JSON value at column 19", id="nan-behind"),
        pytest.param(b'{"a": 1e400, "b": 01}',
                     "f:1: not JSON: number with leading zero is not allowed at column 19", id="leading-zero-behind"),
    ],
)  # fmt: skip
def test_what_is_wrong_beside_a_large_number_is_found(data: bytes, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_object(data, "f")

    assert str(caught.value) == message


def test_text_that_looks_like_a_large_number_stays() -> None:
    assert parse_object(b'{"1e400": "\\"1e400", "a": 1e400}', "f")["1e400"] == '"1e400'
