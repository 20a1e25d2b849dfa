"""Sessions of tests: opened according to the run's options, checked and saved when they close."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import UsageError
from harness.pytest_plugin.attachments import note
from harness.pytest_plugin.network import start_guard
from harness.settings import OFFLINE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness.emulator.answers import Reply
    from harness.emulator.core import Emulator
    from harness.pytest_plugin.options import Options
    from harness.pytest_plugin.storage import Storage
    from harness.sessions.other_clients import ForeignSession
    from harness.sessions.session import CallSession, SessionOptions


class Sessions:
    """Opens and closes the sessions of a run's tests."""

    def __init__(self, options: Options, storage: Storage) -> None:
        self._options = options
        self._storage = storage
        self.rewrite: Callable[[bytes], bytes] | None = None
        """Changes each request body before it is sent, in a mutation test."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.sleep: Callable[[float], None] = time.sleep

    def open(self, item: pytest.Item, cassette: str) -> CallSession:
        """Open the session that answers one test's calls.

        Raises:
            CassetteError: the test's cassette is unreadable or damaged.
        """
        from harness.sessions.session import CallSession

        return self._open(CallSession, item, cassette)

    def open_foreign(self, item: pytest.Item, cassette: str) -> ForeignSession:
        """Open the session that answers one test's calls through any other HTTP client.

        Raises:
            CassetteError: the test's cassette is unreadable or damaged.
            UsageError: an option does not work for such clients.
        """
        from harness.sessions.other_clients import ForeignSession

        session = self._open(ForeignSession, item, cassette)
        if session.is_real:
            self._check_foreign()
            session.base_url = (self._options.base_url or session.base_url).rstrip("/")
        return session

    def close(self, item: pytest.Item, session: CallSession, cassette: str) -> None:
        """Check what the session of a passed test noted, and write the cassette in ``record`` mode.

        Raises:
            CassetteMissError: a request was not in the cassette, even if the application handled the error.
            CheckError: a recorded request was not sent, and the options do not allow that.
        """
        from harness.pytest_plugin.cassette_warnings import find_unplayed, to_json

        session.raise_first_miss()
        record = self._storage.record_command(item, cassette)
        unplayed = find_unplayed(cassette, session.unplayed, record=record)
        if unplayed is not None:
            note(item, "unplayed", to_json(unplayed))
            if self._options.is_unplayed_fatal:
                unplayed.raise_error()
        if self._options.is_verified:
            note(
                item, "changed-answers", json.dumps([f"{cassette}: {line}" for line in session.find_changed_answers()])
            )
        session.save()

    def _open[Session: CallSession](self, kind: type[Session], item: pytest.Item, cassette: str) -> Session:
        start_guard(item, self._options)
        hint = self._storage.record_command(item, cassette)
        session = kind(self._session_options, cassette, hint=hint, responder=lambda request: _respond(item, request))
        self._check_age(item, cassette, record=hint)
        return session

    @cached_property
    def _session_options(self) -> SessionOptions:
        from harness.network.hosts import is_listed
        from harness.sessions.budget import Budget
        from harness.sessions.session import SessionOptions

        options, reader = self._options, self._storage.reader
        return SessionOptions(
            mode=options.mode,
            upstream=options.upstream,
            store=self._storage.store,
            reader=reader,
            base_url=options.base_url,
            budget=None if options.budget is None else Budget(options.budget, reader=reader),
            unique_prefix=options.unique_prefix,
            rewrite=self.rewrite,
            is_ignored=lambda host: is_listed(host, options.ignored_hosts),
            scrubber=self._storage.scrubber,
            is_realtime=options.is_realtime,
            sleep=self.sleep,
            max_age=None if options.max_age_days is None else timedelta(days=options.max_age_days),
        )

    def _check_foreign(self) -> None:
        """Refuse options that need to see a request before it is sent."""
        given = {"--harness-budget": self._options.budget, "--harness-unique-prefix": self._options.unique_prefix}
        for option, value in given.items():
            if value:
                raise UsageError(
                    f"{option} does not work for HTTP clients other than the official SDK",
                    hint="leave it out for this test, or call Claude through anthropic_client",
                )

    def _check_age(self, item: pytest.Item, cassette: str, *, record: str) -> None:
        max_age_days = self._options.max_age_days
        if self._options.mode != "replay" or max_age_days is None:
            return
        header = self._storage.store.read_header(cassette)
        if not header:
            return
        from harness.pytest_plugin.cassette_warnings import find_old, to_json

        old = find_old(cassette, str(header.get("at")), now=self.clock(), max_age_days=max_age_days, record=record)
        if old is not None:
            note(item, "old", to_json(old))
            if self._options.is_age_fatal:
                old.raise_error(max_age_days)


def make_emulator(item: pytest.Item, storage: Storage, options: Options) -> Emulator:
    """Make an emulator of a test's own, which answers as the hooks say."""
    from harness.emulator.clock import wall_clock
    from harness.emulator.core import Emulator

    start_guard(item, options)
    return Emulator(reader=storage.reader, clock=wall_clock(), responder=lambda request: _respond(item, request))


def _respond(item: pytest.Item, request: Mapping[str, Any]) -> Reply | None:
    answer: Reply | None = item.ihook.pytest_harness_answer(request=request)
    return answer


@contextmanager
def offline_settings(session: ForeignSession) -> Iterator[None]:
    """Let clients that an application creates itself start without a key, and send their calls to the session."""
    if session.is_real:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", OFFLINE_KEY)
        patch.setenv("ANTHROPIC_BASE_URL", session.base_url)
        yield
