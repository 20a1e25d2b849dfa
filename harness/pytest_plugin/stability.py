"""Rebuild suites under other conditions, each once in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.stability.determinism import check_rebuilds

if TYPE_CHECKING:
    from pathlib import Path

    from harness.findings.finding import Finding
    from harness.suites.model import Suite


def rebuild_suite(suite: Suite, *, root: Path, rebuilt: set[tuple[Path, str]]) -> tuple[Finding, ...]:
    """Find what a suite's prefixes depend on besides their inputs; ``rebuilt`` holds the suites already done.

    All cases are built once, in separate processes that run in the folder ``root``.
    """
    key = (suite.path, suite.name)
    if key in rebuilt:
        return ()
    rebuilt.add(key)
    return check_rebuilds(suite, root=root)
