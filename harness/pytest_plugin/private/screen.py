"""What a private run shows: lines that the harness puts together from names, places, numbers and types."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, TextIO

import pytest

from harness.findings.words import count
from harness.pytest_plugin.private.names import private_id

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 80
_KINDS = {
    "failed": "failed",
    "passed": "passed",
    "skipped": "skipped",
    "deselected": "deselected",
    "xfailed": "xfailed",
    "xpassed": "xpassed",
    "rerun": "rerun",
    "warnings": "warning",
    "error": "error",
    "subtests passed": "subtests passed",
    "subtests failed": "subtests failed",
    "subtests skipped": "subtests skipped",
}
"""Categories of pytest, and how they are counted; others are named by the project."""
_COUNTED = ("warnings", "error")


class Screen:
    """Writes to the one stream that is seen; a worker of xdist shows nothing."""

    def __init__(self, config: pytest.Config, stream: TextIO) -> None:
        self._config = config
        self._stream = stream
        self._start = perf_counter()
        self._is_silent = hasattr(config, "workerinput")
        self.warnings: Counter[str] = Counter()

    def say(self, *lines: str) -> None:
        """Show lines."""
        if not self._is_silent:
            print(*lines, sep="\n", file=self._stream, flush=True)

    @cached_property
    def reporter(self) -> pytest.TerminalReporter:
        """A reporter for the harness's own sections; no hook reaches it."""
        reporter = pytest.TerminalReporter(self._config, self._stream)
        reporter.stats = self._stats
        return reporter

    def show_start(self) -> None:
        """Say that the run is private."""
        self.say("private run: texts of tests, prompts and answers are withheld")

    def show_collected(self, items: Iterable[pytest.Item]) -> None:
        """Show how many tests were collected, and with ``--collect-only`` which ones."""
        ids = [private_id(item.nodeid) for item in items]
        self.say(f"collected {count(len(ids), 'test')}", *(ids if self._config.option.collectonly else ()))

    def show_failure(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Show a report of a failure, which holds no text any more."""
        is_test = isinstance(report, pytest.TestReport) and report.when == "call"
        self.say(f"{'FAILED' if is_test else 'ERROR'} {report.nodeid}", str(report.longrepr))

    def show_warnings(self) -> None:
        """Show how many warnings there were of each kind."""
        if self.warnings:
            kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.warnings.items()))
            self.say(f"warnings: {kinds}")

    def show_result(self, status: int) -> None:
        """Show the numbers of tests, and the exit code."""
        stats = {kind: self._number(kind) for kind in self._stats if kind}
        parts = [_count(number, kind) for kind, number in stats.items() if kind in _KINDS and number]
        others = sum(number for kind, number in stats.items() if kind not in _KINDS)
        text = ", ".join([*parts, *([f"{others} other"] if others else [])]) or "no tests ran"
        seconds = perf_counter() - self._start
        self.say(f" {text} in {seconds:.2f}s (exit code {status}) ".center(_WIDTH, "="))

    @property
    def _stats(self) -> dict[str, list[object]]:
        reporter: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        return {} if reporter is None else reporter.stats

    def _number(self, kind: str) -> int:
        return sum(getattr(report, "count_towards_summary", True) for report in self._stats[kind])


def _count(number: int, kind: str) -> str:
    return count(number, _KINDS[kind]) if kind in _COUNTED else f"{number} {_KINDS[kind]}"
