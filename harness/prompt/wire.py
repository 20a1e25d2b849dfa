"""Request parameters as the bytes that the official SDK sends."""

from collections.abc import Iterator, Mapping, Sequence, Set, ValuesView
from datetime import date
from typing import Any

from harness.errors import RequestError
from harness.numbers import write_json
from harness.provider.parameters import PARAMETERS

_LEFT_OUT = frozenset({"NotGiven", "Omit"})
"""Names of the SDK's marker classes for a parameter that is not given; names, so that the SDK is not imported."""

ARGUMENTS = frozenset(row.name for row in PARAMETERS if row.kind == "argument")
"""Arguments of the SDK's methods that are not part of the body; some become headers."""

_TEXTS = str | bytes | bytearray | memoryview


def to_body(parameters: Mapping[str, Any]) -> bytes:
    """Write the body of a request from the parameters of the SDK's ``messages.create``.

    As in the SDK, sets become arrays in iteration order, which depends on the hash seed; pydantic
    models become their JSON; and values marked as not given are left out at any depth. Numbers
    that were parsed from JSON are written as they were sent.

    Raises:
        RequestError: the parameters are not a mapping, or hold a value that JSON cannot carry.
    """
    if not isinstance(parameters, Mapping):
        raise RequestError(f"a request is {type(parameters).__name__}, expected the parameters of messages.create")
    given = {key: value for key, value in parameters.items() if key not in ARGUMENTS}
    try:
        plain = to_plain({**given, **(parameters.get("extra_body") or {})})
        return write_json(plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"a request cannot be written as JSON: {error}") from None


def is_left_out(value: Any) -> bool:
    """Whether a value is the SDK's mark for a parameter that is not given."""
    return type(value).__name__ in _LEFT_OUT


def to_plain(value: Any) -> Any:
    """Copy a value so that JSON can carry it; other values stay as they are, and the encoder refuses them."""
    if value is None or isinstance(value, _TEXTS | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items() if not is_left_out(item)}
    if isinstance(value, Sequence | Set | ValuesView | Iterator):
        return [to_plain(item) for item in value]
    if hasattr(value, "model_dump") and not isinstance(value, type):
        # Models list the fields that the SDK added to the API's answer under this name.
        left_out = getattr(value, "__api_exclude__", None)
        return value.model_dump(mode="json", exclude_unset=True, by_alias=True, exclude=left_out)
    return value.isoformat() if isinstance(value, date) else value
