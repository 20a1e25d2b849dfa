"""Attributes on the application's own OpenTelemetry span."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from harness.client.claude import ClaudeClient
from harness.settings import Settings

SYSTEM = "You compare resumes with jobs, carefully and briefly. " * 100


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Tracer:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("application")


def attributes(exporter: InMemorySpanExporter) -> list[dict[str, Any]]:
    spans: tuple[ReadableSpan, ...] = exporter.get_finished_spans()
    return [dict(span.attributes or {}) for span in spans]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_call_is_described_on_the_current_span(
    is_streamed: bool, anthropic: Anthropic, tracer: Tracer, exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    client = ClaudeClient(anthropic, settings=Settings(local_cache_dir=tmp_path))
    for question in ("Hello", "And now?"):
        with tracer.start_as_current_span("mine"):
            if is_streamed:
                message = client.stream_message(SYSTEM, question).get_final_message()
            else:
                message = client.create_message(SYSTEM, question)

    first, second = attributes(exporter)
    written = client.metrics.usage.cache_creation_input_tokens
    assert second == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-5-5",
        "gen_ai.response.model": "claude-sonnet-5-5",
        "gen_ai.response.id": message.id,
        "gen_ai.response.finish_reasons": ("end_turn",),
        "gen_ai.usage.input_tokens": message.usage.input_tokens + written,
        "gen_ai.usage.output_tokens": message.usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": written,
        "gen_ai.usage.cache_write.input_tokens": 0,
    }
    assert first["gen_ai.usage.cache_write.input_tokens"] == written
    assert first["gen_ai.usage.input_tokens"] > written


def test_a_local_hit_is_no_call_of_the_api(
    anthropic: Anthropic, tracer: Tracer, exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    client = ClaudeClient(anthropic, settings=Settings(local_cache_dir=tmp_path))
    client.create_message(SYSTEM, "Hello")
    with tracer.start_as_current_span("mine"):
        client.create_message(SYSTEM, "Hello")

    assert attributes(exporter) == [{}]


def test_it_imports_nothing() -> None:
    script = (
        "import sys; from harness.client.open_telemetry import find_span; "
        "print(find_span(), any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "None False\n"
