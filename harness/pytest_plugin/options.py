"""The options of a run, read and checked once; nothing else in the plugin asks pytest for an option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import pytest

from harness.errors import SettingsError, UsageError

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from decimal import Decimal
    from pathlib import Path

    from harness.cassettes.scrub import ScrubRule
    from harness.provider.endpoints import Origin
    from harness.sessions.session import Mode
    from harness.settings import GithubSettings

GuardScope = Literal["used", "all", "off"]

_GUARD_SCOPES = ("used", "all", "off")
_DISTRIBUTING = ("-n", "--numprocesses", "--dist")


# Not a dataclass, whose generated methods would cost a millisecond at every start of pytest.
class Options(NamedTuple):
    """The settings of a run, from options, ini keys and the environment."""

    root: Path
    """The project's folder."""
    start: Path
    """The folder in which pytest was started."""
    mode: Mode
    upstream: Origin
    """Who answers in ``record`` mode."""
    guard: GuardScope
    """Which tests cannot reach the network."""
    ignored_hosts: tuple[str, ...]
    """Hosts whose answers no test needs."""
    is_private: bool
    github: GithubSettings

    cassettes: Path
    cassette_list: Path | None
    """File to list the cassettes in, instead of running tests."""
    is_outside_allowed: bool
    """Suites may name prompts and fixtures outside the project."""
    lock_file: Path
    reports: Path | None
    """Folder of the reports."""
    history: Path | None
    """File that keeps a line a run."""

    is_updating_lock: bool
    """Accept what the tests send."""
    is_lock_required: bool
    """A run without a lock file fails."""
    is_unused_allowed: bool
    is_determinism_full: bool
    is_realtime: bool
    is_verified: bool
    """Compare answers with the cassettes, in ``live`` and ``emulate`` mode."""
    is_unplayed_fatal: bool
    max_age_days: int | None
    """Maximum age of a cassette; ``None`` for any age."""
    is_age_fatal: bool
    scrub: tuple[ScrubRule, ...]
    allowed_secrets: tuple[re.Pattern[str], ...]
    """Values in prompts and answers that are no secrets."""

    models: Mapping[str, str]
    """Models behind ids of the user's own, such as deployment names."""

    base_url: str | None
    """Address of a gateway to the real API; ``None`` for the API's own address."""
    budget: Decimal | None
    """Limit in dollars for all calls of the run."""
    unique_prefix: str
    """Text in front of every prompt, new for each run; empty for none."""

    is_distributed_by_default: bool
    """The configuration file runs tests in several processes, so a command for one process has to say so."""
    asked: tuple[Path, ...]
    """What was asked to be collected."""
    has_paths: bool
    """Files or tests are named on the command line, so only part of the project is collected."""
    is_partial: bool
    """Single tests are named, or only the last failures are run."""

    @property
    def is_guarding(self) -> bool:
        """Whether the guard covers any test."""
        is_real = self.mode == "live" or (self.mode == "record" and self.upstream == "anthropic")
        return self.guard != "off" and not is_real


def read_options(config: pytest.Config) -> Options:
    """Read the options of a run.

    Raises:
        pytest.UsageError: an option is invalid, conflicts with another one, or needs something that is missing.
    """
    mode, upstream = _read_mode(config)
    is_real = mode == "live" or (mode == "record" and upstream == "anthropic")
    age, is_age_fatal = _read_age(config)
    is_verified = _check_verify(config, mode)
    budget = _read_budget(config, is_real=is_real)
    prefix = _read_unique_prefix(config, mode)
    reports, listed = config.getini("harness_reports"), config.getoption("--harness-list-cassettes")
    lock, history = config.getini("harness_lock"), config.getini("harness_history")
    return Options(
        root=config.rootpath,
        start=config.invocation_params.dir,
        mode=mode,
        upstream=upstream,
        guard=_read_guard(config),
        ignored_hosts=_read_ignored_hosts(config),
        is_private=bool(config.getoption("--harness-private")),
        github=_read_github(),
        cassettes=config.rootpath / config.getini("harness_cassettes"),
        cassette_list=None if listed is None else _check_listing(config, listed),
        is_outside_allowed=bool(config.getini("harness_allow_outside")),
        lock_file=config.rootpath / (lock or "prompts.lock"),
        reports=config.rootpath / reports if reports else None,
        history=config.rootpath / history if history else None,
        is_updating_lock=bool(config.getoption("--harness-update-lock")),
        is_lock_required=lock is not None or bool(config.getoption("--harness-require-lock")),
        is_unused_allowed=bool(config.getoption("--harness-allow-unused")),
        is_determinism_full=bool(config.getoption("--harness-determinism")),
        is_realtime=bool(config.getoption("--harness-realtime")),
        is_verified=is_verified,
        is_unplayed_fatal=bool(config.getoption("--harness-fail-unplayed")),
        max_age_days=age,
        is_age_fatal=is_age_fatal,
        scrub=_read_scrub(config),
        allowed_secrets=_read_allowed_secrets(config),
        models=_read_models(config),
        base_url=_read_base_url() if is_real else None,
        budget=budget,
        unique_prefix=prefix,
        is_distributed_by_default=any(option.startswith(_DISTRIBUTING) for option in config.getini("addopts")),
        asked=tuple(config.invocation_params.dir / argument.partition("::")[0] for argument in config.args),
        has_paths=config.args_source == pytest.Config.ArgsSource.ARGS,
        is_partial=any("::" in argument for argument in config.args) or bool(config.getoption("lf", False)),
    )


def _read_mode(config: pytest.Config) -> tuple[Mode, Origin]:
    mode = cast("Mode", config.getoption("--harness-mode"))
    upstream = cast("Origin", config.getoption("--harness-upstream"))
    needs_key = mode == "live" or (mode == "record" and upstream == "anthropic")
    if needs_key and not _has_api_key():
        raise pytest.UsageError(
            f"--harness-mode={mode} calls the real API, but neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set\n"
            "  try: set one of them"
            + (", or add --harness-upstream=emulator to record without the API" if mode == "record" else "")
        )
    if mode == "record" and _is_distributed(config):
        raise pytest.UsageError(
            "--harness-mode=record cannot run in several processes: two of them could write the same cassette\n"
            "  try: leave out -n"
        )
    return mode, upstream


def _read_guard(config: pytest.Config) -> GuardScope:
    guard = str(config.getini("harness_guard"))
    if guard not in _GUARD_SCOPES:
        raise pytest.UsageError(f"harness_guard is {guard!r}, expected used, all or off")
    return cast("GuardScope", guard)


def _read_ignored_hosts(config: pytest.Config) -> tuple[str, ...]:
    lines = config.getini("harness_ignore_hosts")
    if not lines:
        return ()
    from harness.network.hosts import read_hosts

    try:
        return read_hosts(lines)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _check_listing(config: pytest.Config, path: str) -> Path:
    if _is_distributed(config):
        raise pytest.UsageError(
            "--harness-list-cassettes cannot run in several processes: none of them sees the whole list\n"
            "  try: leave out -n"
        )
    return config.invocation_params.dir / path


def _read_age(config: pytest.Config) -> tuple[int | None, bool]:
    """Maximum age of cassettes in days, and whether tests with older ones fail."""
    given = config.getoption("--harness-max-age")
    name, value = (
        ("harness_max_age", config.getini("harness_max_age")) if given is None else ("--harness-max-age", given)
    )
    if (value or given is not None) and not (value.isascii() and value.isdecimal()):
        raise pytest.UsageError(f"{name} is {value!r}, expected a whole number of days")
    is_fatal = bool(config.getoption("--harness-max-age-fails"))
    if is_fatal and not value:
        raise pytest.UsageError(
            "--harness-max-age-fails needs a maximum age\n"
            "  try: add --harness-max-age=DAYS, or set harness_max_age in the configuration file"
        )
    return (int(value) if value else None), is_fatal


def _check_verify(config: pytest.Config, mode: Mode) -> bool:
    is_verified = bool(config.getoption("--harness-verify"))
    if is_verified and mode not in ("live", "emulate"):
        raise pytest.UsageError(
            "--harness-verify compares new answers with the cassettes, but this mode gets none\n"
            "  try: add --harness-mode=live (needs a key), or --harness-mode=emulate"
        )
    return is_verified


def _read_scrub(config: pytest.Config) -> tuple[ScrubRule, ...]:
    lines = config.getini("harness_scrub")
    if not lines:
        return ()
    from harness.cassettes.scrub import read_rules

    try:
        return read_rules(lines)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _read_allowed_secrets(config: pytest.Config) -> tuple[re.Pattern[str], ...]:
    lines = config.getini("harness_allow_secrets")
    if not lines:
        return ()
    from harness.cassettes.secrets import read_allowed

    try:
        return read_allowed(lines, "harness_allow_secrets")
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _read_models(config: pytest.Config) -> Mapping[str, str]:
    lines = config.getini("harness_models")
    if not lines:
        return {}
    from harness.provider.models import parse_names

    try:
        return parse_names(lines, "harness_models")
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _read_unique_prefix(config: pytest.Config, mode: Mode) -> str:
    if not config.getoption("--harness-unique-prefix"):
        return ""
    if mode != "live":
        raise pytest.UsageError(
            "--harness-unique-prefix keeps live calls from reading what earlier runs wrote, but this mode makes none\n"
            "  try: add --harness-mode=live (needs a key), or leave it out"
        )
    if config.getoption("--harness-verify"):
        raise pytest.UsageError(
            "--harness-verify compares token counts with the cassettes, but --harness-unique-prefix changes them\n"
            "  try: leave out one of them"
        )
    return f"Run {_run_id(config)}.\n"


def _read_budget(config: pytest.Config, *, is_real: bool) -> Decimal | None:
    value = config.getoption("--harness-budget")
    if value is None:
        return None
    if not is_real:
        raise pytest.UsageError(
            "--harness-budget limits the cost of calls to the real API, but this mode makes none\n"
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
    """An id that is new for each run; xdist workers share it."""
    from uuid import uuid4

    return str(getattr(config, "workerinput", {}).get("testrunuid") or uuid4().hex)


def _read_base_url() -> str | None:
    from harness.settings import read_base_url

    try:
        return read_base_url()
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


def _read_github() -> GithubSettings:
    from harness.settings import GithubSettings

    return GithubSettings.from_environment()


def _has_api_key() -> bool:
    # A run without the API does not need it, and the import takes 2 ms.
    from harness.settings import has_api_key

    return has_api_key()


def _is_distributed(config: pytest.Config) -> bool:
    return config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
