"""Command-line options and ini keys; `options` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reports.formats import list_files

if TYPE_CHECKING:
    import pytest

MODES = ("replay", "emulate", "record", "live")
UPSTREAMS = ("anthropic", "emulator")


def add_options(parser: pytest.Parser) -> None:
    """Add all options and ini keys; their names start with ``harness``."""
    group = parser.getgroup("harness", "prompt cache harness")
    group.addoption(
        "--harness-mode",
        choices=MODES,
        default="replay",
        help="where answers come from: cassettes only (default), the emulator, "
        "the upstream (and cassettes are rewritten), or the real API",
    )
    group.addoption(
        "--harness-upstream",
        choices=UPSTREAMS,
        default="anthropic",
        help="who answers in record mode (default: anthropic, which needs a key)",
    )
    group.addoption(
        "--harness-budget",
        metavar="DOLLARS",
        help="limit for the cost of all calls to the real API; a call that could exceed it is not sent",
    )
    group.addoption(
        "--harness-unique-prefix",
        action="store_true",
        help="in live mode, put a text that is new in each run in front of every prompt, so that no run reads "
        "what an earlier one wrote (except for tools, which come before it)",
    )
    group.addoption(
        "--harness-max-age",
        metavar="DAYS",
        help="warn of replayed cassettes that are older than this",
    )
    group.addoption(
        "--harness-max-age-fails",
        action="store_true",
        help="fail tests whose cassettes are older than --harness-max-age",
    )
    group.addoption(
        "--harness-fail-unplayed",
        action="store_true",
        help="fail tests that do not send every request in their cassettes",
    )
    group.addoption(
        "--harness-verify",
        action="store_true",
        help="in live or emulate mode, report where answers differ from the cassettes in usage or form",
    )
    group.addoption(
        "--harness-realtime",
        action="store_true",
        help="replay streams with their recorded gaps (default: without gaps)",
    )
    group.addoption(
        "--harness-list-cassettes",
        metavar="FILE",
        help="write the names of all cassettes that the collected tests use to FILE, without running any test",
    )
    group.addoption(
        "--harness-update-lock",
        action="store_true",
        help="accept what the selected tests send, and write the lock file",
    )
    group.addoption(
        "--harness-require-lock",
        action="store_true",
        help="fail if there is no lock file; always so if harness_lock is set or git's HEAD has one",
    )
    group.addoption(
        "--harness-allow-unused",
        action="store_true",
        help="allow entries of the lock file that no test sends",
    )
    group.addoption(
        "--harness-determinism",
        action="store_true",
        help="rebuild the requests of all suites under another clock, hash seed, time zone, locale, …",
    )
    group.addoption(
        "--harness-private",
        action="store_true",
        help="keep all text of prompts and fixtures out of logs and reports, for public logs",
    )
    parser.addini("harness_lock", "lock file, relative to the root of the project; default: prompts.lock", default=None)
    parser.addini("harness_max_age", "default of --harness-max-age; empty: any age", default="")
    parser.addini(
        "harness_guard",
        "which tests can reach loopback addresses only, unless the real API answers: "
        "those that use the harness (used), all, or none (off)",
        default="used",
    )
    parser.addini(
        "harness_ignore_hosts",
        "hosts whose answers no test needs, such as telemetry, one a line: never recorded, "
        "and refused without failing the test where the network is",
        type="linelist",
        default=[],
    )
    parser.addini(
        "harness_scrub",
        "what to replace in stored bodies, one a line: regex => replacement",
        type="linelist",
        default=[],
    )
    parser.addini(
        "harness_allow_secrets",
        "secrets in prompts and answers that may be recorded, one regular expression a line",
        type="linelist",
        default=[],
    )
    parser.addini(
        "harness_models",
        "which model stands behind an id that does not name it, one a line: NAME = MODEL",
        type="linelist",
        default=[],
    )
    parser.addini(
        "harness_cassettes", "folder of the cassettes, relative to the root of the project", default="cassettes"
    )
    parser.addini(
        "harness_allow_outside",
        "whether suites may name prompts and fixtures outside the root of the project",
        type="bool",
        default=False,
    )
    parser.addini("harness_reports", f"folder for {list_files()}; empty: none are written", default="")
    parser.addini(
        "harness_history",
        "file that keeps a line a run, from which the page draws the trend, such as reports/history.jsonl; empty: none",
        default="",
    )
