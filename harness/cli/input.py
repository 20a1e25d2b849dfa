"""Strict reading of a command's JSON input; errors name the place."""

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from harness.errors import RequestError
from harness.files import decode_text, open_file, rewrite_command
from harness.numbers import make_decoder

MAX_BYTES = 32 * 1024 * 1024
"""Largest body that the API accepts. Source: platform.claude.com/docs/en/api/errors (checked 2026-11-23)."""

_TEXT_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*+"|-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+')
_BRACKETS = {"{": "an object", "[": "a list"}
_DESCRIPTORS = ("/dev/fd", "/proc/self/fd")
_RANGE = 5
"""The shortest number that is beyond the range of a float: ``1e309``."""


def read_object(path: Path) -> dict[str, Any]:
    """Read the JSON object of a file; ``-`` is standard input.

    Raises:
        RequestError: the file is unreadable, too large or not a JSON object; the message starts with its name.
    """
    try:
        with _open(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RequestError(f"{path}: unreadable: {error.strerror}") from None
    return parse_object(data, str(path))


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the JSON objects of a file, one a line, each with its place ``path:line``.

    Raises:
        RequestError: the file is unreadable, or a line is too large or not a JSON object; the message starts
            with the place.
    """
    try:
        with _open(path) as file:
            number, is_first = 0, True
            while data := file.readline(MAX_BYTES + 1):
                number += 1
                if data.removeprefix(BOM_UTF8).strip():
                    yield f"{path}:{number}", _parse_line(data.rstrip(b"\r\n"), path, number, is_first=is_first)
                    is_first = False
    except OSError as error:
        raise RequestError(f"{path}: unreadable: {error.strerror}") from None


def parse_object(data: bytes, place: str, *, has_lines: bool = True, file: object = None) -> dict[str, Any]:
    """Parse a JSON object from bytes; ``has_lines`` adds the line of an error to ``place``.

    ``file`` is the path of the file, if that is not ``place``.

    Raises:
        RequestError: the data is too large, not JSON or not an object, or a key appears twice in one object.
    """
    if len(data) > MAX_BYTES:
        raise RequestError(f"{place}: larger than {MAX_BYTES:,} bytes, the most that the API accepts")
    text = decode_text(data, place, RequestError, has_lines=has_lines, file=file)
    try:
        _check_strictly(text)
        value = _DECODER.decode(text)
    except orjson.JSONDecodeError as error:
        raise _explain(error, text, place, has_lines=has_lines) from None
    except _DuplicateKeyError as error:
        raise RequestError(f"{place}: key {error.args[0]!r} appears twice in one object") from None
    except RequestError as error:
        raise RequestError(f"{place}: {error.message}") from None
    if not isinstance(value, dict):
        found = _NotOneObjectError if isinstance(value, list) else RequestError
        raise found(f"{place}: a JSON {type(value).__name__}, expected an object")
    return value


class _NotOneObjectError(RequestError):
    """The data is a list of objects, or only the beginning of an object."""


def _parse_line(data: bytes, path: Path, number: int, *, is_first: bool) -> dict[str, Any]:
    """Parse one line of a file; the first one shows whether all of the file has another form."""
    try:
        return parse_object(data, f"{path}:{number}", has_lines=False, file=path)
    except _NotOneObjectError as error:
        if not is_first:
            raise
        items = "'.[]'" if data.removeprefix(BOM_UTF8).lstrip().startswith(b"[") else "."
        hint = f"write one object a line: {rewrite_command(f'jq -c {items}', path)}"
        raise RequestError(error.message, hint=hint) from None


def _explain(error: orjson.JSONDecodeError, text: str, place: str, *, has_lines: bool) -> RequestError:
    where = f"{place}:{error.lineno}" if has_lines else place
    start, unit = text.lstrip()[:1], "file" if has_lines else "line"
    if not start:
        return RequestError(f"{where}: the {unit} is empty")
    if start in _BRACKETS and error.msg == "unexpected end of data":
        return _NotOneObjectError(f"{where}: not JSON: the {unit} ends inside {_BRACKETS[start]}")
    return RequestError(f"{where}: not JSON: {error.msg} at column {error.colno}")


def _check_strictly(text: str) -> None:
    """Refuse NaN, lone surrogates and nesting beyond 1,024 levels, as the API does."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "infinity" not in error.msg:
            raise
        # Numbers beyond the range of a float are JSON too.
        orjson.loads(_TEXT_OR_NUMBER.sub(_without_range, text))


def _without_range(found: re.Match[str]) -> str:
    """Replace a long number by one of the same length, so that columns stay."""
    text = found[0]
    return text if text.startswith('"') or len(text) < _RANGE else "0.".ljust(len(text), "0")


class _DuplicateKeyError(ValueError):
    """A key appears twice in one object."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(key for key in keys if keys.count(key) > 1))
    return result


_DECODER = make_decoder(_unique)


def _open(path: Path) -> BinaryIO:
    if str(path) == "-":
        return sys.stdin.buffer
    # What a shell puts in place of <(command) is a pipe, and its other end is open.
    is_pipe = str(path.parent) in _DESCRIPTORS and path.is_fifo()
    return path.open("rb") if is_pipe else open_file(path)
