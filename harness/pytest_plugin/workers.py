"""What the workers of pytest-xdist send to the process that reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.pytest_plugin.run import RUN

if TYPE_CHECKING:
    import pytest

    from harness.pytest_plugin.run import Run

_COLLECTED = "harness_collected"
_LATE = "harness_late_findings"


class WorkerReports:
    """Gathers what the workers send; registered only when xdist is loaded."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pytest_testnodedown(self, node: Any) -> None:
        """Note what one worker collected and found; a crashed one sends nothing."""
        output = getattr(node, "workeroutput", None) or {}
        if found := output.get(_COLLECTED):
            self._run.gate.collected.add_json(found)
        self._run.late_findings += output.get(_LATE, ())


def register_workers(config: pytest.Config) -> None:
    """Gather what the workers send, if xdist is loaded."""
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(WorkerReports(config.stash[RUN]), "harness-workers")


def send(run: Run, output: dict[str, Any]) -> None:
    """Put what a worker collected and found into what it sends."""
    output[_COLLECTED] = run.gate.collected.to_json()
    output[_LATE] = run.late_findings
