"""Which tests the network guard covers, and when."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.pytest_plugin.stash import GUARD, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from harness.pytest_plugin.options import Options

_FIXTURES = frozenset({"harness_session", "harness_cassette"})
"""Every fixture of the harness requests one of these."""


@contextmanager
def guarded(item: pytest.Item, options: Options) -> Iterator[None]:
    """Guard a test that uses the harness, as the options ask."""
    if options.guard == "all" or not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
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


def start_guard(item: pytest.Item, options: Options) -> None:
    """Start the guard of a test, unless it already runs or the options switch it off."""
    if not options.is_guarding or GUARD in item.stash:
        return
    # Not imported unless a test needs it.
    from harness.pytest_plugin.guard import Guard

    item.stash[GUARD] = Guard(item.nodeid, mode=options.mode, ignored=options.ignored_hosts)
    item.stash[GUARD].start()


def raise_first_blocked(item: pytest.Item) -> None:
    """Raise the first refusal of the guard, in case the test's code swallowed it."""
    if guard := item.stash.get(GUARD, None):
        guard.raise_first()
