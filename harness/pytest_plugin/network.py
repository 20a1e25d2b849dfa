"""Which tests the network guard covers, and when."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.pytest_plugin.private.names import shown_id
from harness.pytest_plugin.stash import GUARD, ON_LATE, SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from harness.errors import NetworkBlockedError
    from harness.pytest_plugin.options import Options

_FIXTURES = frozenset({"harness_session", "harness_cassette"})
"""Every fixture of the harness requests one of these."""


@contextmanager
def guarded(item: pytest.Item, options: Options, *, on_late: Callable[[NetworkBlockedError], None]) -> Iterator[None]:
    """Guard a test that uses the harness, as the options ask.

    ``on_late`` is told what the test's threads try after its end.
    """
    item.stash[ON_LATE] = on_late
    if options.guard == "all" or _uses_harness(item):
        start_guard(item, options)
    try:
        yield
    finally:
        # Applications seldom close a client that was passed to them.
        if session := item.stash.get(SESSION, None):
            session.close()
        if guard := item.stash.get(GUARD, None):
            guard.stop()
            del item.stash[GUARD]


def _uses_harness(item: pytest.Item) -> bool:
    """Whether a test is a case of a suite, whose modules are imported and called, or requests one of our fixtures."""
    return hasattr(item, "case_run") or not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def start_guard(item: pytest.Item, options: Options) -> None:
    """Start the guard of a test, unless it already runs or the options switch it off."""
    if not options.is_guarding or GUARD in item.stash:
        return
    # Not imported unless a test needs it.
    from harness.network.guard import Guard

    guard = item.stash[GUARD] = Guard(
        shown_id(item),
        when=f"in {options.mode} mode",
        ignored=options.ignored_hosts,
        has_cassette="harness_cassette" in getattr(item, "fixturenames", ()),
        on_late=item.stash.get(ON_LATE, None),
    )
    guard.start()


def raise_first_blocked(item: pytest.Item) -> None:
    """Raise the first refusal of the guard, in case the test's code swallowed it."""
    if guard := item.stash.get(GUARD, None):
        guard.raise_first()
