"""The pytest plugin: hooks only. Nothing heavy is imported before a suite or a fixture asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin import failures, options, summary
from harness.pytest_plugin.fixtures import (
    anthropic_client,
    async_anthropic_client,
    async_claude,
    claude,
    harness_cassette,
    harness_session,
)
from harness.pytest_plugin.run import PASSED, RUN

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


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None, object, object]:
    """In private, show no source line of a ``conftest.py`` that cannot be imported."""
    with failures.withheld_conftests(args):
        return (yield)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that a user's ``conftest.py`` may implement."""
    from harness.pytest_plugin import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before any test runs."""
    config.addinivalue_line("markers", "cache_bust(reason): why a change of the cached prefix is accepted")
    config.stash[RUN] = options.make_run(config)
    options.register_lister(config)
    options.register_workers(config)
    failures.register_private(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteCollector | None:
    """Collect ``suite.yaml`` files as tests."""
    if file_path.name != "suite.yaml":
        return None
    from harness.pytest_plugin.collect import SuiteCollector

    return SuiteCollector.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note which tests there are, before ``-k`` and ``-m`` take any away."""
    config.stash[RUN].gate.note_collected(items)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In private, show no source line of a file that cannot be collected."""
    report = yield
    failures.withhold_collection(collector, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keep the test from the network."""
    with item.config.stash[RUN].guarded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that reached for the network, also if its code or a skip hides it."""
    try:
        yield
    except pytest.skip.Exception:
        item.config.stash[RUN].raise_first_blocked(item)
        raise
    item.config.stash[RUN].raise_first_blocked(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that passed if the network was reached for while it was torn down."""
    yield
    if item.stash.get(PASSED, False):
        item.config.stash[RUN].raise_first_blocked(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test passed, and show what the harness raised without the SDK's frames."""
    failures.show_own_errors(item, call)
    report = yield
    failures.note_outcome(item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the run fail for what is left over in the lock file, and say so if it cannot be told what is wrong."""
    summary.set_exit_status(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the savings table and the findings, and write the reports."""
    summary.summarise(config.stash[RUN], terminalreporter)
