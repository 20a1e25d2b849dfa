"""Command-line options and ini keys, and what of them cannot go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from harness.errors import SettingsError, UsageError
from harness.pytest_plugin.cassette_warnings import Limits
from harness.pytest_plugin.lock_gate import GateOptions, LockGate, WorkerReports
from harness.pytest_plugin.run import RUN, ApiOptions, Run

if TYPE_CHECKING:
    from decimal import Decimal

    from harness.cassettes.scrub import ScrubRule
    from harness.provider.endpoints import Origin
    from harness.sessions.session import Mode
    from harness.settings import GithubSettings

_MODES = ("replay", "emulate", "record", "live")
_UPSTREAMS = ("anthropic", "emulator")
_GUARDS = ("used", "all", "off")


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
    group.addoption(
        "--harness-budget",
        metavar="DOLLARS",
        help="what all calls of the real API may cost together; a call that could pass it is not sent",
    )
    group.addoption(
        "--harness-unique-prefix",
        action="store_true",
        help="in live mode, put a text that is new in each run in front of every prompt, so that nothing is read "
        "that an earlier run wrote (tools come before it: what is cached of them alone can be warm)",
    )
    group.addoption(
        "--harness-max-age",
        metavar="DAYS",
        help="warn of replayed cassettes that were recorded longer ago than this",
    )
    group.addoption(
        "--harness-max-age-fails",
        action="store_true",
        help="tests whose cassettes are older than --harness-max-age fail",
    )
    group.addoption(
        "--harness-fail-unplayed",
        action="store_true",
        help="tests whose cassettes hold requests that they do not send fail",
    )
    group.addoption(
        "--harness-verify",
        action="store_true",
        help="in live or emulate mode, report where answers differ from the cassettes in usage or form",
    )
    group.addoption(
        "--harness-realtime",
        action="store_true",
        help="replay streams with the gaps they were recorded with (default: without any)",
    )
    group.addoption(
        "--harness-list-cassettes",
        metavar="FILE",
        help="write the names of all cassettes that the collected tests use to FILE, and run no test",
    )
    group.addoption(
        "--harness-update-lock",
        action="store_true",
        help="accept what the selected tests send: write the lock file",
    )
    group.addoption(
        "--harness-allow-unused",
        action="store_true",
        help="entries of the lock file that no test sends any more are no failure",
    )
    group.addoption(
        "--harness-determinism",
        action="store_true",
        help="build the requests of all suites again under another clock, hash seed, time zone, locale, …",
    )
    group.addoption(
        "--harness-private",
        action="store_true",
        help="print no text of prompts or fixtures anywhere, for logs that everybody can read",
    )
    parser.addini("harness_lock", "the lock file, from the root of the project", default="prompts.lock")
    parser.addini("harness_max_age", "what --harness-max-age is if it is not given; empty: any age", default="")
    parser.addini(
        "harness_guard",
        "which tests can reach only loopback addresses, in replay and emulate mode: "
        "those that use the harness (used), all, or none (off)",
        default="used",
    )
    parser.addini(
        "harness_scrub", "what never to store of bodies, one a line: regex => replacement", type="linelist", default=[]
    )
    parser.addini("harness_cassettes", "folder of the cassettes, from the root of the project", default="cassettes")
    parser.addini("harness_reports", "folder to write report.json and report.md to; empty: none", default="")


def make_run(config: pytest.Config) -> Run:
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
    return Run(
        config,
        mode=mode,
        upstream=upstream,
        cassettes=config.rootpath / config.getini("harness_cassettes"),
        reports=config.rootpath / folder if (folder := config.getini("harness_reports")) else None,
        guard=_read_guard(config),
        limits=_read_limits(config),
        scrub=_read_scrub(config),
        gate=_make_gate(config),
        is_private=_check_private(config),
        github=_read_github(),
        api=_read_api(config, mode=mode, is_real=needs_key),
    )


def _make_gate(config: pytest.Config) -> LockGate:
    options = GateOptions(
        path=config.rootpath / config.getini("harness_lock"),
        is_updating=bool(config.getoption("--harness-update-lock")),
        is_unused_allowed=bool(config.getoption("--harness-allow-unused")),
    )
    return LockGate(config, options)


def register_lister(config: pytest.Config) -> None:
    """Let a run list cassettes instead of running tests, if the options want it.

    Raises:
        pytest.UsageError: the tests would be collected in other processes.
    """
    path = config.getoption("--harness-list-cassettes")
    if path is None:
        return
    if _is_distributed(config):
        raise pytest.UsageError(
            "--harness-list-cassettes cannot run in several processes: none of them sees the whole list\n"
            "  try: leave out -n"
        )
    from harness.pytest_plugin.list_cassettes import CassetteLister

    config.pluginmanager.register(CassetteLister(config.invocation_params.dir / path), "harness-lister")


def register_workers(config: pytest.Config) -> None:
    """Hear what the workers of xdist collect, if there can be any."""
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(WorkerReports(config.stash[RUN].gate.collected), "harness-workers")


def _read_guard(config: pytest.Config) -> str:
    guard = str(config.getini("harness_guard"))
    if guard not in _GUARDS:
        raise pytest.UsageError(f"harness_guard is {guard!r}, expected used, all or off")
    return guard


def _read_limits(config: pytest.Config) -> Limits:
    given = config.getoption("--harness-max-age")
    name, value = (
        ("harness_max_age", config.getini("harness_max_age")) if given is None else ("--harness-max-age", given)
    )
    if (value or given is not None) and not (value.isascii() and value.isdecimal()):
        raise pytest.UsageError(f"{name} is {value!r}, expected a whole number of days")
    is_age_fatal = config.getoption("--harness-max-age-fails")
    if is_age_fatal and not value:
        raise pytest.UsageError(
            "--harness-max-age-fails needs to know which age is too much\n"
            "  try: add --harness-max-age=DAYS, or set harness_max_age in the configuration file"
        )
    is_verified = config.getoption("--harness-verify")
    if is_verified and config.getoption("--harness-mode") not in ("live", "emulate"):
        raise pytest.UsageError(
            "--harness-verify compares new answers with the cassettes, and this mode asks for none\n"
            "  try: add --harness-mode=live (needs a key), or --harness-mode=emulate"
        )
    return Limits(
        is_verified=is_verified,
        max_age_days=int(value) if value else None,
        is_age_fatal=is_age_fatal,
        is_unplayed_fatal=config.getoption("--harness-fail-unplayed"),
    )


def _read_scrub(config: pytest.Config) -> tuple[ScrubRule, ...]:
    lines = config.getini("harness_scrub")
    if not lines:
        return ()
    from harness.cassettes.scrub import read_rules

    try:
        return read_rules(lines)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _read_api(config: pytest.Config, *, mode: Mode, is_real: bool) -> ApiOptions:
    budget = _read_budget(config, is_real=is_real)
    has_prefix = bool(config.getoption("--harness-unique-prefix"))
    if has_prefix and mode != "live":
        raise pytest.UsageError(
            "--harness-unique-prefix keeps live calls from what earlier runs wrote, and this mode makes none\n"
            "  try: add --harness-mode=live (needs a key), or leave it out"
        )
    if has_prefix and config.getoption("--harness-verify"):
        raise pytest.UsageError(
            "--harness-verify compares token counts with the cassettes, and --harness-unique-prefix changes them\n"
            "  try: leave out one of them"
        )
    if not is_real:
        return ApiOptions()
    prefix = f"Run {_run_id(config)}.\n" if has_prefix else ""
    return ApiOptions(base_url=_read_base_url(), budget=budget, unique_prefix=prefix)


def _read_budget(config: pytest.Config, *, is_real: bool) -> Decimal | None:
    value = config.getoption("--harness-budget")
    if value is None:
        return None
    if not is_real:
        raise pytest.UsageError(
            "--harness-budget limits what calls of the real API cost, and this mode makes none\n"
            "  try: add --harness-mode=live (needs a key), or leave it out"
        )
    if _is_distributed(config):
        raise pytest.UsageError(
            "--harness-budget cannot run in several processes: each would count only its own calls\n  try: leave out -n"
        )
    from decimal import Decimal, InvalidOperation

    try:
        budget = Decimal(value)
    except InvalidOperation:
        budget = Decimal(0)
    if not budget.is_finite() or budget <= 0:
        raise pytest.UsageError(f"--harness-budget is {value!r}, expected dollars above 0, such as 0.50")
    return budget


def _run_id(config: pytest.Config) -> str:
    """New for each run; the processes of xdist share it."""
    from uuid import uuid4

    return str(getattr(config, "workerinput", {}).get("testrunuid") or uuid4().hex)


def _read_base_url() -> str | None:
    from harness.settings import read_base_url

    try:
        return read_base_url()
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


def _check_private(config: pytest.Config) -> bool:
    """Whether the run is private.

    Raises:
        pytest.UsageError: something would be shown before anybody can look at it.
    """
    if not config.getoption("--harness-private"):
        return False
    has_live_logs = config.getoption("log_cli_level", None) is not None or (
        config.pluginmanager.hasplugin("logging") and config.getini("log_cli")
    )
    if has_live_logs or config.getoption("capture", "fd") in ("no", "tee-sys"):
        raise pytest.UsageError(
            "--harness-private cannot withhold what is shown while tests run: what they print, and live logs\n"
            "  try: leave out -s, --capture=tee-sys, log_cli and --log-cli-level"
        )
    return True


def _read_github() -> GithubSettings:
    from harness.settings import GithubSettings

    return GithubSettings.from_environment()


def _has_api_key() -> bool:
    # Not needed by a run without the API, and importing it takes 2 ms.
    from harness.settings import has_api_key

    return has_api_key()


def _is_distributed(config: pytest.Config) -> bool:
    return config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
