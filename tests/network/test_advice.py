"""What a refusal advises: by host, by library on the stack, and never what the test does already."""

import sys
from types import FrameType
from typing import Any

import pytest

from harness.network.advice import LIBRARIES, advise
from harness.network.refused import Target


def frame_of(module: str) -> FrameType:
    """A frame of a module with this name, below the frames of the test."""
    names: dict[str, Any] = {"__name__": module, "sys": sys}
    exec("def own_frame():\n    return sys._getframe()\n", names)
    frame: FrameType = names["own_frame"]()
    return frame


def advice(host: str, module: str = "app", *, has_cassette: bool = False) -> str:
    return advise(Target("look up a host", host), frame_of(module), has_cassette=has_cassette)


@pytest.mark.parametrize(
    ("host", "module", "expected"),
    [
        ("raw.githubusercontent.com", "litellm", "LITELLM_LOCAL_MODEL_COST_MAP=True"),
        ("prices.test", "litellm.litellm_core_utils.get_model_cost_map", "LITELLM_LOCAL_MODEL_COST_MAP=True"),
        ("openaipublic.blob.core.windows.net", "tiktoken.load", "TIKTOKEN_CACHE_DIR"),
        ("huggingface.co", "app", "HF_HUB_OFFLINE=1"),
        ("mirror.test", "huggingface_hub.file_download", "HF_HUB_OFFLINE=1"),
        ("o1.ingest.sentry.io", "app", "SENTRY_DSN"),
        ("collector.test", "opentelemetry.exporter", "OTEL_SDK_DISABLED=true"),
        ("us.i.posthog.com", "app", "posthog.disabled = True"),
        ("api.smith.langchain.com", "app", "LANGSMITH_TRACING=false"),
        ("169.254.169.254", "botocore.utils", "AWS_EC2_METADATA_DISABLED=true"),
    ],
)
def test_a_library_that_calls_by_itself_is_named_with_its_setting(host: str, module: str, expected: str) -> None:
    assert expected in advice(host, module)
    assert "fixture" not in advice(host, module)


@pytest.mark.parametrize("module", ["app", "litellm.llms.custom_httpx", "opentelemetry.instrumentation.anthropic"])
def test_a_call_to_claude_is_one_whatever_library_makes_it(module: str) -> None:
    assert advice("api.anthropic.com", module).startswith("call Claude through a fixture: ")


def test_a_fixture_that_is_in_use_already_is_not_advised() -> None:
    text = advice("api.anthropic.com", has_cassette=True)

    assert "through a fixture" not in text
    assert text == "this client is none that harness_cassette intercepts (docs/other_clients.md): let it use httpx"


def test_a_file_that_the_application_fetches_from_github_is_not_litellms() -> None:
    assert advice("raw.githubusercontent.com") == (
        "let the test fake raw.githubusercontent.com, or add it to harness_ignore_hosts if no test needs its answers"
    )


def test_every_library_can_be_told_by_host_or_module() -> None:
    assert [row.what for row in LIBRARIES if not (row.hosts or row.packages)] == []
