"""Command-line options and ini keys, and what of them cannot go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from harness.pytest_plugin.state import RunState

if TYPE_CHECKING:
    from harness.cassettes.session import Mode
    from harness.prompt.call import Origin

_MODES = ("replay", "emulate", "record", "live")
_UPSTREAMS = ("anthropic", "emulator")


def add_options(parser: pytest.Parser) -> None:
    """Add options and ini keys; all start with ``harness``."""
    group = parser.getgroup("harness", "prompt cache harness")
    group.addoption(
        "--harness-mode",
        choices=_MODES,
        default="replay",
        help="where answers come from: cassettes only (default), the emulator, "
        "the upstream while the cassettes are rewritten, or the real API",
    )
    group.addoption(
        "--harness-upstream",
        choices=_UPSTREAMS,
        default="anthropic",
        help="who answers in record mode (default: anthropic, which needs a key)",
    )
    parser.addini("harness_cassettes", "folder of the cassettes, from the root of the project", default="cassettes")
    parser.addini("harness_reports", "folder to write report.json and report.md to; empty: none", default="")


def make_state(config: pytest.Config) -> RunState:
    """The state of a run by its options.

    Raises:
        pytest.UsageError: options cannot go together, or lack something.
    """
    mode = cast("Mode", config.getoption("--harness-mode"))
    upstream = cast("Origin", config.getoption("--harness-upstream"))
    needs_key = mode == "live" or (mode == "record" and upstream == "anthropic")
    if needs_key and not _has_api_key():
        raise pytest.UsageError(
            f"--harness-mode={mode} asks the real API, and neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set\n"
            "  try: set one of them"
            + (", or add --harness-upstream=emulator to record without the API" if mode == "record" else "")
        )
    if mode == "record" and _is_distributed(config):
        raise pytest.UsageError(
            "--harness-mode=record cannot run in several processes: two of them could write one cassette\n"
            "  try: leave out -n"
        )
    return RunState(
        config,
        mode=mode,
        upstream=upstream,
        cassettes=config.rootpath / config.getini("harness_cassettes"),
        reports=config.rootpath / folder if (folder := config.getini("harness_reports")) else None,
    )


def _has_api_key() -> bool:
    # Not needed by a run without the API, and importing it takes 2 ms.
    from harness.settings import has_api_key

    return has_api_key()


def _is_distributed(config: pytest.Config) -> bool:
    return config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
