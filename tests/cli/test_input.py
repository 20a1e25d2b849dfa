"""Strict reading of users' JSON; errors name the place."""

import json
from pathlib import Path

import pytest

from harness.cli.input import MAX_BYTES, parse_object, read_lines, read_object
from harness.errors import RequestError

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
        pytest.param(b"", "f:1: not JSON: Input is a zero-length, empty document at column 1", id="empty"),
        pytest.param(b"{} {}", "f:1: not JSON: unexpected content after document at column 4", id="two-documents"),
        pytest.param(b"null", "f: a JSON NoneType, expected an object", id="null"),
        pytest.param(b'{"a": {"b": 1, "b": 1}}', "f: key 'b' appears twice in one object", id="duplicate-key"),
        pytest.param(b'{"a": -Infinity}', "f:1: not JSON: no digit after sign at column 8", id="infinity"),
        pytest.param(b'\xef\xbb\xbf{}',
                     "f:1: not JSON: UTF-8 byte order mark (BOM) is not supported at column 1", id="bom"),
    ],
)  # fmt: skip
def test_bad_object_is_refused_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_object(data, "f")

    assert str(caught.value) == message


def test_deepest_nesting_that_is_taken_is_parsed() -> None:
    deep = b'{"a":' + b"[" * 1_000 + b"]" * 1_000 + b"}"

    assert parse_object(deep, "f") == json.loads(deep)
