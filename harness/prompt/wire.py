"""The parameters of a request as the bytes that the official SDK sends of them."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set, ValuesView
from datetime import date
from typing import Any

from harness.errors import RequestError
from harness.provider.parameters import PARAMETERS

_LEFT_OUT = frozenset({"NotGiven", "Omit"})
"""Classes of the SDK's markers for a parameter that is not given, by name: the SDK itself is not imported."""

_ARGUMENTS = frozenset(row.name for row in PARAMETERS if row.kind == "argument")
"""Arguments of the SDK's methods that are no part of the body; some become headers."""

_TEXTS = str | bytes | bytearray | memoryview


def to_body(parameters: Mapping[str, Any]) -> bytes:
    """The body of a request, given the parameters as the SDK's ``messages.create`` takes them.

    As the SDK does, sets become arrays in the order in which they give their members, which
    depends on the hash seed; models of pydantic become their JSON, and what is marked as not
    given is left out, however deep it stands.

    Raises:
        RequestError: the parameters are no mapping, or hold what JSON cannot carry.
    """
    if not isinstance(parameters, Mapping):
        raise RequestError(f"a request is {type(parameters).__name__}, expected the parameters of messages.create")
    given = {key: value for key, value in parameters.items() if key not in _ARGUMENTS}
    try:
        plain = _plain({**given, **(parameters.get("extra_body") or {})})
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"a request cannot be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    """A copy that JSON can carry; what it cannot carry stays, for the encoder to refuse."""
    if value is None or isinstance(value, _TEXTS | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if type(item).__name__ not in _LEFT_OUT}
    if isinstance(value, Sequence | Set | ValuesView | Iterator):
        return [_plain(item) for item in value]
    if hasattr(value, "model_dump") and not isinstance(value, type):
        # Fields that the SDK adds to what the API answered carry a list of their names.
        left_out = getattr(value, "__api_exclude__", None)
        return value.model_dump(mode="json", exclude_unset=True, by_alias=True, exclude=left_out)
    return value.isoformat() if isinstance(value, date) else value
