"""Options that show or write texts where a private run cannot withhold them."""

from __future__ import annotations

import pytest

_LIVE = ("no", "tee-sys")
_ELSEWHERE = (
    ("log_file", "--log-file"),
    ("debug", "--debug"),
    ("usepdb", "--pdb"),
    ("trace", "--trace"),
    ("pastebin", "--pastebin"),
    ("report_log", "--report-log"),
    ("htmlpath", "--html"),
    ("json_report", "--json-report"),
    ("json_report_file", "--json-report-file"),
    ("allure_report_dir", "--alluredir"),
    ("csv_path", "--csv"),
    ("harness_list_cassettes", "--harness-list-cassettes"),
)
"""Options that write to files, to the terminal behind pytest's back, or to the network; by their destination."""
_SHOWING = (
    ("help", "--help"),
    ("version", "--version"),
    ("markers", "--markers"),
    ("showfixtures", "--fixtures"),
    ("show_fixtures_per_test", "--fixtures-per-test"),
    ("cacheshow", "--cache-show"),
    ("setupshow", "--setup-show"),
    ("setuponly", "--setup-only"),
    ("setupplan", "--setup-plan"),
    ("hypothesis_show_statistics", "--hypothesis-show-statistics"),
)
"""Options that ask for nothing but texts."""


def check_options(config: pytest.Config) -> None:
    """Check, before any code of the project is run, that all output of a private run can be withheld.

    Raises:
        pytest.UsageError: names the options to leave out.
    """
    options = config.known_args_namespace
    has_logging = config.pluginmanager.hasplugin("logging")
    has_live_logs = getattr(options, "log_cli_level", None) is not None or (has_logging and config.getini("log_cli"))
    if has_live_logs or options.capture in _LIVE:
        raise pytest.UsageError(
            "--harness-private cannot withhold what is shown while tests run: printed output and live logs\n"
            "  try: leave out -s, --capture=tee-sys, log_cli and --log-cli-level"
        )
    given = [option for name, option in (*_ELSEWHERE, *_SHOWING) if getattr(options, name, None)]
    if has_logging and config.getini("log_file") and "--log-file" not in given:
        given.append("log_file")
    if given:
        names = ", ".join(given)
        raise pytest.UsageError(f"--harness-private cannot withhold the texts of {names}\n  try: leave out {names}")
