"""Fixtures: clients whose calls are answered according to the run's mode, and noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, UsageError
from harness.pytest_plugin.attachments import note_calls, note_finding
from harness.pytest_plugin.cassette_names import cassette_name
from harness.pytest_plugin.report_rows import labels_of
from harness.pytest_plugin.request_check import note_expected, raise_passed, watch_late_requests
from harness.pytest_plugin.run import RUN
from harness.pytest_plugin.stash import EXPECTED, PASSED, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anthropic import Anthropic, AsyncAnthropic

    from harness.client.claude import AsyncClaudeClient, ClaudeClient
    from harness.emulator.core import Emulator
    from harness.emulator.server import EmulatorServer
    from harness.sessions.other_clients import ForeignSession
    from harness.sessions.session import CallSession


@pytest.fixture
def harness_session(request: pytest.FixtureRequest) -> Iterator[CallSession]:
    """The session that answers the test's calls; ``calls`` lists those made so far, with their usage.

    The cassette is named after the test and its file. It is written only in ``record`` mode,
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
    """The session that answers calls to Claude through any other HTTP client.

    Point the client at ``harness_cassette.base_url``. What is not a call to Claude passes untouched.
    ``harness_cassette.calls`` and the cassette work as for ``harness_session``. A test uses only one of the two.
    """
    item: pytest.Item = request.node
    if "harness_session" in request.fixturenames:
        raise UsageError(
            "harness_session and harness_cassette in one test would write the same cassette",
            hint="give the official SDK harness_cassette.base_url and a key of its own, or make two tests",
        )
    if "httpx_mock" in request.fixturenames:
        # The one that is set up last is asked first, and pytest-httpx refuses what it has no answer for.
        request.getfixturevalue("httpx_mock")
    cassette = cassette_name(item)
    session = request.config.stash[RUN].sessions.open_foreign(item, cassette)
    item.stash[SESSION] = session
    with session:
        yield session
    _close(item, session, cassette)


@pytest.fixture
def harness_emulator(request: pytest.FixtureRequest) -> Emulator:
    """The Messages API in this process, with an empty prompt cache, in any mode of the run.

    ``harness_emulator.script.add`` says what to answer, ``harness_emulator.journal`` what was asked, and
    ``harness_emulator.time.advance`` lets entries of the prompt cache expire. A client reaches it through
    `harness.emulator.transport.EmulatorTransport`, or through ``harness_emulator_server``.
    """
    from harness.pytest_plugin.sessions import make_emulator

    run = request.config.stash[RUN]
    return make_emulator(request.node, run.storage, run.options)


@pytest.fixture
def emulator(harness_emulator: Emulator) -> Emulator:
    """The same as ``harness_emulator``, by a short name that a project may use for something else."""
    return harness_emulator


@pytest.fixture
def harness_emulator_server(harness_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """The emulator behind a loopback socket, for code under test in another process or another language.

    Its address is ``harness_emulator_server.url``. While the test runs, the environment points the clients of the API
    at it, and holds a key that stands in for a real one.
    """
    from harness.emulator.server import EmulatorServer
    from harness.settings import emulator_environment

    with EmulatorServer(harness_emulator) as server:
        given, hidden = emulator_environment(server.url)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        for name in hidden:
            monkeypatch.delenv(name, raising=False)
        yield server


@pytest.fixture
def anthropic_client(harness_session: CallSession) -> Anthropic:
    """An ``anthropic.Anthropic`` whose calls are answered according to the run's mode; it needs no key."""
    return harness_session.anthropic()


@pytest.fixture
def async_anthropic_client(harness_session: CallSession) -> AsyncAnthropic:
    """An ``anthropic.AsyncAnthropic`` whose calls are answered according to the run's mode; it needs no key."""
    return harness_session.async_anthropic()


@pytest.fixture
def claude(anthropic_client: Anthropic) -> ClaudeClient:
    """A ``ClaudeClient`` without a local cache, so that every call reaches the prompt cache."""
    from harness.client.claude import ClaudeClient
    from harness.settings import Settings

    return ClaudeClient(anthropic_client, settings=Settings(use_local_cache=False))


@pytest.fixture
def async_claude(async_anthropic_client: AsyncAnthropic) -> AsyncClaudeClient:
    """An ``AsyncClaudeClient`` without a local cache, so that every call reaches the prompt cache."""
    from harness.client.claude import AsyncClaudeClient
    from harness.settings import Settings

    return AsyncClaudeClient(async_anthropic_client, settings=Settings(use_local_cache=False))


def _close(item: pytest.Item, session: CallSession, cassette: str) -> None:
    """Note a test's calls; if it passed, compare them with the lock file and the cassette."""
    suite, version, _ = labels_of(item)
    note_calls(item, session.calls, suite=suite, version=version)
    item.config.stash[RUN].rows.note_answers(item, session.calls, accepted=session.accepted_answers)
    for remark in session.remarks:
        note_finding(item, remark)
    watch_late_requests(item)
    if not item.stash.get(PASSED, False):
        return
    try:
        raise_passed(item)
    except HarnessError as error:
        if not item.stash[EXPECTED]:
            raise
        note_expected(item, error)
    else:
        item.config.stash[RUN].sessions.close(item, session, cassette)
