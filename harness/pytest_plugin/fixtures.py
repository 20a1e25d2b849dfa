"""Fixtures: clients whose calls are answered in the run's mode, and noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.pytest_plugin.attachments import note_calls, note_finding
from harness.pytest_plugin.cassette_names import cassette_name
from harness.pytest_plugin.run import RUN
from harness.pytest_plugin.stash import PASSED, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anthropic import Anthropic, AsyncAnthropic

    from harness.client.claude import AsyncClaudeClient, ClaudeClient
    from harness.sessions.other_clients import ForeignSession
    from harness.sessions.session import CallSession


@pytest.fixture
def harness_session(request: pytest.FixtureRequest) -> Iterator[CallSession]:
    """The test's way to an answer; its ``calls`` are what the test sent so far, with their usage.

    The test's cassette is named after its file and itself. It is written in ``record`` mode only,
    and only if the test passes.
    """
    item: pytest.Item = request.node
    cassette = cassette_name(item)
    session = request.config.stash[RUN].sessions.open(item, cassette)
    item.stash[SESSION] = session
    yield session
    _close(item, session, cassette)


@pytest.fixture
def harness_cassette(request: pytest.FixtureRequest) -> Iterator[ForeignSession]:
    """The test's way to an answer for any other HTTP client; point it at ``harness_cassette.base_url``.

    ``harness_cassette.calls`` and the cassette are as for ``harness_session``. A test uses one of the two.
    """
    item: pytest.Item = request.node
    if "harness_session" in request.fixturenames:
        raise UsageError(
            "harness_session and harness_cassette in one test would write one cassette",
            hint="give the official SDK harness_cassette.base_url and a key of its own, or make two tests",
        )
    cassette = cassette_name(item)
    session = request.config.stash[RUN].sessions.open_foreign(item, cassette)
    item.stash[SESSION] = session
    with session:
        yield session
    _close(item, session, cassette)


@pytest.fixture
def anthropic_client(harness_session: CallSession) -> Anthropic:
    """An ``anthropic.Anthropic`` whose calls are answered in the run's mode; it needs no key."""
    return harness_session.anthropic()


@pytest.fixture
def async_anthropic_client(harness_session: CallSession) -> AsyncAnthropic:
    """An ``anthropic.AsyncAnthropic`` whose calls are answered in the run's mode; it needs no key."""
    return harness_session.async_anthropic()


@pytest.fixture
def claude(anthropic_client: Anthropic) -> ClaudeClient:
    """A ``ClaudeClient`` without local cache, so that every call reaches the prompt cache."""
    from harness.client.claude import ClaudeClient
    from harness.settings import Settings

    return ClaudeClient(anthropic_client, settings=Settings(use_local_cache=False))


@pytest.fixture
def async_claude(async_anthropic_client: AsyncAnthropic) -> AsyncClaudeClient:
    """An ``AsyncClaudeClient`` without local cache, so that every call reaches the prompt cache."""
    from harness.client.claude import AsyncClaudeClient
    from harness.settings import Settings

    return AsyncClaudeClient(async_anthropic_client, settings=Settings(use_local_cache=False))


def _close(item: pytest.Item, session: CallSession, cassette: str) -> None:
    """Note a test's calls; compare a test that passed with the lock file and its cassette."""
    note_calls(item, session.calls, suite="/".join(item.path.parts[-2:]), version="-")
    for remark in session.remarks:
        note_finding(item, remark)
    if not item.stash.get(PASSED, False):
        return
    run = item.config.stash[RUN]
    session.raise_first_miss()
    if session.calls:
        run.gate.check(item, [call.prompt for call in session.calls])
    run.sessions.close(item, session, cassette)
