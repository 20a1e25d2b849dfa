"""Capture the requests that a suite's function makes, with placeholder answers."""

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
    """The requests that a function tried to send."""

    bodies: tuple[bytes, ...]
    error: BaseException | None = None
    """The exception it then raised, possibly because of the placeholder answer; ``None`` if it ran to its end."""


def capture(
    run: CaseRun, function: SuiteFunction, *, inputs: Mapping[str, Any] | None = None, is_sdk_allowed: bool = True
) -> Captured:
    """Capture the bodies that a function makes from a case, or from other ``inputs``.

    The SDK is not imported as long as the application uses only what the fake client has;
    otherwise the SDK runs on the emulator. Functions with their own client are captured at the
    HTTP layer.
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
    """Run ``act``, and capture the ``bodies`` that it filled in, even if it raises."""
    try:
        act(bodies)
    # User code may raise anything on a placeholder answer, and a script may even exit.
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
    """Options of a session that answers from an emulator; token counts are rough, since nothing reads them."""
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
