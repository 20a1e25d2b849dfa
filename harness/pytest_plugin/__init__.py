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
    harness_session,
)
from harness.pytest_plugin.state import STATE

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.pytest_plugin.collect import SuiteCollector

__all__ = ["anthropic_client", "async_anthropic_client", "async_claude", "claude", "harness_session"]


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


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteCollector | None:
    """Collect ``suite.yaml`` files as tests."""
    if file_path.name != "suite.yaml":
        return None
    from harness.pytest_plugin.collect import SuiteCollector

    return SuiteCollector.from_parent(parent, path=file_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test passed, and show what the harness raised without the SDK's frames."""
    report = yield
    item.config.stash[STATE].note_outcome(item, call, report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the savings table and write the reports."""
    config.stash[STATE].summarise(terminalreporter)
