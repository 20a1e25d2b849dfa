"""Numbers of JSON with the text in which they were sent: ``1.10``, ``-0``, ``1e400`` and ids beyond 64 bits.

The prompt cache compares bytes, so a number must come out of a request as it went in. Ordinary
numbers, which every writer of JSON writes as they were sent, stay plain ``int`` and ``float``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self

from harness.errors import RequestError

MAX_DIGITS = 4_300
"""Most digits of a number; beyond it, Python refuses to read an integer."""

_COMPACT = (",", ":")

_SHORT = 19
"""Integers of fewer characters fit into 64 bits."""


class _Sent:
    """A number with its text; its ``repr``, and so its place in messages, is that text."""

    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)  # type: ignore[call-arg]
        self.text = text
        return self

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.text,)


class SentInt(_Sent, int):
    """An integer that not every writer writes as it was sent: ``-0``, and those beyond 64 bits."""


class SentFloat(_Sent, float):
    """A decimal that not every writer writes as it was sent, such as ``1.10``, ``1E5`` or ``1e400``."""


def make_decoder(object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> json.JSONDecoder:
    """Make a decoder that keeps numbers as they were sent, and refuses ``NaN`` and ``Infinity``."""
    return json.JSONDecoder(
        parse_int=_read_int,
        parse_float=_read_float,
        parse_constant=_refuse_constant,
        object_pairs_hook=object_pairs_hook,
    )


def parse_json(data: bytes | str) -> Any:
    """Parse JSON that is, or becomes, part of a request; numbers keep the text in which they were sent.

    Raises:
        RequestError: a number has too many digits.
        ValueError: the data is not JSON.
    """
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data), "surrogatepass")
    return _DECODER.decode(text)


def read_object(data: bytes) -> dict[str, Any] | None:
    """Parse a JSON object; ``None`` for anything else, such as the last line of a stream that broke off."""
    try:
        value = parse_json(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def write_json(
    value: Any, *, separators: tuple[str, str] = _COMPACT, ensure_ascii: bool = False, sort_keys: bool = False
) -> str:
    """Write JSON as ``json.dumps`` does, and so the official SDK, but with numbers as they were sent.

    Raises:
        TypeError: the value is none that JSON can hold.
        ValueError: a number is infinite or none.
    """
    encoder = json.JSONEncoder(
        separators=separators, ensure_ascii=ensure_ascii, sort_keys=sort_keys, default=_as_dict, allow_nan=False
    )
    return _write(value, encoder) if has_sent_numbers(value) else encoder.encode(value)


def has_sent_numbers(value: Any) -> bool:
    """Whether a value holds a number that has to be written from its text."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, _Sent):
            return True
    return False


def _write(value: Any, encoder: json.JSONEncoder) -> str:
    """Write a value that was parsed from JSON, so that all its keys are texts."""
    if isinstance(value, _Sent):
        return value.text
    if isinstance(value, Mapping):
        items = sorted(value.items()) if encoder.sort_keys else value.items()
        pairs = (f"{encoder.encode(key)}{encoder.key_separator}{_write(item, encoder)}" for key, item in items)
        return f"{{{encoder.item_separator.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{encoder.item_separator.join(_write(item, encoder) for item in value)}]"
    return encoder.encode(value)


def _read_int(text: str) -> int:
    if len(text) < _SHORT and text != "-0":
        return int(text)
    value = int(_checked(text))
    return value if value and -(2**63) <= value < 2**64 else SentInt(text)


def _read_float(text: str) -> float:
    value = float(_checked(text))
    # Writers agree on a number without an exponent, but not on when an exponent is due or how it looks.
    return value if repr(value) == text and "e" not in text else SentFloat(text)


def _checked(text: str) -> str:
    if len(text) > MAX_DIGITS and (digits := sum(map(str.isdigit, text))) > MAX_DIGITS:
        raise RequestError(f"a number has {digits:,} digits, expected at most {MAX_DIGITS:,}")
    return text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _as_dict(value: Any) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_DECODER = make_decoder()
