"""``--harness-list-cassettes``: list the cassettes that the collected tests use, without running any test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import WriteError
from harness.files import write_atomically
from harness.pytest_plugin.cassette_names import cassette_of, is_refused

if TYPE_CHECKING:
    from pathlib import Path

    from harness.pytest_plugin.options import Options


class CassetteLister:
    """A plugin that lists cassettes instead of running tests; registered only if the option is given."""

    def __init__(self, path: Path) -> None:
        """Write the list to ``path``."""
        self._path = path
        self._names: set[str] = set()
        self._refused: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the cassette of every test, before ``-k`` and ``-m`` deselect any."""
        self._refused += [item.nodeid for item in items if is_refused(item)]
        self._names |= {name for item in items if (name := cassette_of(item))}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Write the list if it is complete; run no test.

        Raises:
            pytest.UsageError: something could not be collected, so its cassettes are not known, or the list
                cannot be written.
        """
        if session.testsfailed or self._refused:
            place = f" ({self._refused[0]})" if self._refused else ""
            raise pytest.UsageError(
                f"--harness-list-cassettes: not everything could be collected{place}, so {self._path} is not written\n"
                "  try: run pytest --collect-only, and fix what it shows"
            )
        text = "".join(f"{name}\n" for name in sorted(self._names))
        try:
            write_atomically(self._path, text.encode(errors="surrogateescape"))
        except WriteError as error:
            raise pytest.UsageError(f"--harness-list-cassettes: {error}") from None
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print which file was written."""
        from harness.findings.words import count

        terminalreporter.line(f"written: {self._path}, {count(len(self._names), 'name')}; no test was run")


def register_lister(config: pytest.Config, options: Options) -> None:
    """Make the run list cassettes instead of running tests, if the options ask for it."""
    if options.cassette_list is not None:
        config.pluginmanager.register(CassetteLister(options.cassette_list), "harness-lister")
