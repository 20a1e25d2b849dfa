"""Every exception that the harness raises, in one tree.

::

    HarnessError
    ├── SettingsError (ValueError)       an environment variable has a value that is not allowed
    ├── RequestError (ValueError)        a request body that cannot be judged
    │   ├── RefusedRequestError (RequestError)  a request that the API would refuse
    │   └── CannotTellError (RequestError)  a verdict that would rest on something unknown
    │       ├── UnknownModelError (LookupError)  a model that is not known
    │       └── UnknownPriceError (LookupError)  a usage with a part that has no known price
    ├── CassetteError (ValueError)       a cassette or blob on disk is unreadable or damaged
    ├── LockError (ValueError)           a lock file is unreadable, or made by another version
    ├── SuiteError (ValueError)          a suite, fixture or prompt file is unreadable or invalid
    ├── ScriptError (ValueError)         a script of the emulator is unreadable or invalid
    ├── ReportError (ValueError)         a report of a run is unreadable, or made by another version
    ├── UsageError (ValueError)          options that conflict, or lack something they need
    ├── SecretError (ValueError)         something that would be written holds a secret
    ├── WriteError (OSError)             a file cannot be written; names it and the reason
    ├── CheckError (AssertionError)      a check of a suite or an assertion failed
    │   └── LostPrefixError (CheckError)  an accepted prefix is lost
    └── NetworkBlockedError (ConnectionError)  a test tried to connect to another machine

Three more are defined elsewhere: ``CassetteMissError`` (in ``harness.sessions.replay``),
``NotRecordedError`` (in ``harness.sessions.record``) and ``NotSentError`` (in
``harness.sessions.budget``). They also derive from ``anthropic.AnthropicError``, so that the SDK
neither wraps nor retries them, and therefore live where importing ``anthropic`` is allowed.
"""


class HarnessError(Exception):
    """Base class: a one-line message, and a hint that says what to try."""

    def __init__(self, message: str, *, hint: str | None = None, findings: tuple[object, ...] = ()) -> None:
        """Store the message and hint; ``findings`` (`harness.findings.finding`) hold the message in parts, if any."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join([self.message, *self.advice()])

    def advice(self) -> list[str]:
        """Write what to do, as indented lines; empty without a hint."""
        return [f"  try: {self.hint}"] if self.hint else []


class SettingsError(HarnessError, ValueError):
    """An environment variable has a value that is not allowed."""


class RequestError(HarnessError, ValueError):
    """A request body that cannot be judged: not JSON, not a request, or not fingerprintable."""


class CannotTellError(RequestError):
    """A verdict that would rest on something unknown, such as a parameter whose reach is not documented."""


class RefusedRequestError(RequestError):
    """A request that the API would refuse, found before it was sent."""

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        """Store the place of the fault, such as ``tool_choice`` or ``messages[1].content[0]``, besides the message."""
        super().__init__(message, hint=hint)
        self.path = path


class UnknownModelError(CannotTellError, LookupError):
    """A model that is not known."""


class UnknownPriceError(CannotTellError, LookupError):
    """A usage with a part for which no price is known; ``reasons`` names the parts."""

    def __init__(self, message: str, *, hint: str | None = None, reasons: tuple[str, ...] = ()) -> None:
        """Store the message and hint, and the names of what has no price."""
        super().__init__(message, hint=hint)
        self.reasons = reasons or (message,)


class CassetteError(HarnessError, ValueError):
    """A cassette or blob on disk is unreadable or damaged."""


class LockError(HarnessError, ValueError):
    """A lock file is unreadable, or made by another version; starts with its path."""


class SuiteError(HarnessError, ValueError):
    """A suite, fixture or prompt file is unreadable or invalid; starts ``path:line:``."""


class ScriptError(HarnessError, ValueError):
    """A script of the emulator is unreadable or invalid; starts ``path:line:``."""


class ReportError(HarnessError, ValueError):
    """A report of a run is unreadable, or made by another version; starts with its path."""


class UsageError(HarnessError, ValueError):
    """Options that conflict, or that lack something they need."""


class SecretError(HarnessError, ValueError):
    """Something that would be written holds a secret; names its kind and place, never the secret."""


class WriteError(HarnessError, OSError):
    """A file cannot be written; names it and the reason."""

    def __init__(self, message: str, *, reason: str = "", hint: str | None = None) -> None:
        """Store the reason separately, such as ``No space left on device``."""
        super().__init__(message, hint=hint)
        self.reason = reason


class CheckError(HarnessError, AssertionError):
    """A check of a suite or an assertion failed."""


class LostPrefixError(CheckError):
    """An accepted prefix is lost; ``hint`` accepts the change, which is not always what was meant."""

    def __init__(self, message: str, *, undo: str, meant: str, hint: str, findings: tuple[object, ...]) -> None:
        """Store the two ways on: ``undo`` the change, or, if it was ``meant``, accept it with ``hint``."""
        super().__init__(message, hint=hint, findings=findings)
        self.undo = undo
        self.meant = meant

    def advice(self) -> list[str]:
        """Write both ways on; the one that changes nothing in what is accepted comes first."""
        return [f"  {self.undo}", f"  {self.meant}: {self.hint}"]


class NetworkBlockedError(HarnessError, ConnectionError):
    """A test tried to connect to another machine in a mode that forbids it."""
