"""The requests of a test with its key, its place in a file and the reason for a changed prefix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.files import relative
from harness.lock.compare import CaseRequests
from harness.lock.locate import Source
from harness.pytest_plugin.cassette_names import cassette_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.prompt.reading import Prompt
    from harness.suites.runner import CaseRun


def make_case_requests(item: pytest.Item, prompts: Sequence[Prompt]) -> CaseRequests:
    """Collect the requests of a test with everything that is compared with the lock file.

    Raises:
        UsageError: the test's marker ``cache_bust`` gives no reason.
    """
    key = cassette_of(item) or item.nodeid
    case: CaseRun | None = getattr(item, "case_run", None)
    reason = _read_reason(item.get_closest_marker("cache_bust"))
    if case is None:
        suite, _, name = key.rpartition("/")
        return CaseRequests(
            suite=suite, version="", case=name, prompts=tuple(prompts), source=_source(item, {}), reason=reason
        )
    root = item.config.rootpath
    files = {} if case.version.path is None else {relative(case.version.path, root): case.version.text or ""}
    return CaseRequests(
        suite=key.rsplit("/", 2)[0],
        version=case.version.name,
        case=case.case.name,
        prompts=tuple(prompts),
        plan=case.case.plan,
        source=_source(item, files),
        reason=reason or case.version.cache_bust,
    )


def _source(item: pytest.Item, prompts: dict[str, str]) -> Source:
    file, line, _ = item.reportinfo()
    return Source(file=relative(Path(file), item.config.rootpath), line=(line or 0) + 1, prompts=prompts)


def _read_reason(marker: pytest.Mark | None) -> str | None:
    if marker is None:
        return None
    reason = marker.kwargs.get("reason", marker.args[0] if marker.args else None)
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(
            f"cache_bust: the reason is {reason!r}, expected some words",
            hint='@pytest.mark.cache_bust(reason="why this change is worth its cost")',
        )
    return reason
