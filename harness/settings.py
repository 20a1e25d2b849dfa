"""The environment, read once into a frozen record. No other module reads ``os.environ``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from os import environ
from pathlib import Path
from typing import NamedTuple

from harness.errors import SettingsError

DEFAULT_MODEL = "claude-sonnet-5-5"
"""Today's Sonnet. Source: platform.claude.com models overview (checked 2026-11-23)."""

OFFLINE_KEY = "offline"
"""Stands in for a key where no real API answers."""

_OWN_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS", "CLAUDE_CODE_OAUTH_TOKEN")
_KEY_ENDINGS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "_PASSWD", "_CREDENTIALS", "_BEDROCK", "_DSN")
_SHORTEST_KEY = 8
"""Shorter values are placeholders, and would be found in the middle of words."""

_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")
_ADDRESSES = ("_BASE_URL", "_API_URL", "_API_BASE")
"""How the variables end in which the official SDK, LangChain and LiteLLM look for an address."""


_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of the prompt cache, the local cache and the model."""

    use_prompt_cache: bool = True
    """``USE_ANTHROPIC_CACHE``: mark system prompts for the provider's prompt cache."""

    use_local_cache: bool = True
    """``USE_LOCAL_CACHE``: keep whole responses on disk."""

    local_cache_dir: Path = Path("cache/prompts")
    """``PROMPT_CACHE_DIR``: folder of the local cache."""

    local_cache_max_size: int | None = None
    """``PROMPT_CACHE_MAX_SIZE``: bytes that the local cache may have, such as ``500MB``; ``None`` for no limit."""

    local_cache_max_age: timedelta | None = None
    """``PROMPT_CACHE_MAX_AGE``: how old its responses may be, such as ``30d``; ``None`` for no limit."""

    cache_prefix: str = ""
    """``CACHE_PREFIX``: part of every local-cache key, to keep environments apart."""

    model: str = DEFAULT_MODEL
    """``CLAUDE_MODEL``: the model of a call that names none."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> "Settings":
        """Settings from ``variables``, by default ``os.environ``.

        Raises:
            SettingsError: a value is not allowed; the message names variable and value.
        """
        env = environ if variables is None else variables
        return cls(
            use_prompt_cache=_read_flag(env, "USE_ANTHROPIC_CACHE", default=True),
            use_local_cache=_read_flag(env, "USE_LOCAL_CACHE", default=True),
            local_cache_dir=Path(_read_text(env, "PROMPT_CACHE_DIR", default="cache/prompts")),
            local_cache_max_size=_read_limit(
                env, "PROMPT_CACHE_MAX_SIZE", parse_size, units="B, kB, MB or GB", example="500MB"
            ),
            local_cache_max_age=_read_limit(
                env, "PROMPT_CACHE_MAX_AGE", parse_age, units="m, h, d or w", example="30d"
            ),
            cache_prefix=env.get("CACHE_PREFIX", ""),
            model=_read_model(env),
        )


def parse_age(text: str) -> timedelta | None:
    """Parse an age such as ``90m``, ``12h``, ``30d`` or ``8w``; ``None`` if it is none."""
    found = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None


def parse_size(text: str) -> int | None:
    """Parse a size such as ``800kB``, ``500MB`` or ``2GB`` into bytes; ``None`` if it is none."""
    found = re.fullmatch(r"([0-9]+)(B|kB|MB|GB)", text)
    return int(found[1]) * _BYTES[found[2]] if found else None


def has_api_key(variables: Mapping[str, str] | None = None) -> bool:
    """Whether the environment holds a key or token for the real API."""
    env = environ if variables is None else variables
    return bool(env.get("ANTHROPIC_API_KEY") or env.get("ANTHROPIC_AUTH_TOKEN"))


def read_base_url(variables: Mapping[str, str] | None = None) -> str | None:
    """``ANTHROPIC_BASE_URL``: address of the real API or of a gateway to it; ``None`` if it is not set.

    Raises:
        SettingsError: the value is not an address; the message names it.
    """
    env = environ if variables is None else variables
    value = env.get("ANTHROPIC_BASE_URL", "").strip()
    if value and not _is_address(value):
        raise SettingsError(
            f"ANTHROPIC_BASE_URL is {value!r}, expected an address that begins with https:// or http://",
            hint="set ANTHROPIC_BASE_URL=https://api.anthropic.com, or unset it",
        )
    return value or None


def read_api_addresses(variables: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Addresses at which the clients of the API are told to find it, such as ``ANTHROPIC_BEDROCK_BASE_URL``."""
    env = environ if variables is None else variables
    return tuple(
        value.strip()
        for name, value in env.items()
        if name.startswith("ANTHROPIC_") and name.endswith(_ADDRESSES) and _is_address(value.strip())
    )


def read_keys(variables: Mapping[str, str] | None = None) -> frozenset[str]:
    """The values of this process's environment that must never be written: keys, tokens and passwords.

    Those of Anthropic are taken whatever they look like; others only if they look random, since
    a variable such as ``PRIMARY_KEY=customer_id`` holds a word that prompts use too.
    """
    env = environ if variables is None else variables
    found = {value for name, value in env.items() if is_key(name, value)}
    for line in env.get("ANTHROPIC_CUSTOM_HEADERS", "").splitlines():
        found.add(line.partition(":")[2].strip().rpartition(" ")[2])
    for name in ("ANTHROPIC_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for address in (env.get(name, ""), env.get(name.lower(), "")):
            found.add(address.rpartition("@")[0].rpartition("/")[2].partition(":")[2])
    return frozenset(value for value in found if len(value) >= _SHORTEST_KEY and not any(map(str.isspace, value)))


def is_key(name: str, value: str) -> bool:
    """Whether a variable holds a key, token or password; what the harness puts in place of one does not count."""
    if value == OFFLINE_KEY:
        return False
    if name.upper() in _OWN_KEYS or (name.upper().startswith("ANTHROPIC_") and name.upper().endswith(_KEY_ENDINGS)):
        return True
    is_random = len(value) >= 16 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return is_random and "/" not in value[:1] and name.upper().endswith(_KEY_ENDINGS)


def read_proxies(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that name a proxy, such as ``https_proxy``, with their values."""
    env = environ if variables is None else variables
    return {
        name: value
        for name, value in env.items()
        if value and name.lower().endswith("_proxy") and name.lower() != "no_proxy"
    }


def copy_environment() -> dict[str, str]:
    """Copy the variables of this process, to pass them to a child process."""
    return dict(environ)


def emulator_environment(url: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Variables that point the clients of the API, on all its surfaces, at an emulator; and those to hide from them."""
    given = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": OFFLINE_KEY,
        "ANTHROPIC_BEDROCK_BASE_URL": url,
        "ANTHROPIC_VERTEX_BASE_URL": f"{url}/v1",
        "ANTHROPIC_FOUNDRY_BASE_URL": f"{url}/anthropic",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
    }
    return given, ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS", "ANTHROPIC_PROFILE", "CLAUDE_CODE_OAUTH_TOKEN")


class GithubSettings(NamedTuple):
    """Settings that GitHub Actions passes to a step of a job."""

    has_annotations: bool = False
    """``GITHUB_ACTIONS``: GitHub reads the log for commands that annotate files."""
    summary_file: Path | None = None
    """``GITHUB_STEP_SUMMARY``: Markdown appended to this file is shown on the page of the run."""
    workspace: Path | None = None
    """``GITHUB_WORKSPACE``: the checkout, which the paths of annotations count from."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> "GithubSettings":
        """Settings from ``variables``, by default ``os.environ``."""
        env = environ if variables is None else variables
        summary, workspace = env.get("GITHUB_STEP_SUMMARY"), env.get("GITHUB_WORKSPACE")
        return cls(
            has_annotations=env.get("GITHUB_ACTIONS") == "true",
            summary_file=Path(summary) if summary else None,
            workspace=Path(workspace) if workspace else None,
        )


def _is_address(value: str) -> bool:
    # Imported late: the plugin reads settings at every start of pytest, and few runs set an address.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _read_flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise SettingsError(f"{name} is {env[name]!r}, expected true or false", hint=f"set {name}=true")


def _read_text(env: Mapping[str, str], name: str, *, default: str) -> str:
    value = env.get(name)
    if value is None:
        return default
    if not value.strip():
        raise SettingsError(f"{name} is {value!r}, expected a folder", hint=f"set {name}={default}, or unset it")
    return value


def _read_limit[Limit](
    env: Mapping[str, str], name: str, parse: Callable[[str], Limit | None], *, units: str, example: str
) -> Limit | None:
    value = env.get(name, "").strip()
    limit = parse(value)
    if value and limit is None:
        raise SettingsError(
            f"{name} is {value!r}, expected a number with {units}", hint=f"set {name}={example}, or unset it"
        )
    return limit


def _read_model(env: Mapping[str, str]) -> str:
    value = env.get("CLAUDE_MODEL")
    if value is None:
        return DEFAULT_MODEL
    if not value or any(c.isspace() for c in value):
        raise SettingsError(
            f"CLAUDE_MODEL is {value!r}, expected a model id without spaces",
            hint=f"set CLAUDE_MODEL={DEFAULT_MODEL}, or unset it",
        )
    return value
