"""Reading what a user gives a command: JSON, strictly, with the place of what is wrong."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from harness.errors import RequestError

MAX_BYTES = 32 * 1024 * 1024
"""Largest body that the API takes. Source: platform.claude.com/docs/en/api/errors (checked 2026-11-23)."""


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object of a file; ``-`` is standard input.

    Raises:
        RequestError: the file is unreadable, too large or no JSON object; starts with its name.
    """
    try:
        with _open(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RequestError(f"{path}: unreadable: {error.strerror}") from None
    return parse_object(data, str(path))


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file of lines, each with its place ``path:line``.

    Raises:
        RequestError: the file is unreadable, or a line too large or no JSON object; starts with the place.
    """
    try:
        with _open(path) as file:
            number = 0
            while data := file.readline(MAX_BYTES + 1):
                number += 1
                if data.strip():
                    yield f"{path}:{number}", parse_object(data, f"{path}:{number}", has_lines=False)
    except OSError as error:
        raise RequestError(f"{path}: unreadable: {error.strerror}") from None


def parse_object(data: bytes, place: str, *, has_lines: bool = True) -> dict[str, Any]:
    """A JSON object from its bytes; ``has_lines`` adds the line of an error to ``place``.

    Raises:
        RequestError: too large, not JSON, no object, or a key twice in one object.
    """
    if len(data) > MAX_BYTES:
        raise RequestError(f"{place}: larger than {MAX_BYTES:,} bytes, the most that the API takes")
    try:
        # Refuses NaN, lone surrogates and nesting beyond 1,024 levels, none of which the API takes.
        orjson.loads(data)
        value = json.loads(data, object_pairs_hook=_unique)
    except orjson.JSONDecodeError as error:
        line = f":{error.lineno}" if has_lines else ""
        raise RequestError(f"{place}{line}: not JSON: {error.msg} at column {error.colno}") from None
    except _DuplicateKeyError as error:
        raise RequestError(f"{place}: key {error.args[0]!r} is there twice in one object") from None
    if not isinstance(value, dict):
        raise RequestError(f"{place}: a JSON {type(value).__name__}, expected an object")
    return value


class _DuplicateKeyError(ValueError):
    """A key that one object has twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(key for key in keys if keys.count(key) > 1))
    return result


def _open(path: Path) -> BinaryIO:
    return sys.stdin.buffer if str(path) == "-" else path.open("rb")
