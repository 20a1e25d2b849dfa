"""The pytest plugin: hooks only. Nothing large is imported until a suite or a fixture needs it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin import (
    add_options,
    failures,
    list_cassettes,
    network,
    private,
    request_check,
    summary,
    workers,
)
from harness.pytest_plugin.fixtures import (
    anthropic_client,
    async_anthropic_client,
    async_claude,
    claude,
    emulator,
    harness_cassette,
    harness_emulator,
    harness_emulator_server,
    harness_session,
)
from harness.pytest_plugin.options import read_options
from harness.pytest_plugin.run import RUN, Run
from harness.pytest_plugin.stash import PASSED

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.pytest_plugin.collect import SuiteCollector

__all__ = [
    "anthropic_client",
    "async_anthropic_client",
    "async_claude",
    "claude",
    "emulator",
    "harness_cassette",
    "harness_emulator",
    "harness_emulator_server",
    "harness_session",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of which start with ``--harness``."""
    add_options.add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Make the run private, if it shall be, before any code of the project runs."""
    with private.starting(early_config, parser, args):
        return (yield)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that a user's ``conftest.py`` may implement."""
    from harness.pytest_plugin import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before any test runs."""
    config.addinivalue_line("markers", "cache_bust(reason): why a change of the cached prefix is accepted")
    run = config.stash[RUN] = Run(read_options(config))
    run.name_models(config)
    list_cassettes.register_lister(config, run.options)
    workers.register_workers(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteCollector | None:
    """Collect ``suite.yaml`` files as tests."""
    if file_path.name != "suite.yaml":
        return None
    from harness.pytest_plugin.collect import SuiteCollector

    return SuiteCollector.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note the collected tests, before ``-k`` and ``-m`` deselect any."""
    config.stash[RUN].gate.note_collected(items)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In a private run, show no source line of a file that cannot be collected."""
    report = yield
    failures.show_collection(collector, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Guard the test against the network; note what a test shows that ends the run."""
    with network.guarded(item, item.config.stash[RUN].options, on_late=partial(request_check.add_late, item)):
        try:
            return (yield)
        except (pytest.exit.Exception, KeyboardInterrupt):
            request_check.note_for_the_end(item)
            raise


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget an earlier run of the test."""
    request_check.forget(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that tried to reach the network, even if its code or a skip hides it."""
    try:
        yield
    except pytest.skip.Exception:
        network.raise_first_blocked(item)
        raise
    network.raise_first_blocked(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test for requests that it hides, and a passed one whose teardown tried to reach the network."""
    with request_check.checking_the_rest(item):
        yield
    if item.stash.get(PASSED, False):
        network.raise_first_blocked(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test passed, and show errors of the harness without the SDK's frames."""
    failures.show_own_errors(item, call)
    report = yield
    failures.note_outcome(item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Set the exit code from the findings."""
    summary.set_exit_status(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the savings table and the findings, and write the reports."""
    # A worker of xdist has a reporter too, which knows its own tests only.
    if not hasattr(config, "workerinput"):
        run = private.find_run(config)
        summary.Summary(config.stash[RUN], terminalreporter if run is None else run.screen.reporter).show()
