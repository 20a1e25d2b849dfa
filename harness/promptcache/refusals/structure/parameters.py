"""Types and ranges of the top-level parameters."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from harness.prompt.blocks import Request
from harness.prompt.other_apis import OPENAI_KEYS
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid
from harness.promptcache.refusals.structure.values import check_values

_SHAPE = "Input does not match the expected shape."


class _Type(NamedTuple):
    """What one parameter may be, and what the API answers to anything else."""

    name: str
    accepts: Callable[[Any], bool]
    otherwise: str
    place: str = ""
    """How the answer names the parameter, if not by its name."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


_TYPES = (
    _Type("model", _is(str), "Input should be a valid string"),
    _Type("tool_choice", _is(dict), "Input should be an object"),
    _Type("tools", _is(list), "Input should be a valid array"),
    _Type("messages", _is(list), "Input should be a valid array"),
    _Type("system", _is(str, list), "Input should be a valid array"),
    _Type("thinking", _is(dict), "Input should be an object"),
    _Type("output_config", _is(dict), _SHAPE),
    _Type("cache_control", _is(dict), "Input should be an object"),
    _Type("max_tokens", _is_integer, "Input should be a valid integer"),
    _Type("metadata", _is(dict), _SHAPE),
    _Type("stop_sequences", _is(list), "Input should be a valid array"),
    _Type("temperature", _is_number, "Input should be a valid number"),
    _Type("service_tier", _is(str), "Input should be 'auto' or 'standard_only'"),
    _Type("top_k", _is_integer, "Input should be a valid integer"),
    _Type("top_p", _is_number, "Input should be a valid number"),
    _Type("stream", _is(bool), "Input should be a valid boolean"),
    _Type("container", _is(str, dict), _SHAPE, "container.ContainerParams"),
    _Type("inference_geo", _is(str), "Input should be a valid string"),
    _Type("context_management", _is(dict), "Input should be an object", f"{UNCONFIRMED}context_management"),
    _Type("mcp_servers", _is(list), "Input should be a valid array", f"{UNCONFIRMED}mcp_servers"),
    _Type("diagnostics", _is(dict), "Input should be an object", f"{UNCONFIRMED}diagnostics"),
)
"""The texts for wrong types, in the order in which the API reports them.

Source: answers of August 2026, quoted in the specification of an open-source proxy (found by searching GitHub for
"system: Input should be a valid array", checked 2026-11-25). ``null`` is left to pass: for some parameters it means
that they are left out, and which ones is not documented.
"""

_RANGES = (("temperature", 0, 1), ("top_p", 0, 1))
"""Source: the recorded answer ``temperature: range: 0..1``; github.com/anthropics/anthropic-sdk-python/issues/893."""


def check_parameters(request: Request, *, needs_max_tokens: bool) -> Iterator[ApiError]:
    """Yield missing parameters, wrong types and values, and parameters of OpenAI's API."""
    yield from _missing(request, needs_max_tokens=needs_max_tokens)
    for name, accepts, otherwise, place in _TYPES:
        value = request.get(name)
        if value is not None and not accepts(value):
            yield invalid(f"{place or name}: {otherwise}", path=name)
    yield from _wrong_values(request)
    yield from check_values(request)
    for name in request:
        if name in OPENAI_KEYS:
            # Source: github.com/amrit110/oli/issues/7 (checked 2026-11-25)
            yield invalid(f"{name}: Extra inputs are not permitted", path=name)


def _missing(request: Request, *, needs_max_tokens: bool) -> Iterator[ApiError]:
    required = ("model", "max_tokens") if needs_max_tokens else ("model",)
    for name in required:
        if request.get(name) is None:
            yield invalid(f"{name}: Field required", path=name)
    if request["model"] == "":
        yield invalid("model: String should have at least 1 character", path="model")
    if "messages" not in request:
        yield invalid("messages: Field required", path="messages")
    elif request["messages"] is None:
        yield invalid("messages: Input should be a valid array", path="messages")
    elif request["messages"] == []:
        yield invalid("messages: at least one message is required", path="messages")


def _wrong_values(request: Request) -> Iterator[ApiError]:
    maximum = request.get("max_tokens")
    if maximum is not None and maximum < 0:
        yield invalid("max_tokens: must be greater than or equal to 0", path="max_tokens")
    user = (request.get("metadata") or {}).get("user_id")
    if user is not None and not isinstance(user, str):
        yield invalid("metadata.user_id: Input should be a valid string", path="metadata")
    for index, sequence in enumerate(request.get("stop_sequences") or ()):
        if not isinstance(sequence, str):
            yield invalid(f"stop_sequences.{index}: Input should be a valid string", path="stop_sequences")
        elif not sequence.strip():
            # Source: github.com/BerriAI/litellm/issues/3286 (checked 2026-11-25)
            yield invalid("stop_sequences: each stop sequence must contain non-whitespace", path="stop_sequences")
    for name, lowest, highest in _RANGES:
        value = request.get(name)
        if value is not None and not lowest <= value <= highest:
            yield invalid(f"{name}: range: {lowest}..{highest}", path=name)
