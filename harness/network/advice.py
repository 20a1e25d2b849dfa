"""What to do about a refused call: by its host, and by the library that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.network.hosts import is_claudes_host, is_listed

if TYPE_CHECKING:
    from types import FrameType

    from harness.network.refused import Target


class Library(NamedTuple):
    """A library that calls other machines by itself, and the setting that stops it."""

    what: str
    setting: str
    hosts: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


LIBRARIES = (
    Library(
        "LiteLLM fetches its price list when it is imported",
        "set LITELLM_LOCAL_MODEL_COST_MAP=True",
        hosts=("raw.githubusercontent.com",),
        packages=("litellm.litellm_core_utils.get_model_cost_map",),
    ),
    Library(
        "tiktoken fetches its vocabulary",
        "set TIKTOKEN_CACHE_DIR to a folder that holds it",
        hosts=("openaipublic.blob.core.windows.net",),
        packages=("tiktoken",),
    ),
    Library(
        "huggingface_hub fetches a file",
        "set HF_HUB_OFFLINE=1, and download it before the tests",
        hosts=("huggingface.co", "*.huggingface.co", "*.hf.co"),
        packages=("huggingface_hub",),
    ),
    Library(
        "LangSmith sends traces",
        "set LANGSMITH_TRACING=false and LANGCHAIN_TRACING_V2=false",
        hosts=("*.smith.langchain.com",),
        packages=("langsmith",),
    ),
    Library(
        "Langfuse sends traces",
        "set LANGFUSE_TRACING_ENABLED=false",
        hosts=("*.langfuse.com",),
        packages=("langfuse",),
    ),
    Library(
        "Logfire sends traces",
        "set LOGFIRE_SEND_TO_LOGFIRE=false",
        hosts=("*.pydantic.dev",),
        packages=("logfire",),
    ),
    Library("Sentry sends events", "unset SENTRY_DSN for the tests", hosts=("*.sentry.io",), packages=("sentry_sdk",)),
    Library(
        "PostHog sends events",
        "set posthog.disabled = True in conftest.py",
        hosts=("*.posthog.com",),
        packages=("posthog",),
    ),
    Library("OpenTelemetry sends telemetry", "set OTEL_SDK_DISABLED=true", packages=("opentelemetry",)),
    Library("ddtrace sends traces", "set DD_TRACE_ENABLED=false", hosts=("*.datadoghq.com",), packages=("ddtrace",)),
    Library("wandb sends a run", "set WANDB_MODE=disabled", hosts=("*.wandb.ai",), packages=("wandb",)),
    Library(
        "botocore asks the machine's metadata for credentials",
        "set AWS_EC2_METADATA_DISABLED=true",
        hosts=("169.254.169.254",),
    ),
    Library(
        "google-auth asks the machine's metadata for credentials",
        "set NO_GCE_CHECK=true",
        hosts=("metadata.google.internal",),
    ),
)
"""Libraries, the one whose host or module is named first being the one that is meant."""


def advise(target: Target, frame: FrameType | None, *, has_cassette: bool) -> str:
    """What to do about a refused call; no command is named, because recording refuses it too.

    ``has_cassette`` says that the test uses ``harness_cassette`` already.
    """
    host = target.host
    if target.proxy is not None:
        return f"unset {target.proxy} for the tests: a proxy would carry calls to other machines"
    if is_claudes_host(host):
        if has_cassette:
            return "this client is none that harness_cassette intercepts (docs/other_clients.md): let it use httpx"
        return "call Claude through a fixture: anthropic_client or claude, or harness_cassette for another HTTP client"
    library = _find_library(host, frame)
    if library is not None:
        return f"{library.what}: {library.setting}"
    return f"let the test fake {host}, or add it to harness_ignore_hosts if no test needs its answers"


def _find_library(host: str, frame: FrameType | None) -> Library | None:
    modules = set(_modules(frame))
    by_package = (row for row in LIBRARIES if any(_is_below(module, row.packages) for module in modules))
    by_host = (row for row in LIBRARIES if is_listed(host, row.hosts) and _is_known(row, modules))
    return next(by_host, None) or next(by_package, None)


def _is_known(row: Library, modules: set[str]) -> bool:
    """Whether the host alone tells the library; files on GitHub are fetched by others too."""
    if row.hosts != ("raw.githubusercontent.com",):
        return True
    return any(module.split(".")[0] == "litellm" for module in modules)


def _is_below(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _modules(frame: FrameType | None) -> list[str]:
    """Names of the modules on the stack, from the call outwards."""
    found = []
    while frame is not None:
        found.append(str(frame.f_globals.get("__name__", "")))
        frame = frame.f_back
    return found
