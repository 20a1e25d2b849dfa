"""The entry of a local cache: a response, and what proves that it is whole and belongs to the request.

It holds no part of the request but the model: no header, no key and no prompt.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from harness.files import load_json

_CHECKSUM = "sha256"


class StoredAnswer(NamedTuple):
    """A response as it is stored."""

    response: dict[str, Any]
    usages: Sequence[Any]
    """The usages that the API sent with it, in order: one, or several of a stream."""
    pieces: Sequence[int] = ()
    """Lengths of the pieces in which its text arrived, in characters; empty if it came whole."""


def write_entry(key: str, model: Any, answer: StoredAnswer) -> bytes:
    """Write an entry as JSON.

    Raises:
        TypeError: the response holds what JSON cannot.
        ValueError: the same.
        RecursionError: it is nested too deeply.
    """
    stored = {
        "key": key,
        "model": model,
        "response": answer.response,
        "usages": answer.usages,
        "pieces": list(answer.pieces),
    }
    return json.dumps({**stored, _CHECKSUM: _checksum(stored)}, indent=2, default=_to_text).encode()


def read_entry(data: bytes, key: str) -> StoredAnswer:
    """Read the entry of a key.

    Raises:
        ValueError: it is damaged, or that of another key; the message says which.
    """
    # Unlike orjson, it keeps integers beyond 64 bits.
    stored = load_json(data.decode())
    response = stored.get("response") if isinstance(stored, dict) else None
    if not isinstance(stored, dict) or not isinstance(response, dict):
        raise ValueError("it holds no response")
    checksum = stored.pop(_CHECKSUM, None)
    if checksum != _checksum(stored):
        raise ValueError("its checksum does not match")
    if stored.get("key") != key:
        raise ValueError("it belongs to another request, prefix or prompt version")
    return StoredAnswer(response, stored["usages"] or [response.get("usage")], stored["pieces"])


def _checksum(stored: Mapping[str, Any]) -> str:
    return sha256(json.dumps(stored, default=_to_text).encode()).hexdigest()


def _to_text(value: Any) -> str:
    """Write a time, such as that at which a container expires, as the API does."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError
