"""JSON in the bytes that fingerprints hash: compact, fast, and with numbers as they were sent."""

from collections.abc import Mapping
from typing import Any

import orjson

from harness.numbers import SentFloat, SentInt, parse_json, write_json

_OPTIONS = orjson.OPT_PASSTHROUGH_SUBCLASS


def encode_json(value: Any) -> bytes:
    """Write JSON as bytes.

    Raises:
        TypeError: the value is none that JSON can hold, or is nested too deeply.
    """
    try:
        return orjson.dumps(value, _convert, _OPTIONS)
    except orjson.JSONEncodeError as error:
        if "64-bit" not in str(error):
            raise
    # A program, other than JSON that was parsed, may hold large integers as plain ones.
    return orjson.dumps(parse_json(write_json(value)), _convert, _OPTIONS)


def _convert(value: Any) -> Any:
    """Convert what ``orjson`` does not write itself."""
    if isinstance(value, SentInt | SentFloat):
        return orjson.Fragment(value.text)
    if isinstance(value, str):
        # Not ``str(value)``, which a subclass may define otherwise.
        return str.__str__(value)
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, list):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError
