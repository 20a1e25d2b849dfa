"""Requests of the client, as arguments of the SDK: from a system prompt, a user prompt or conversation, and options."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.client.breakpoints import place_breakpoints, prepare_system_prompt
from harness.client.strategies import Target
from harness.errors import UsageError
from harness.prompt.wire import is_left_out

type SystemPrompt = str | Iterable[Mapping[str, Any]]
"""The static part: a text, or blocks of it."""
type UserPrompt = str | Iterable[Mapping[str, Any]]
"""The dynamic part: the text of a user, or the messages of a conversation."""

DEFAULT_MAX_TOKENS = 4096
PLACEHOLDER = "."
"""The user prompt of a request that only warms the prompt cache; the API refuses one without messages."""

_LISTS = ("tools", "system", "messages")

_COUNTED = frozenset(
    {
        "cache_control", "extra_body", "extra_headers", "extra_query", "messages", "model", "output_config",
        "output_format", "speed", "system", "thinking", "timeout", "tool_choice", "tools", "user_profile_id",
        "workspace_id",
    }
)  # fmt: skip
"""The parameters of ``messages.create`` that ``messages.count_tokens`` takes too. Source: anthropic SDK 2.12."""


def build_request(
    system_prompt: SystemPrompt, user_prompt: UserPrompt, options: Mapping[str, Any], *, model: str
) -> dict[str, Any]:
    """Build the arguments of ``messages.create``, without breakpoints; ``options`` override whatever they name."""
    request: dict[str, Any] = {"model": model, "max_tokens": DEFAULT_MAX_TOKENS}
    blocks = (
        prepare_system_prompt(system_prompt, is_cached=False) if isinstance(system_prompt, str) else list(system_prompt)
    )
    if blocks:
        request["system"] = blocks
    request["messages"] = (
        [{"role": "user", "content": user_prompt}] if isinstance(user_prompt, str) else list(user_prompt)
    )
    request.update((key, value) for key, value in options.items() if not is_left_out(value))
    for key in _LISTS:
        # What can be read only once would be empty where it is sent.
        value = request.get(key)
        if not isinstance(value, str | list | None) and isinstance(value, Iterable):
            request[key] = list(value)
    return request


def mark_request(request: dict[str, Any], targets: Sequence[Target]) -> dict[str, Any]:
    """Add breakpoints to a request; the request itself stays as it is."""
    return place_breakpoints(request, targets) if targets else request


def warming_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a call, without what the API refuses together with ``max_tokens: 0``.

    Thinking and a forced tool are left out: tools and system prompt are cached apart from them.

    Raises:
        UsageError: the options have an output format, which is part of the system prompt.
    """
    config = options.get("output_config")
    if options.get("output_format") or (isinstance(config, Mapping) and config.get("format")):
        raise UsageError(
            "a request with an output format cannot be warmed: the API refuses the format with max_tokens 0, "
            "and without it the system prompt is another one",
            hint="make the first call instead of prewarm()",
        )
    kept = {key: value for key, value in options.items() if key != "stream"}
    if _type_of(kept.get("thinking")) == "enabled":
        del kept["thinking"]
    if _type_of(kept.get("tool_choice")) in ("any", "tool"):
        del kept["tool_choice"]
    return {**kept, "max_tokens": 0}


def countable(request: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``messages.count_tokens`` for a request."""
    return {key: value for key, value in request.items() if key in _COUNTED}


def _type_of(value: Any) -> Any:
    return value.get("type") if isinstance(value, Mapping) else None
