"""The hooks of a private run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from harness.files import relative
from harness.pytest_plugin.private.files import PrivateFiles, no_bytecode
from harness.pytest_plugin.private.names import NAME
from harness.pytest_plugin.private.refused import check_options
from harness.pytest_plugin.private.reports import (
    WITHHELD,
    describe_at_place,
    describe_internal_error,
    is_raised_by,
    withhold,
    withhold_internal_error,
)
from harness.pytest_plugin.private.screen import Screen
from harness.pytest_plugin.private.streams import ClosedStreams, ends_process

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path


@contextmanager
def starting_privately(config: pytest.Config) -> Iterator[None]:
    """Around the import of the first ``conftest.py``: register what makes the run private, and show nothing.

    Raises:
        pytest.UsageError: an option shows or writes what cannot be withheld, or a ``conftest.py`` cannot be imported.
    """
    check_options(config)
    # With PYTEST_DEBUG, pytest writes every call of a hook to a copy of the standard error that it made.
    config.trace.root.setwriter(None)
    run = PrivateRun(config, ClosedStreams())
    # Of all clean-ups the last, after that of pytest's capture, which puts the closed streams back.
    config.add_cleanup(run.open_unless_begun)
    # Before the plugins of the project, so that none of their hooks changes a report after it was emptied.
    config.pluginmanager.register(Gate(run), f"{NAME}-gate")
    with no_bytecode():
        try:
            yield
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) or _is_known(error, "_pytest"):
                raise
            raise pytest.UsageError(_describe_import(error, config)) from None
    # After them, so that all their hooks are called within the run.
    config.pluginmanager.register(run, NAME)


class Gate:
    """Empties reports and warnings on their way to all other plugins."""

    def __init__(self, run: PrivateRun) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Remove the text and the source line of a warning."""
        kind = warning_message.category.__name__
        self._run.note_warning(kind)
        warning_message.message = f"{kind} ({WITHHELD})"
        warning_message.line = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Empty a report of a test, also that of a subtest or of a worker that crashed."""
        withhold(report, is_last=self._run.is_last)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Empty a report of a collector."""
        withhold(report, is_last=self._run.is_last)

    @pytest.fixture
    def record_testsuite_property(self) -> Callable[[str, object], None]:
        """Record nothing: what a test records is text."""
        return lambda name, value: None

    @pytest.fixture
    def record_xml_attribute(self) -> Callable[[str, object], None]:
        """Record nothing: what a test records is text."""
        return lambda name, value: None


class PrivateRun:
    """Closes the standard streams and files around the run, and shows what may be shown."""

    def __init__(self, config: pytest.Config, streams: ClosedStreams) -> None:
        self._config = config
        self._streams = streams
        self._files = PrivateFiles()
        self._screen: Screen | None = None
        self._early: list[str] = []
        """Kinds of warnings before anything is shown."""

    @property
    def is_last(self) -> bool:
        """Whether this process shows the reports: a worker of xdist passes them on."""
        return not hasattr(self._config, "workerinput")

    @property
    def screen(self) -> Screen:
        """What the run shows."""
        assert self._screen is not None, "the run has not begun"
        return self._screen

    def open_unless_begun(self) -> None:
        """Open the streams for the message of an error that ends the run before it begins."""
        if self._screen is None:
            self._streams.open()

    def note_warning(self, kind: str) -> None:
        """Count a warning."""
        if self._screen is None:
            self._early.append(kind)
        else:
            self._screen.warnings[kind] += 1

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, int]:
        """Around all of the run, from the first hook to the last: show what ended it, without its text."""
        with self._files.kept():
            self._screen = Screen(config, self._streams.shown)
            self._screen.warnings.update(self._early)
            self._screen.show_start()
            try:
                status = int((yield) or 0)
            except BaseException as error:  # noqa: BLE001
                # Whatever leaves here is shown with its message, by pytest or by Python.
                status = self._show_end(error)
            self._screen.show_result(status)
        if not ends_process(config):
            self._streams.open()
        # Otherwise they stay closed for exit handlers and threads.
        return status

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Show where a hook failed, and remove the message for all other plugins, such as JUnit files."""
        text = describe_internal_error(excinfo.value, self._config.rootpath)
        withhold_internal_error(excrepr, text)
        self.screen.say(f"INTERNAL ERROR: {text}")
        return True

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Show what ended the run early; a reason only if it is the harness's."""
        error = excinfo.value
        is_own = is_raised_by(error, "harness")
        self.screen.say(f"ended early: {error if is_own else describe_at_place(error, self._config.rootpath)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give the temporary folder of a test a name without text."""
        self._files.rename_folder(item)

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Show how many tests there are; by now, they have imported what they need."""
        self._files.keep_examples()
        if session.items:
            self.screen.show_collected(session.items)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show a failure."""
        if report.failed:
            self.screen.show_failure(report)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Show what could not be collected."""
        if report.failed:
            self.screen.show_failure(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self) -> None:
        """Show the kinds of warnings."""
        self.screen.show_warnings()

    def _show_end(self, error: BaseException) -> int:
        """Show an error that ends the run outside of any test; return the exit code."""
        if isinstance(error, KeyboardInterrupt):
            return pytest.ExitCode.INTERRUPTED
        is_known = _is_known(error, "_pytest", "harness")
        self.screen.say(f"ERROR: {error if is_known else describe_at_place(error, self._config.rootpath)}")
        is_usage = isinstance(error, pytest.UsageError)
        return pytest.ExitCode.USAGE_ERROR if is_usage else pytest.ExitCode.INTERNAL_ERROR


def _is_known(error: BaseException, *packages: str) -> bool:
    """Whether an error is a bad usage that pytest or the harness found, whose message quotes no text."""
    return isinstance(error, pytest.UsageError) and is_raised_by(error, *packages)


def _describe_import(error: BaseException, config: pytest.Config) -> str:
    """What to say of a ``conftest.py`` that cannot be imported, or of a plugin that it names."""
    cause = getattr(error, "cause", None) or error.__cause__ or error
    path: Path | None = getattr(error, "path", None)
    file = "a conftest.py" if path is None else relative(path, config.rootpath)
    return f"{file} cannot be imported: {describe_at_place(cause, config.rootpath)}"
