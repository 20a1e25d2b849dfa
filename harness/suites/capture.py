"""The requests that a suite's function makes, without an answer that means anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.suites.fake_client import FakeAttributeError, FakeClient
from harness.suites.runner import CaseRun, SuiteFunction

if TYPE_CHECKING:
    from harness.sessions.other_clients import ForeignSession
    from harness.sessions.session import CallSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What a function was about to send."""

    bodies: tuple[bytes, ...]
    error: BaseException | None = None
    """What it raised then, which may well be due to the answer; ``None`` if it ran to its end."""


def capture(
    run: CaseRun, function: SuiteFunction, *, inputs: Mapping[str, Any] | None = None, is_sdk_allowed: bool = True
) -> Captured:
    """The bodies that a function makes of a case, or of other ``inputs`` for it.

    Without the SDK as long as the application uses only what the fake client has; else by the
    SDK on the emulator. Functions with a client of their own are caught at the HTTP layer.
    """
    if run.suite.is_build:
        return _note([], lambda bodies: bodies.extend(run.build(function, inputs=inputs)))
    if run.suite.client == "http":
        return _capture_http(run, function, inputs)
    fake = FakeClient()
    captured = _note(fake.bodies, lambda _: run.invoke(function, fake, inputs=inputs))
    if is_sdk_allowed and isinstance(captured.error, FakeAttributeError):
        return _capture_sdk(run, function, inputs)
    return captured


def _note(bodies: list[bytes], act: Any) -> Captured:
    """What is in ``bodies`` once ``act`` has filled them, however it ends."""
    try:
        act(bodies)
    # Somebody else's code, given an answer that it may not be made for; a script may end itself for one.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return Captured(bodies=tuple(bodies), error=error)
    return Captured(bodies=tuple(bodies))


def _capture_sdk(run: CaseRun, function: SuiteFunction, inputs: Mapping[str, Any] | None) -> Captured:
    from harness.sessions.session import CallSession

    session = CallSession(_options(), run.name)
    captured = _note([], lambda _: run.invoke(function, session.anthropic(), inputs=inputs))
    return Captured(bodies=_sent(session), error=captured.error)


def _capture_http(run: CaseRun, function: SuiteFunction, inputs: Mapping[str, Any] | None) -> Captured:
    from harness.sessions.other_clients import ForeignSession

    with ForeignSession(_options(), run.name) as session:
        captured = _note([], lambda _: run.invoke(function, inputs=inputs))
    return Captured(bodies=_sent(session), error=captured.error)


def _sent(session: CallSession | ForeignSession) -> tuple[bytes, ...]:
    return tuple(call.body for call in session.calls)


def _options() -> Any:
    """Of a session that answers from an emulator, and counts nothing: its figures are not looked at."""
    from pathlib import Path

    from harness.cassettes.store import CassetteStore
    from harness.prompt.reader import PromptReader
    from harness.sessions.session import SessionOptions

    return SessionOptions(
        mode="emulate",
        upstream="emulator",
        store=CassetteStore(Path()),
        reader=PromptReader(lambda text, _: len(text) // 4),
    )
