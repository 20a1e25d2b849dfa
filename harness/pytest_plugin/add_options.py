"""The command-line options and ini keys; `options` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reports.formats import list_files

if TYPE_CHECKING:
    import pytest

MODES = ("replay", "emulate", "record", "live")
UPSTREAMS = ("anthropic", "emulator")


def add_options(parser: pytest.Parser) -> None:
    """Add options and ini keys; all start with ``harness``."""
    group = parser.getgroup("harness", "prompt cache harness")
    group.addoption(
        "--harness-mode",
        choices=MODES,
        default="replay",
        help="where answers come from: cassettes only (default), the emulator, "
        "the upstream while the cassettes are rewritten, or the real API",
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
        help="fail tests whose cassettes are older than --harness-max-age",
    )
    group.addoption(
        "--harness-fail-unplayed",
        action="store_true",
        help="fail tests whose cassettes hold requests that they do not send",
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
        help="allow entries of the lock file that no test sends",
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
    parser.addini("harness_max_age", "the default of --harness-max-age; empty: any age", default="")
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
    parser.addini("harness_reports", f"folder to write {list_files()} to; empty: none", default="")
