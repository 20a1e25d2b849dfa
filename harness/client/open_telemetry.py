"""Attributes of a call on the application's OpenTelemetry span, under the names of the GenAI conventions.

Source: the page ``gen-ai/anthropic.md`` of github.com/open-telemetry/semantic-conventions-genai (checked 2026-11-25).
"""

import sys
from collections.abc import Callable
from typing import Any

from harness.provider.usage import Usage


def find_span() -> Any:
    """The application's current span, if it is recorded; ``None`` without one, or without OpenTelemetry."""
    trace = sys.modules.get("opentelemetry.trace")
    span = None if trace is None else trace.get_current_span()
    return span if span is not None and span.is_recording() else None


def describe_on_span(
    span: Any,
    load_usage: Callable[[], Usage],
    *,
    request_model: str,
    response_model: str,
    message_id: str,
    stop_reason: str | None,
) -> None:
    """Set the attributes of a billed call on a span; the conventions count all input as ``input_tokens``."""
    usage = load_usage()
    span.set_attributes(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": request_model,
            "gen_ai.response.model": response_model or request_model,
            "gen_ai.response.id": message_id,
            "gen_ai.response.finish_reasons": [stop_reason] if stop_reason else [],
            "gen_ai.usage.input_tokens": usage.total_input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cache_read_input_tokens,
            "gen_ai.usage.cache_write.input_tokens": usage.cache_creation_input_tokens,
        }
    )
