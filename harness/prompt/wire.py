"""The parameters of a request as the bytes that the official SDK sends of them."""

import json
from collections.abc import Mapping
from typing import Any

from harness.errors import RequestError

_LEFT_OUT = frozenset({"NotGiven", "Omit"})
"""Classes of the SDK's markers for a parameter that is not given, by name: the SDK itself is not imported."""

_OPTIONS = frozenset({"extra_headers", "extra_query", "timeout", "stream_cls", "output_type"})
"""Arguments of the SDK's methods that are no part of the body."""


def to_body(parameters: Mapping[str, Any]) -> bytes:
    """The body of a request, given the parameters as the SDK's ``messages.create`` takes them.

    As the SDK does, sets become arrays in the order in which they give their members, which
    depends on the hash seed; and models of pydantic become their JSON.

    Raises:
        RequestError: the parameters are no mapping, or hold what JSON cannot carry.
    """
    if not isinstance(parameters, Mapping):
        raise RequestError(f"a request is {type(parameters).__name__}, expected the parameters of messages.create")
    given = {
        key: value
        for key, value in {**parameters, **(parameters.get("extra_body") or {})}.items()
        if key not in _OPTIONS and key != "extra_body" and type(value).__name__ not in _LEFT_OUT
    }
    try:
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"a request cannot be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple) or hasattr(value, "__next__"):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True)
    raise TypeError(f"a {type(value).__name__} is not JSON")
