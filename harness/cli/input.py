"""Strict reading of a command's JSON input; errors name the place."""

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from harness.errors import RequestError
from harness.files import decode_text
from harness.numbers import make_decoder

MAX_BYTES = 32 * 1024 * 1024
"""Largest body that the API accepts. Source: platform.claude.com/docs/en/api/errors (checked 2026-11-23)."""

_TEXT_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*+"|-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+')
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
            number = 0
            while data := file.readline(MAX_BYTES + 1):
                number += 1
                if data.removeprefix(BOM_UTF8).strip():
                    yield f"{path}:{number}", parse_object(data, f"{path}:{number}", has_lines=False)
    except OSError as error:
        raise RequestError(f"{path}: unreadable: {error.strerror}") from None


def parse_object(data: bytes, place: str, *, has_lines: bool = True) -> dict[str, Any]:
    """Parse a JSON object from bytes; ``has_lines`` adds the line of an error to ``place``.

    Raises:
        RequestError: the data is too large, not JSON or not an object, or a key appears twice in one object.
    """
    if len(data) > MAX_BYTES:
        raise RequestError(f"{place}: larger than {MAX_BYTES:,} bytes, the most that the API accepts")
    text = decode_text(data, place, RequestError, has_lines=has_lines)
    try:
        _check_strictly(text)
        value = _DECODER.decode(text)
    except orjson.JSONDecodeError as error:
        line = f":{error.lineno}" if has_lines else ""
        raise RequestError(f"{place}{line}: not JSON: {error.msg} at column {error.colno}") from None
    except _DuplicateKeyError as error:
        raise RequestError(f"{place}: key {error.args[0]!r} appears twice in one object") from None
    except RequestError as error:
        raise RequestError(f"{place}: {error.message}") from None
    if not isinstance(value, dict):
        raise RequestError(f"{place}: a JSON {type(value).__name__}, expected an object")
    return value


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
    return sys.stdin.buffer if str(path) == "-" else path.open("rb")
