"""What tells one request from another: all that changes the answer, without how it is sent."""

import json
from collections.abc import Iterator, Mapping, Set, ValuesView
from typing import Any

import orjson

from harness.prompt.wire import ARGUMENTS, is_left_out
from harness.prompt.wire import to_plain as plain

_MATTERS = ("betas", "extra_query", "user_profile_id", "workspace_id")
"""Arguments of the SDK that are not part of the body, but may change the answer."""
_BETAS = "anthropic-beta"
"""The only header that does; no other one, such as one with a key, is looked at."""
_NOT = ("diagnostics", "stream")
"""Parameters that do not change the answer."""


def canonical_bytes(prefix: str, version: str, request: Mapping[str, Any]) -> bytes:
    """Write a request, given as arguments of the SDK, as JSON in which the order of keys does not matter.

    Raises:
        TypeError: it holds a value that JSON cannot.
        ValueError: the same, of a number or a text.
    """
    body = {key: value for key, value in request.items() if key not in ARGUMENTS and key not in _NOT}
    body.update(request.get("extra_body") or {})
    canonical = [prefix, version, body]
    headers = request.get("extra_headers") or {}
    others = {key: request[key] for key in _MATTERS if request.get(key)}
    if betas := [value for name, value in headers.items() if name.lower() == _BETAS]:
        others[_BETAS] = betas
    if others:
        canonical.append(others)
    try:
        return orjson.dumps(canonical, default=to_plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # An integer beyond 64 bits.
        return json.dumps(canonical, default=to_plain, sort_keys=True).encode()


def to_plain(value: Any) -> Any:
    """Convert an SDK object in a request, such as the content of an earlier answer, to the JSON that is sent."""
    if isinstance(value, Set):
        return sorted(value)
    if isinstance(value, Mapping | Iterator | ValuesView) or hasattr(value, "model_dump"):
        return plain(value)
    if is_left_out(value):
        return None
    raise TypeError
