"""Parameters that take one of a few values or shapes: thinking, effort, formats, tiers, speed and diagnostics."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.prompt.blocks import Request
from harness.promptcache.refusals.api_error import UNCONFIRMED, ApiError, invalid
from harness.promptcache.refusals.strict_schemas import output_formats

_THINKING_TYPES = ("adaptive", "between_tools", "disabled", "enabled")

_VALUES = (
    ("output_config.effort", ("low", "medium", "high", "xhigh", "max"), "'low', 'medium', 'high', 'xhigh' or 'max'"),
    ("service_tier", ("auto", "standard_only"), "'auto' or 'standard_only'"),
    ("speed", ("standard", "fast"), "'standard' or 'fast'"),
)
"""Parameters with the values that any model accepts. What one model accepts of them is in ``refusals.toml``.

Source: anthropic 2.12.0, types/message_create_params.py and types/output_config_param.py; the texts: github.com
searches for "output_config.effort: Input should be", "service_tier: Input should be" and "speed: Input should be"
(checked 2026-11-26).
"""


def check_values(request: Request) -> Iterator[ApiError]:
    """Yield values that do not exist; ``null`` is left to pass."""
    if request.get("thinking") is not None:
        yield from _thinking_faults(request["thinking"])
    for path, accepted, listed in _VALUES:
        value = _value_at(request, path)
        if value is not None and value not in accepted:
            yield invalid(f"{path}: Input should be {listed}", path=path)
    yield from _format_faults(request)
    yield from _diagnostics_faults(request)


def _value_at(request: Request, path: str) -> Any:
    value: Any = request
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _thinking_faults(thinking: Mapping[str, Any]) -> Iterator[ApiError]:
    kind, budget = thinking.get("type"), thinking.get("budget_tokens")
    if kind is None:
        # Source: github.com search for the text (checked 2026-11-26)
        yield invalid("thinking.type: Field required", path="thinking")
    elif kind not in _THINKING_TYPES:
        # The API goes on with its list of types, which depends on the model.
        # Source: github.com search for "thinking: Input tag" (checked 2026-11-26)
        message = f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags"
        yield invalid(message, path="thinking", is_quoting=True)
    elif kind == "enabled" and budget is None:
        # Source: github.com search for the text (checked 2026-11-26)
        yield invalid("thinking.enabled.budget_tokens: Field required", path="thinking")
    elif kind == "enabled" and (not isinstance(budget, int) or isinstance(budget, bool)):
        message = f"{UNCONFIRMED}thinking.enabled.budget_tokens: Input should be a valid integer"
        yield invalid(message, path="thinking")


def _format_faults(request: Request) -> Iterator[ApiError]:
    for path in ("output_config.format", "output_format"):
        if not isinstance(_value_at(request, path), dict | None):
            yield invalid(f"{UNCONFIRMED}{path}: Input should be an object", path=path)
    for path, format in output_formats(request):
        if format.get("type") is None:
            yield invalid(f"{UNCONFIRMED}{path}.type: Field required", path=path)
        elif format["type"] != "json_schema":
            # Source: github.com search for "output_config.format.type: Input should be" (checked 2026-11-26)
            yield invalid(f"{path}.type: Input should be 'json_schema'", path=path)


def _diagnostics_faults(request: Request) -> Iterator[ApiError]:
    previous = (request.get("diagnostics") or {}).get("previous_message_id")
    if previous is not None and not (isinstance(previous, str) and previous.startswith("msg_")):
        # Source: platform.claude.com/docs/en/build-with-claude/cache-diagnostics (checked 2026-11-23)
        yield invalid(
            "diagnostics.previous_message_id: must be the `id` from a prior /v1/messages response (starts with `msg_`)",
            path="diagnostics",
        )
