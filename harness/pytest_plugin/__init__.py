"""The pytest plugin: hooks only. Nothing heavy is imported before a suite or a fixture asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin import options
from harness.pytest_plugin.fixtures import (
    anthropic_client,
    async_anthropic_client,
    async_claude,
    claude,
    harness_cassette,
    harness_session,
)
from harness.pytest_plugin.state import PASSED, STATE, show_own_errors

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.pytest_plugin.collect import SuiteCollector

__all__ = [
    "anthropic_client",
    "async_anthropic_client",
    "async_claude",
    "claude",
    "harness_cassette",
    "harness_session",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of which start with ``--harness``."""
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that a user's ``conftest.py`` may implement."""
    from harness.pytest_plugin import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before any test runs."""
    config.stash[STATE] = options.make_state(config)
    options.register_lister(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteCollector | None:
    """Collect ``suite.yaml`` files as tests."""
    if file_path.name != "suite.yaml":
        return None
    from harness.pytest_plugin.collect import SuiteCollector

    return SuiteCollector.from_parent(parent, path=file_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keep the test from the network."""
    with item.config.stash[STATE].guarded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that reached for the network, also if its code or a skip hides it."""
    try:
        yield
    except pytest.skip.Exception:
        item.config.stash[STATE].raise_first_blocked(item)
        raise
    item.config.stash[STATE].raise_first_blocked(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that passed if the network was reached for while it was torn down."""
    yield
    if item.stash.get(PASSED, False):
        item.config.stash[STATE].raise_first_blocked(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test passed, and show what the harness raised without the SDK's frames."""
    show_own_errors(item, call)
    report = yield
    item.config.stash[STATE].note_outcome(item, call, report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the savings table and write the reports."""
    config.stash[STATE].summarise(terminalreporter)
