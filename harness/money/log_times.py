"""Times of calls from a file: one a line, as a time or as a JSON object that has one."""

import json
from pathlib import Path

from harness.errors import RequestError, SuiteError
from harness.files import load_json, read_text
from harness.moments import MomentReader
from harness.money.arrivals import Log

_KEYS = ("at", "timestamp")
_MAX_DEPTH = 100
_LONGEST = 200
"""Characters of a line that a message quotes; no time is longer."""


def read_log(path: Path, *, named_at: str) -> Log:
    """Read the times of calls; ``named_at`` is the ``path:line`` of the suite file that names the file.

    Raises:
        SuiteError: the file is unreadable, a line has no time, or the file has fewer than two different times.
    """
    text = read_text(path, SuiteError, place=f"{named_at}: {path}")
    reader = MomentReader()
    times = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            times.append(_read_time(line.strip(), f"{path}:{number}", reader))
    if len(set(times)) < 2:
        raise SuiteError(f"{path}:1: {len(times)} times, expected two different ones at least")
    return Log(times)


def _read_time(line: str, place: str, reader: MomentReader) -> float:
    value = _parse(line, place)
    name = "time"
    if isinstance(value, dict):
        name = next((key for key in _KEYS if key in value), "")
        if not name:
            raise SuiteError(f"{place}: no key {' or '.join(map(repr, _KEYS))}")
        value = value[name]
    try:
        return reader.read(value, name, place)
    except RequestError as error:
        raise SuiteError(error.message) from None


def _parse(line: str, place: str) -> object:
    """A JSON value, or the line itself, such as an ISO time without quotes."""
    try:
        return load_json(line, max_depth=_MAX_DEPTH)
    except json.JSONDecodeError as error:
        if line[0] in '{["':
            raise SuiteError(f"{place}: not JSON: {error.msg}") from None
        return line[:_LONGEST]
    except ValueError as error:
        raise SuiteError(f"{place}: not JSON: {error}") from None
